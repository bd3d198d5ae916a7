package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// The leases of instances, by the clock of the database.
const (
	heartbeat      = 10 * time.Second
	firstHeartbeat = 250 * time.Millisecond // after signals may have been missed
	lease          = 30 * time.Second
)

// leaseholder keeps the lease of an instance, writes its presences and reads those of others.
type leaseholder struct {
	hub     *Hub
	version int64          // of the last write; it begins with the time, so that it only grows
	held    bool           // the lease
	writing *presenceWrite // may have been committed
	next    time.Time      // heartbeat
	every   time.Duration  // heartbeats, which become rarer
}

// instanceLease is the lease of an instance.
type instanceLease struct {
	id      string
	version int64
	left    time.Duration
}

// presenceIsShared reports whether channels have presence that other instances must know.
func presenceIsShared(db *store.DB, channels []Channel) bool {
	return db.Listener() != nil && slices.ContainsFunc(channels, func(c Channel) bool { return c.Presence != nil })
}

// run shares presences with other instances until ctx ends.
func (l *leaseholder) run(ctx context.Context) {
	l.version = time.Now().UnixMicro()
	defer l.end(ctx)
	for {
		timer := time.NewTimer(time.Until(l.next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-l.hub.rosters.peers.wake:
		case <-timer.C:
		}
		timer.Stop()
		wait := busPause
		if err := l.work(store.WithReserve(ctx)); err != nil && ctx.Err() == nil {
			l.hub.config.Logger.WarnContext(ctx, "realtime: presences are not shared with other instances", "error", err)
			wait = time.Second
			l.hub.rosters.peers.signal()
		}
		pause(ctx, wait)
	}
}

// work does what is due.
func (l *leaseholder) work(ctx context.Context) error {
	if l.hub.rosters.takeMissed() {
		l.next, l.every = time.Time{}, 0
	}
	if !time.Now().Before(l.next) {
		if err := l.beat(ctx); err != nil {
			return err
		}
	}
	for l.pending() {
		if err := l.write(ctx); err != nil {
			return err
		}
	}
	for _, id := range l.hub.rosters.stale() {
		if err := l.read(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// leaseLeft is the rest of a lease in microseconds.
const leaseLeft = "cast(extract(epoch from seen_at + cast($1 as bigint) * interval '1 microsecond' - clock_timestamp()) * 1000000 as bigint)"

// beat renews the lease, deletes the leases that have ended, and looks for what it has missed of
// other instances.
func (l *leaseholder) beat(ctx context.Context) error {
	n, err := l.exec(ctx, l.hub.db, "update plinth_instances set seen_at = clock_timestamp() where id = $1", l.hub.bus.instance)
	if err != nil {
		return err
	}
	if l.held = l.held && n > 0; !l.held {
		if err := l.take(ctx); err != nil {
			return err
		}
	}
	ended, err := l.leases(ctx, "delete from plinth_instances where "+leaseLeft+" < 0 returning id, version, cast(0 as bigint)", lease.Microseconds())
	if err != nil {
		return err
	}
	if len(ended) > 0 {
		ids := make([]string, len(ended))
		for i, e := range ended {
			ids[i] = e.id
		}
		l.signal(ctx, &presenceWrite{Ended: ids})
	}
	others, err := l.leases(ctx, "select id, version, "+leaseLeft+" from plinth_instances where id <> $2", lease.Microseconds(), l.hub.bus.instance)
	if err != nil {
		return err
	}
	l.every = min(max(2*l.every, firstHeartbeat), heartbeat)
	l.next = time.Now().Add(l.every)
	for _, o := range others { // to see the end of a lease in time
		if end := time.Now().Add(max(o.left, 0) + 100*time.Millisecond); end.Before(l.next) {
			l.next = end
		}
	}
	l.hub.rosters.compare(others)
	return nil
}

// take takes the lease and writes all presences of the instance. The version skips one, so that
// other instances read them all.
func (l *leaseholder) take(ctx context.Context) error {
	r := l.hub.rosters
	r.mu.Lock()
	var own []*presence
	for _, t := range r.own {
		own = append(own, t.presence)
	}
	clear(r.peers.join)
	clear(r.peers.gone)
	r.mu.Unlock()
	l.writing, l.version = nil, l.version+2
	err := l.hub.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := l.exec(ctx, tx, "delete from plinth_instances where id = $1", l.hub.bus.instance); err != nil {
			return err
		}
		if _, err := l.exec(ctx, tx, "insert into plinth_instances (id, version, seen_at) values ($1, $2, clock_timestamp())", l.hub.bus.instance, l.version); err != nil {
			return err
		}
		return l.insert(ctx, tx, own)
	})
	if err != nil {
		return err
	}
	l.held = true
	l.signal(ctx, &presenceWrite{Version: l.version})
	return nil
}

// pending reports whether there is something to write.
func (l *leaseholder) pending() bool {
	if l.writing == nil {
		r := l.hub.rosters
		r.mu.Lock()
		defer r.mu.Unlock()
		l.writing = r.peers.take(l.version + 1)
	}
	return l.writing != nil
}

// write writes and signals what is pending.
func (l *leaseholder) write(ctx context.Context) error {
	w := l.writing
	err := l.hub.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := l.exec(ctx, tx, "update plinth_instances set version = $2 where id = $1", l.hub.bus.instance, w.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			return errLeaseLost
		}
		if _, err := l.exec(ctx, tx, "delete from plinth_presence where instance = $1 and ref = any(cast($2 as text[]))", l.hub.bus.instance, w.Leaves); err != nil {
			return err
		}
		return l.insert(ctx, tx, w.Joins)
	})
	if errors.Is(err, errLeaseLost) {
		l.held, l.next = false, time.Time{}
	}
	if err != nil {
		return err // the same write is tried again
	}
	l.version, l.writing = w.Version, nil
	l.signal(ctx, w)
	return nil
}

var errLeaseLost = errors.New("realtime: the lease of the instance has ended")

// insert writes presences of this instance.
func (l *leaseholder) insert(ctx context.Context, tx *store.Tx, list []*presence) error {
	if len(list) == 0 {
		return nil
	}
	var refs, topics, keys, metas []string
	for _, p := range list {
		refs, topics, keys, metas = append(refs, p.Ref), append(topics, p.Topic), append(keys, p.Key), append(metas, string(p.Meta))
	}
	_, err := l.exec(ctx, tx, "insert into plinth_presence (instance, ref, topic, key, meta) select $1, a, b, c, d"+
		" from unnest(cast($2 as text[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[])) as row(a, b, c, d) on conflict do nothing",
		l.hub.bus.instance, refs, topics, keys, metas)
	return err
}

// read reads the presences of another instance.
func (l *leaseholder) read(ctx context.Context, id string) error {
	version, present := int64(0), map[string]*presence{}
	q := store.SQL{
		Text: "select i.version, p.ref, p.topic, p.key, p.meta from plinth_instances i left join plinth_presence p on p.instance = i.id where i.id = $1",
		Args: []any{id}, Writes: true, Columns: []store.Kind{store.KindInt, store.KindText, store.KindText, store.KindText, store.KindText},
	}
	err := q.Rows(ctx, l.hub.db, func(values [][]byte) error {
		var p presence
		var meta string
		err := scan(values, &version, &p.Ref, &p.Topic, &p.Key, &meta)
		if p.Ref != "" {
			p.Meta = json.RawMessage(meta)
			present[p.Ref] = &p
		}
		return err
	})
	if err == nil {
		l.hub.rosters.replace(id, version, present)
	}
	return err
}

// end gives the lease back, so that other instances know at once.
func (l *leaseholder) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(store.WithReserve(context.WithoutCancel(ctx)), 3*time.Second)
	defer cancel()
	if _, err := l.exec(ctx, l.hub.db, "delete from plinth_instances where id = $1", l.hub.bus.instance); err == nil {
		l.signal(ctx, &presenceWrite{Ended: []string{l.hub.bus.instance}})
	}
}

// signal sends a write to other instances. Those that miss it see the version at their next
// heartbeat.
func (l *leaseholder) signal(ctx context.Context, w *presenceWrite) {
	if err := l.hub.db.Listener().Notify(ctx, busChannel, string(encode(signal{Instance: l.hub.bus.instance, Presence: w}))); err != nil {
		l.hub.config.Logger.WarnContext(ctx, "realtime: a presence reaches other instances late", "error", err)
	}
}

func (l *leaseholder) exec(ctx context.Context, s store.Session, text string, args ...any) (int64, error) {
	return store.SQL{Text: text, Args: args, Writes: true}.Exec(ctx, s)
}

// leases returns the leases of a statement.
func (l *leaseholder) leases(ctx context.Context, text string, args ...any) (list []instanceLease, err error) {
	q := store.SQL{Text: text, Args: args, Writes: true, Columns: []store.Kind{store.KindText, store.KindInt, store.KindInt}}
	err = q.Rows(ctx, l.hub.db, func(values [][]byte) error {
		var one instanceLease
		var left int64
		err := scan(values, &one.id, &one.version, &left)
		one.left = time.Duration(left) * time.Microsecond
		list = append(list, one)
		return err
	})
	return list, err
}

// scan reads the values of a row.
func scan(values [][]byte, into ...any) error {
	for i, v := range values {
		if err := json.Unmarshal(v, into[i]); err != nil { // null sets nothing
			return err
		}
	}
	return nil
}
