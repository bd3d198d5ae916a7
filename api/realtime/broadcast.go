package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// Channel says who may join the channels of a pattern, for broadcasts and presence. No caller can
// without one: other channels serve postgres_changes only.
type Channel struct {
	// Pattern is the name of the channel, in which "*" stands for any text without "/": see
	// [path.Match]. The first Channel that matches decides.
	Pattern string

	// Join reports whether a caller may receive the broadcasts of a channel, and Send whether
	// it may send them. The context has the caller and its scope, for [api.Can]. Nil allows
	// no caller. Join is asked again when the token changes, and every 30 seconds.
	Join, Send func(ctx context.Context, p auth.Principal, name string) (bool, error)

	// Presence reports whether a caller that may join may be present and see who is. Nil allows
	// no caller. A client chooses the key under which it is present, so the key is no proof of
	// who it is. Presence is asked again as Join is.
	Presence func(ctx context.Context, p auth.Principal, name string) (bool, error)
}

// maxBroadcast is the number of bytes of a broadcast with its names.
const maxBroadcast = maxFrame

// broadcast is a message to the members of a channel. Its payload is JSON or bytes.
type broadcast struct {
	Topic   string          `json:"t,omitempty"`
	Event   string          `json:"e,omitempty"`
	Payload json.RawMessage `json:"p,omitempty"`
	Binary  []byte          `json:"b,omitempty"`
	From    string          `json:"f,omitempty"` // the channel that sent it

	Row int64 `json:"i,omitempty"` // of plinth_broadcasts, which has the rest
}

// message returns what clients get. Version 1.0.0 has no form for bytes.
func (b *broadcast) message(version string) (message, bool) {
	if len(b.Payload) == 0 {
		return b.binary(), version == version2
	}
	f := frame{Topic: b.Topic, Event: "broadcast", Payload: encode(map[string]any{"type": "broadcast", "event": b.Event, "payload": b.Payload})}
	return f.message(version)
}

// rule returns the rule of a channel, or nil.
func (h *Hub) rule(name string) *Channel {
	for i := range h.config.Channels {
		if ok, err := path.Match(h.config.Channels[i].Pattern, name); ok && err == nil {
			return &h.config.Channels[i]
		}
	}
	return nil
}

// ask asks a rule about a caller.
func (h *Hub) ask(ctx context.Context, rule func(context.Context, auth.Principal, string) (bool, error), p auth.Principal, scope *store.Scope, name string) (allowed bool, err error) {
	if rule == nil {
		return false, nil
	}
	defer recovered(h.config.Logger, &err)
	return rule(store.WithScope(auth.WithPrincipal(ctx, p), scope), p, name)
}

// maySend reports whether a caller may send to a channel.
func (h *Hub) maySend(ctx context.Context, p auth.Principal, scope *store.Scope, name string) (bool, error) {
	rule := h.rule(name)
	if rule == nil {
		return false, nil
	}
	return h.ask(ctx, rule.Send, p, scope, name)
}

// Broadcast sends an event to the members of a channel, on every instance. The payload is
// encoded as JSON. Delivery is at most once: members who are away do not get it. The error
// reports a payload that cannot be encoded or has more than 256 KiB.
func (h *Hub) Broadcast(ctx context.Context, name, event string, payload any) error {
	b, err := newBroadcast(name, event, payload)
	if err != nil {
		return err
	}
	return h.bus.send(ctx, b)
}

// Publish is Broadcast for a transaction: members get the event after its commit, and never if
// it is rolled back. A process that is killed right after the commit does not send it.
func (h *Hub) Publish(tx *store.Tx, name, event string, payload any) error {
	b, err := newBroadcast(name, event, payload)
	if err != nil {
		return err
	}
	tx.OnCommit(func(ctx context.Context) {
		if err := h.bus.send(context.WithoutCancel(ctx), b); err != nil {
			h.config.Logger.WarnContext(ctx, "realtime: an event reached members of this instance only", "channel", name, "error", err)
		}
	})
	return nil
}

func newBroadcast(name, event string, payload any) (*broadcast, error) {
	text, err := encodeJSON(payload)
	if err != nil {
		return nil, fmt.Errorf("realtime: broadcast: %w", err)
	}
	b := &broadcast{Topic: topicPrefix + name, Event: event, Payload: text}
	return b, b.check()
}

// topicPrefix is before the name of a channel on the wire.
const topicPrefix = "realtime:"

var errBroadcastSize = &problem.Error{Code: problem.LimitExceeded, Message: fmt.Sprintf("limit exceeded: a broadcast has at most %d bytes", maxBroadcast)}

// check returns an error for a broadcast that is too large.
func (b *broadcast) check() error {
	names := len(b.Payload) == 0 && max(len(b.Topic), len(b.Event)) > maxBinaryName
	if names || len(b.Topic)+len(b.Event)+len(b.Payload)+len(b.Binary)+len(b.From) > maxBroadcast {
		return errBroadcastSize
	}
	return nil
}

// broadcast handles a broadcast of the client.
func (c *channel) broadcast(ctx context.Context, f frame) {
	var p struct {
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
		Persist any             `json:"persist"`
	}
	err := json.Unmarshal(f.Payload, &p)
	switch {
	case err != nil:
	case p.Persist != nil && p.Persist != false:
		err = errPersist
	default:
		err = c.sendBroadcast(ctx, &broadcast{Topic: c.topic, Event: p.Event, Payload: p.Payload, Binary: f.Binary, From: c.id})
	}
	switch {
	case err != nil:
		c.socket.send(f.reply("error", map[string]string{"reason": err.Error(), "error": err.Error()}))
	case c.ack:
		c.socket.send(f.reply("ok", struct{}{}))
	}
}

var errPersist = refuse("NotSupported", "the server keeps no broadcasts: send it without persist")

func (c *channel) sendBroadcast(ctx context.Context, b *broadcast) error {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	p, scope, err := c.socket.hub.identify(c.socket.withToken(token))
	if err != nil {
		return refuse("InvalidJWTToken", "the token is not valid")
	}
	allowed, err := c.socket.hub.maySend(ctx, p, scope, c.name)
	switch {
	case err != nil:
		return refuse("InternalError", "the rule of the channel failed")
	case !allowed:
		return refuse(unauthorized, "the caller may not send to this channel")
	case len(b.Payload) == 0 && b.Binary == nil:
		b.Payload = json.RawMessage("{}")
	}
	return c.socket.hub.bus.send(ctx, b)
}

// BroadcastHTTP returns the handler of POST {prefix} with {"messages": [{"topic", "event",
// "payload"}]} and of POST {prefix}/{topic}/events/{event} with a payload, JSON or bytes
// (application/octet-stream). It answers 202.
func (h *Hub) BroadcastHTTP(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, scope, err := h.identify(r)
		if err == nil {
			r = r.WithContext(store.WithScope(auth.WithPrincipal(r.Context(), p), scope))
			err = h.serveBroadcast(r, p, scope, strings.TrimPrefix(r.URL.EscapedPath(), prefix))
		}
		if err != nil {
			api.WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// serveBroadcast sends the messages of a request, none if one is not allowed.
func (h *Hub) serveBroadcast(r *http.Request, p auth.Principal, scope *store.Scope, rest string) error {
	if r.Method != http.MethodPost {
		return &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodPost}}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxFrame))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errBroadcastSize
	}
	if err != nil {
		return err
	}
	for name, values := range r.URL.Query() {
		if strings.HasPrefix(name, "persist") && !slices.Equal(values, []string{"false"}) {
			return &problem.Error{Code: problem.BadQuery, Message: errPersist.Error()}
		}
	}
	binary := strings.HasPrefix(r.Header.Get("Content-Type"), "application/octet-stream")
	messages, err := readBroadcasts(rest, body, binary)
	if err != nil {
		return err
	}
	for _, m := range messages {
		allowed, err := h.maySend(r.Context(), p, scope, m.Topic)
		switch {
		case err != nil:
			return err
		case !allowed:
			return store.ErrDenied
		}
	}
	for _, m := range messages {
		m.Topic = topicPrefix + m.Topic
		if err := m.check(); err != nil {
			return err
		}
	}
	for _, m := range messages {
		if err := h.bus.send(r.Context(), m); err != nil {
			return err
		}
	}
	return nil
}

// maxMessages is the number of broadcasts of one request.
const maxMessages = 100

// readBroadcasts reads the messages of a request: a list, or the payload of the one that the
// path names, which may be bytes.
func readBroadcasts(rest string, body []byte, binary bool) ([]*broadcast, error) {
	if binary = binary && rest != ""; !binary {
		if _, err := strictjson.Parse(body, strictjson.Limits{}); err != nil {
			return nil, err
		}
	}
	if rest != "" {
		parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
		if len(parts) != 3 || parts[1] != "events" {
			return nil, &problem.Error{Code: problem.UnknownPath}
		}
		topic, err := url.PathUnescape(parts[0])
		event, errEvent := url.PathUnescape(parts[2])
		if err != nil || errEvent != nil || topic == "" || event == "" {
			return nil, &problem.Error{Code: problem.UnknownPath}
		}
		if binary {
			return []*broadcast{{Topic: topic, Event: event, Binary: body}}, nil
		}
		return []*broadcast{{Topic: topic, Event: event, Payload: body}}, nil
	}
	var in struct {
		Messages []struct {
			Topic, Event string
			Payload      json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Messages) == 0 || len(in.Messages) > maxMessages {
		return nil, &problem.Error{Code: problem.BadBody, Message: fmt.Sprintf("the body must be {\"messages\": [...]} with 1 to %d messages", maxMessages)}
	}
	var out []*broadcast
	for _, m := range in.Messages {
		if m.Topic == "" || m.Event == "" || len(m.Payload) == 0 {
			return nil, &problem.Error{Code: problem.BadBody, Message: "a message needs topic, event and payload"}
		}
		out = append(out, &broadcast{Topic: m.Topic, Event: m.Event, Payload: m.Payload})
	}
	return out, nil
}
