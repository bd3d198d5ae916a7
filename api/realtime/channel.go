package realtime

import (
	"context"
	"errors"
	"sync"
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
	private   bool

	ctx    context.Context //nolint:containedctx // ends with the channel
	cancel context.CancelFunc
	ended  sync.WaitGroup // of watch

	mu      sync.Mutex
	token   string
	expires time.Time
	streams *streams
}

// streams are the subscriptions of a channel under one scope.
type streams struct {
	list   []*bindingStream
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// bindingStream is the subscription of a binding to one table.
type bindingStream struct {
	binding *binding
	view    *tableView
	sub     *Subscription
	cursor  changelog.Cursor // behind what was sent; read when the stream has ended
}

// open resolves and subscribes all bindings under a scope. after has the cursors of tables at
// which they continue, by the id of the binding and the table.
func (c *channel) open(scope *store.Scope, after map[streamKey]changelog.Cursor) (*streams, error) {
	s := &streams{}
	for i := range c.bindings {
		b := &c.bindings[i]
		if err := b.resolve(c.socket.hub, scope); err != nil {
			s.close()
			return nil, err
		}
		for k := range b.views {
			v := &b.views[k]
			if c.socket.streams()+len(s.list) >= maxStreams {
				s.close()
				return nil, refuse("ChannelRateLimitReached", "a connection has at most %d subscriptions of tables", maxStreams)
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
				s.close()
				return nil, err
			}
			s.list = append(s.list, &bindingStream{binding: b, view: v, sub: sub})
		}
	}
	return s, nil
}

type streamKey struct {
	binding int
	table   string
}

// close ends the subscriptions and returns their cursors.
func (s *streams) close() map[streamKey]changelog.Cursor {
	if s.cancel != nil {
		s.cancel()
	}
	s.ended.Wait()
	cursors := map[streamKey]changelog.Cursor{}
	for _, b := range s.list {
		b.sub.Close()
		if b.cursor != "" {
			cursors[streamKey{b.binding.ID, b.view.table.Name}] = b.cursor
		}
	}
	return cursors
}

// start sends the events of the subscriptions of a token until they are closed.
func (c *channel) start(s *streams, token string, expires time.Time) {
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(c.ctx)
	c.mu.Lock()
	c.streams, c.token, c.expires = s, token, expires
	c.mu.Unlock()
	for _, b := range s.list {
		s.ended.Go(func() { c.forward(ctx, b) })
	}
}

// forward sends the events of a subscription, and its cursor at first and every ten seconds.
func (c *channel) forward(ctx context.Context, s *bindingStream) {
	defer s.sub.Close()
	told := time.Time{}
	for {
		m, err := s.sub.Next(ctx, tellEvery)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.fail(err.Error())
			return
		case m != nil:
			for i := range m.Events {
				if kind, ok := s.binding.wants(&m.Events[i]); ok {
					c.socket.sendWait(ctx, frame{Topic: c.topic, Event: "postgres_changes", Payload: s.binding.change(s.view, &m.Events[i], kind)})
				}
			}
			s.cursor = m.Cursor
		}
		if time.Since(told) >= tellEvery {
			c.system("ok", "Subscribed to PostgreSQL", s.cursor)
			told = time.Now()
		}
	}
}

// watch verifies the credentials while the channel is open.
func (c *channel) watch() {
	ticker := time.NewTicker(verifyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
		c.mu.Lock()
		token, expires, streams := c.token, c.expires, c.streams
		c.mu.Unlock()
		if !expires.IsZero() && time.Now().After(expires) {
			c.fail("Token has expired")
			return
		}
		_, scope, err := c.identify(token)
		switch {
		case err != nil:
			c.fail(err.Error())
			return
		case !streams.suit(scope):
			c.fail("the rights of the caller have changed: join again")
			return
		}
	}
}

// suit reports whether the subscriptions are those that a scope would make.
func (s *streams) suit(scope *store.Scope) bool {
	for _, b := range s.list {
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
	c.system("error", reason, "")
	c.send("phx_close", encode(struct{}{}))
	c.cancel()
	c.socket.hub.become(c, false)
}

// system sends an event about the channel itself.
func (c *channel) system(status, message string, cursor changelog.Cursor) {
	payload := map[string]any{"extension": "postgres_changes", "status": status, "message": message, "channel": c.name}
	if status == "error" {
		payload["extension"] = "system"
	}
	if cursor != "" {
		payload["since"] = cursor
	}
	c.send("system", encode(payload))
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
		if joined, err = ask(c.ctx, rule.Join, p, scope, c.name); err != nil {
			return refuse("UnableToCheckToken", "the rule of the channel failed")
		}
	}
	if !joined && (c.private || rule != nil) {
		return refuse("Unauthorized", "You do not have permissions to read from this Channel topic: %s", c.name)
	}
	h.become(c, joined)
	return nil
}

// close ends the channel and waits for what it runs.
func (c *channel) close() {
	c.cancel()
	c.socket.hub.become(c, false)
	c.ended.Wait()
	if c.streams != nil {
		c.streams.close()
	}
}
