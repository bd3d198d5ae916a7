package realtime

// peers are the other instances of a PostgreSQL, and what they are sent. Each instance writes
// its presences to plinth_presence and counts its writes in a version. It signals each write with
// its version. An instance that misses one, which it sees at the latest at its next heartbeat,
// reads all presences of that peer again.
type peers struct {
	used bool                 // the database has several instances
	wake chan struct{}        // of the leaseholder
	of   map[string]*peer     // by instance
	join map[string]*presence // own ones to be written, by ref
	gone map[string]struct{}  // refs of own ones to be deleted
	lost bool                 // signals may have been missed
}

// peer is another instance, as far as this one has read it.
type peer struct {
	version int64
	stale   bool             // it must be read
	later   []*presenceWrite // signalled before it is
	present map[string]*presence
}

// presenceWrite is a write to plinth_presence, as it is signalled.
type presenceWrite struct {
	Version int64       `json:"v,omitempty"`
	Joins   []*presence `json:"j,omitempty"`
	Leaves  []string    `json:"l,omitempty"` // refs
	Ended   []string    `json:"e,omitempty"` // instances without a lease
}

func newPeers(used bool) peers {
	return peers{used: used, wake: make(chan struct{}, 1), of: map[string]*peer{}, join: map[string]*presence{}, gone: map[string]struct{}{}}
}

// joined and left have a change written. The rosters are locked.
func (p *peers) joined(own *presence) {
	if p.used {
		p.join[own.Ref] = own
		p.signal()
	}
}

func (p *peers) left(own *presence) {
	if p.used {
		delete(p.join, own.Ref)
		p.gone[own.Ref] = struct{}{}
		p.signal()
	}
}

func (p *peers) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take returns the next write, as much as a signal carries, or nil.
func (p *peers) take(version int64) *presenceWrite {
	if len(p.join)+len(p.gone) == 0 {
		return nil
	}
	w, size := &presenceWrite{Version: version}, 200
	for ref := range p.gone {
		if size += len(ref) + 3; size > maxSignal {
			return w
		}
		w.Leaves = append(w.Leaves, ref)
		delete(p.gone, ref)
	}
	for ref, own := range p.join {
		if size += len(encode(own)) + 1; size > maxSignal {
			return w
		}
		w.Joins = append(w.Joins, own)
		delete(p.join, ref)
	}
	return w
}

// receivePresence applies a write of another instance.
func (r *rosters) receivePresence(instance string, w *presenceWrite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ended := range w.Ended {
		r.forget(ended)
	}
	if w.Version == 0 || !r.peers.used {
		return
	}
	p := r.peers.of[instance]
	if p == nil {
		p = &peer{stale: true, present: map[string]*presence{}}
		r.peers.of[instance] = p
	}
	r.apply(p, w)
}

// apply applies a write of a peer if it has the ones before it.
func (r *rosters) apply(p *peer, w *presenceWrite) {
	switch {
	case p.stale || w.Version > p.version+1:
		p.stale, p.later = true, append(p.later, w)
		r.peers.signal()
	case w.Version == p.version+1:
		p.version = w.Version
		for _, ref := range w.Leaves {
			r.removeOf(p, ref)
		}
		for _, j := range w.Joins {
			p.present[j.Ref] = j
			r.add(j)
		}
	}
}

func (r *rosters) removeOf(p *peer, ref string) {
	if found := p.present[ref]; found != nil {
		delete(p.present, ref)
		r.remove(found)
	}
}

// forget removes an instance and its presences.
func (r *rosters) forget(instance string) {
	if p := r.peers.of[instance]; p != nil {
		delete(r.peers.of, instance)
		for ref := range p.present {
			r.removeOf(p, ref)
		}
	}
}

// replace takes what was read of a peer, which has version 0 without a lease.
func (r *rosters) replace(instance string, version int64, present map[string]*presence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peers.of[instance]
	if p == nil || version == 0 {
		r.forget(instance)
		return
	}
	for ref := range p.present {
		if present[ref] == nil {
			r.removeOf(p, ref)
		}
	}
	for ref, one := range present {
		p.present[ref] = one
		r.add(one)
	}
	later := p.later
	p.version, p.stale, p.later = version, false, nil
	for _, w := range later {
		r.apply(p, w)
	}
}

// missed has the versions of peers compared soon.
func (r *rosters) missed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peers.lost = true
	r.peers.signal()
}

func (r *rosters) takeMissed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	lost := r.peers.lost
	r.peers.lost = false
	return lost
}

// compare has peers read that are new or have written what did not arrive, and forgets those
// without a lease.
func (r *rosters) compare(leases []instanceLease) {
	r.mu.Lock()
	defer r.mu.Unlock()
	alive := map[string]bool{}
	for _, l := range leases {
		alive[l.id] = true
		p := r.peers.of[l.id]
		if p == nil {
			p = &peer{present: map[string]*presence{}}
			r.peers.of[l.id] = p
		}
		p.stale = p.stale || p.version < l.version
	}
	for id, p := range r.peers.of {
		if !alive[id] && !p.stale { // else it has just begun
			r.forget(id)
		}
	}
}

// stale returns the peers that must be read.
func (r *rosters) stale() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, p := range r.peers.of {
		if p.stale {
			ids = append(ids, id)
		}
	}
	return ids
}
