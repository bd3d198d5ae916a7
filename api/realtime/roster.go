package realtime

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"
)

// diffPause is how long changes of a roster are collected, so that members that come at once
// make one message.
const diffPause = 20 * time.Millisecond

// rosters says who is present in which topic, on this instance and on others.
type rosters struct {
	mu     sync.Mutex
	topics map[string]*roster
	own    map[*channel]*tracked
	peers  peers
}

// tracked is the presence of a channel of this instance, and the payload that it was made of.
type tracked struct {
	*presence
	payload []byte
}

// roster says who is present in a topic.
type roster struct {
	present       map[string]*presence // by ref
	order         []*presence          // as they came
	watchers      map[*channel]struct{}
	joins, leaves []*presence // since the last diff
	timer         *time.Timer // of the next diff
}

// newRosters returns empty rosters. shared says that there may be other instances.
func newRosters(shared bool) *rosters {
	return &rosters{topics: map[string]*roster{}, own: map[*channel]*tracked{}, peers: newPeers(shared)}
}

// has reports whether a channel is present.
func (r *rosters) has(c *channel) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.own[c] != nil
}

// track makes a channel present. Nothing changes if the payload is the present one.
func (r *rosters) track(c *channel, payload json.RawMessage) error {
	p, err := newPresence(rand.Text(), c.topic, c.presence.Key, payload)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.own[c]
	switch {
	case c.ctx.Err() != nil:
		return nil // it has ended in between
	case before != nil && bytes.Equal(before.payload, payload):
		return nil
	case before == nil && len(r.topic(c.topic).present) >= maxPresent:
		r.release(c.topic)
		return errFull
	}
	r.own[c] = &tracked{p, payload}
	if before != nil {
		r.remove(before.presence)
		r.peers.left(before.presence)
	}
	r.add(p)
	r.peers.joined(p)
	return nil
}

// untrack ends the presence of a channel.
func (r *rosters) untrack(c *channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.own[c]; p != nil {
		delete(r.own, c)
		r.remove(p.presence)
		r.peers.left(p.presence)
	}
}

// watch sends a channel who is present, and from then on what changes.
func (r *rosters) watch(c *channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.ctx.Err() != nil {
		return
	}
	t := r.topic(c.topic)
	r.flush(c.topic, t)
	t.watchers[c] = struct{}{}
	c.send("presence_state", encode(byKey(t.order)))
}

// leave ends what a channel shows and sees.
func (r *rosters) leave(c *channel) {
	r.untrack(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.topics[c.topic]; t != nil {
		delete(t.watchers, c)
		r.release(c.topic)
	}
}

// topic returns the roster of a topic. r is locked, as it is below.
func (r *rosters) topic(name string) *roster {
	t := r.topics[name]
	if t == nil {
		t = &roster{present: map[string]*presence{}, watchers: map[*channel]struct{}{}}
		r.topics[name] = t
	}
	return t
}

// release forgets an empty roster.
func (r *rosters) release(name string) {
	if t := r.topics[name]; len(t.present)+len(t.watchers) == 0 {
		delete(r.topics, name)
		if t.timer != nil {
			t.timer.Stop()
		}
	}
}

func (r *rosters) add(p *presence) {
	t := r.topic(p.Topic)
	if t.present[p.Ref] != nil {
		return
	}
	t.present[p.Ref] = p
	t.order = append(t.order, p)
	if len(t.watchers) > 0 {
		t.joins = append(t.joins, p)
		r.later(p.Topic, t)
	}
}

func (r *rosters) remove(p *presence) {
	t := r.topics[p.Topic]
	if t == nil || t.present[p.Ref] == nil {
		return
	}
	same := func(o *presence) bool { return o.Ref == p.Ref }
	delete(t.present, p.Ref)
	t.order = slices.DeleteFunc(t.order, same)
	if slices.ContainsFunc(t.joins, same) { // which clients have not seen
		t.joins = slices.DeleteFunc(t.joins, same)
	} else if len(t.watchers) > 0 {
		t.leaves = append(t.leaves, p)
		r.later(p.Topic, t)
	}
	r.release(p.Topic)
}

// later sends the changes of a roster soon.
func (r *rosters) later(name string, t *roster) {
	if t.timer == nil {
		t.timer = time.AfterFunc(diffPause, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.flush(name, t)
		})
	}
}

// flush sends the changes of a roster to its watchers.
func (r *rosters) flush(name string, t *roster) {
	joins, leaves := t.joins, t.leaves
	if t.timer != nil {
		t.timer.Stop()
	}
	t.joins, t.leaves, t.timer = nil, nil, nil
	if len(joins)+len(leaves) > 0 {
		diff := map[string]any{"joins": byKey(joins), "leaves": byKey(leaves)}
		sendAll(slices.Collect(maps.Keys(t.watchers)), frame{Topic: name, Event: "presence_diff", Payload: encode(diff)}.message)
	}
}

// sendAll sends a message to channels. It is encoded once for each version of the protocol.
func sendAll(channels []*channel, encode func(version string) (message, bool)) {
	type encoded struct {
		message
		ok bool
	}
	made := map[string]encoded{}
	for _, c := range channels {
		version := c.socket.version
		m, known := made[version]
		if !known {
			m.message, m.ok = encode(version)
			made[version] = m
		}
		if m.ok {
			c.socket.sendMessage(m.message)
		}
	}
}
