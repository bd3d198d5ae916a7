package realtime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// channel is a joined topic. The reader of its socket opens, refreshes and closes it.
type channel struct {
	socket   *socket
	topic    string
	name     string
	bindings []binding

	id        string // of the sender of broadcasts
	ack, self bool   // broadcasts are acknowledged, and come back
	ready     bool   // the client wants a system event after the join
	private   bool
	presence  presenceConfig

	ctx     context.Context //nolint:containedctx // ends with the channel
	cancel  context.CancelFunc
	timer   *time.Timer // of verify
	asked   time.Time   // the rules, by verify
	checked time.Time   // the credentials, by verify
	joined  atomic.Bool // and counted

	uncount func() // from the limits; nil before it is counted

	mu      sync.Mutex
	token   string
	expires time.Time
	streams streams
}

// streams are the subscriptions of a channel under one scope.
type streams []*bindingStream

// open resolves and subscribes all bindings under a scope. after has the cursors of tables at
// which they continue, by the id of the binding and the table.
func (c *channel) open(scope *store.Scope, after map[streamKey]changelog.Cursor) (list streams, err error) {
	defer func() {
		if err != nil {
			list.close()
		}
	}()
	for i := range c.bindings {
		b := &c.bindings[i]
		if err := b.resolve(c.socket.hub, scope); err != nil {
			return list, err
		}
		for k := range b.views {
			v := &b.views[k]
			if c.socket.streams()+len(list) >= maxStreams {
				return list, refuse("ChannelRateLimitReached", "a connection has at most %d subscriptions of tables", maxStreams)
			}
			since, known := after[streamKey{b.ID, v.table.Name}]
			if !known {
				since = b.Since
			}
			sub, err := c.socket.hub.Subscribe(c.ctx, Request{Table: v.table, View: v.view, Since: since})
			if errors.Is(err, ErrResync) {
				err = refuse("Resync", "changes are lost; read the list again and join without since")
			}
			if err != nil {
				return list, err
			}
			list = append(list, &bindingStream{channel: c, binding: b, view: v, sub: sub, fresh: since == ""})
		}
	}
	return list, nil
}

type streamKey struct {
	binding int
	table   string
}

// close ends the subscriptions and returns their cursors.
func (list streams) close() map[streamKey]changelog.Cursor {
	cursors := map[streamKey]changelog.Cursor{}
	for _, b := range list {
		if cursor := b.close(); cursor != "" {
			cursors[streamKey{b.binding.ID, b.view.table.Name}] = cursor
		}
	}
	return cursors
}

// start sends the events of the subscriptions of a token until they are closed.
func (c *channel) start(list streams, token string, expires time.Time) {
	c.mu.Lock()
	ended := c.ctx.Err() != nil
	if !ended {
		c.streams, c.token, c.expires = list, token, expires
	}
	c.mu.Unlock()
	if ended {
		list.close()
		return
	}
	for _, b := range list {
		b.sub.notify(func() { c.socket.sendEvents(b) })
	}
}

// uncheckedFor is how long a channel or stream stays open while its credentials cannot be
// checked, as when the database is away. Clients do not join a failed channel again by
// themselves, and a stream that begins again finds no database.
const uncheckedFor = 30 * time.Second

// verify verifies the credentials of an open channel, again after a while. It also has the
// cursors sent.
func (c *channel) verify() {
	var failed error
	defer func() {
		if failed != nil {
			c.fail(failed.Error())
		}
	}()
	defer recovered(c.socket.hub.config.Logger, &failed)
	c.mu.Lock()
	token, expires, list := c.token, c.expires, c.streams
	c.mu.Unlock()
	if c.ctx.Err() != nil {
		return
	}
	reason := ""
	p, scope, err := c.identify(token)
	switch {
	case !expires.IsZero() && time.Now().After(expires):
		reason = "Token has expired"
	case err != nil && (!isUnchecked(err) || time.Since(c.checked) > uncheckedFor):
		reason = err.Error()
	case err != nil: // it is tried again
	case !list.suit(scope):
		reason = "the rights of the caller have changed: join again"
	default:
		c.checked = time.Now()
		reason = c.lostRight(p, scope)
	}
	c.mu.Lock()
	refreshed := c.token != token
	c.mu.Unlock()
	if reason != "" && !refreshed {
		c.fail(reason)
		return
	}
	for _, b := range list {
		c.socket.sendEvents(b)
	}
	c.timer.Reset(verifyEvery)
}

// isUnchecked reports whether credentials could not be checked.
func isUnchecked(err error) bool {
	r, ok := errors.AsType[refusal](err)
	return ok && r.code == unchecked
}

// suit reports whether the subscriptions are those that a scope would make.
func (list streams) suit(scope *store.Scope) bool {
	for _, b := range list {
		if !suits(b.view.table, b.view.view, scope) {
			return false
		}
	}
	return true
}

// refresh takes a new token, under which the subscriptions continue. Clients send the present
// one again with each heartbeat.
func (c *channel) refresh(token string) {
	c.mu.Lock()
	same := token == "" || token == c.token
	before := c.streams
	c.mu.Unlock()
	if same || c.ctx.Err() != nil {
		return
	}
	p, scope, err := c.identify(token)
	if err == nil {
		err = c.admit(p, scope)
	}
	if err != nil {
		c.fail(err.Error())
		return
	}
	if before.suit(scope) {
		c.mu.Lock()
		c.token, c.expires = token, p.Expires
		c.mu.Unlock()
		return
	}
	next, err := c.open(scope, before.close())
	if err != nil {
		c.fail(err.Error())
		return
	}
	c.start(next, token, p.Expires)
}

// fail tells the client why the channel ends, and ends it.
func (c *channel) fail(reason string) {
	if c.ctx.Err() != nil {
		return
	}
	c.end() // first, so that nothing follows
	c.system(systemEvent{Extension: "system", Status: "error", Message: reason})
	c.send("phx_close", encode(struct{}{}))
}

// systemEvent is the payload of an event about the channel itself.
type systemEvent struct {
	Extension string           `json:"extension"`
	Status    string           `json:"status"`
	Message   string           `json:"message"`
	Channel   string           `json:"channel"`
	Since     changelog.Cursor `json:"since,omitempty"`
	Resync    bool             `json:"resync,omitempty"` // the client reads its list now, for the stream begins here
}

// system sends an event about the channel itself.
func (c *channel) system(e systemEvent) {
	e.Channel = c.name
	c.send("system", encode(e))
}

func (c *channel) send(event string, payload []byte) {
	c.socket.send(frame{Topic: c.topic, Event: event, Payload: payload})
}

// admit makes the channel a member of its topic if the rules let a caller in. A private channel
// needs a rule; others serve postgres_changes without one.
func (c *channel) admit(p auth.Principal, scope *store.Scope) error {
	h := c.socket.hub
	rule := h.rule(c.name)
	joined := false
	if rule != nil {
		var err error
		if joined, err = h.ask(c.ctx, rule.Join, p, scope, c.name); err != nil {
			return refuse(unchecked, "the rule of the channel failed")
		}
	}
	if !joined && (c.private || rule != nil) {
		return refuse(unauthorized, "You do not have permissions to read from this Channel topic: %s", c.name)
	}
	if err := c.admitPresence(p, scope); err != nil {
		return err
	}
	h.bus.setMember(c, joined)
	return nil
}

// askEvery is how often the rules of an open channel are asked again.
const askEvery = 30 * time.Second

// lostRight returns why the rules let a caller in no longer, or "". Rules are asked from time to
// time. One that fails is asked again.
func (c *channel) lostRight(p auth.Principal, scope *store.Scope) string {
	if time.Since(c.asked) < c.socket.hub.askEvery {
		return ""
	}
	c.asked = time.Now()
	if r, ok := errors.AsType[refusal](c.admit(p, scope)); ok && r.code == unauthorized {
		return r.Error()
	}
	return ""
}

// end ends the channel, which sends no more.
func (c *channel) end() {
	c.cancel()
	c.timer.Stop()
	if c.joined.CompareAndSwap(true, false) {
		c.socket.hub.counters.channels.Add(-1)
	}
	c.socket.hub.bus.setMember(c, false)
	c.socket.hub.rosters.leave(c)
	if c.uncount != nil {
		c.uncount()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.streams {
		b.sub.Close()
	}
	c.streams = nil
}
