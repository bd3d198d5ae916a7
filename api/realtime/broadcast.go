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
	"strings"
	"time"

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
	// no caller. Join is asked again when the token changes.
	Join, Send func(ctx context.Context, p auth.Principal, name string) (bool, error)

	// Presence reports whether a caller that may join may be present and see who is. Nil allows
	// no caller. A client chooses the key under which it is present, so the key is no proof of
	// who it is. Presence is asked again when the token changes.
	Presence func(ctx context.Context, p auth.Principal, name string) (bool, error)
}

// maxBroadcast is the number of bytes of a broadcast with its names. PostgreSQL carries no
// more between instances.
const maxBroadcast = 7_000

// broadcast is a message to the members of a channel.
type broadcast struct {
	Topic   string          `json:"t"`
	Event   string          `json:"e"`
	Payload json.RawMessage `json:"p"`
	From    string          `json:"f,omitempty"` // the channel that sent it
}

// frame returns what clients get.
func (b *broadcast) frame() frame {
	return frame{Topic: b.Topic, Event: "broadcast", Payload: encode(map[string]any{"type": "broadcast", "event": b.Event, "payload": b.Payload})}
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
func ask(ctx context.Context, rule func(context.Context, auth.Principal, string) (bool, error), p auth.Principal, scope *store.Scope, name string) (bool, error) {
	if rule == nil {
		return false, nil
	}
	return rule(store.WithScope(auth.WithPrincipal(ctx, p), scope), p, name)
}

// maySend reports whether a caller may send to a channel.
func (h *Hub) maySend(ctx context.Context, p auth.Principal, scope *store.Scope, name string) (bool, error) {
	rule := h.rule(name)
	if rule == nil {
		return false, nil
	}
	return ask(ctx, rule.Send, p, scope, name)
}

// Broadcast sends an event to the members of a channel, on every instance. The payload is
// encoded as JSON. Delivery is at most once: members who are away do not get it. The error
// reports a payload that cannot be encoded or has more than 7,000 bytes.
func (h *Hub) Broadcast(ctx context.Context, name, event string, payload any) error {
	text, err := encodeJSON(payload)
	if err != nil {
		return fmt.Errorf("realtime: broadcast: %w", err)
	}
	return h.spread(ctx, &broadcast{Topic: "realtime:" + name, Event: event, Payload: text})
}

var errBroadcastSize = &problem.Error{Code: problem.LimitExceeded, Message: fmt.Sprintf("limit exceeded: a broadcast has at most %d bytes", maxBroadcast)}

// spread delivers a broadcast to members here, and queues it for other instances.
func (h *Hub) spread(ctx context.Context, b *broadcast) error {
	if len(b.Topic)+len(b.Event)+len(b.Payload)+len(b.From) > maxBroadcast {
		return errBroadcastSize
	}
	h.deliverLocal(b)
	if h.db.Listener() == nil {
		return nil
	}
	select {
	case h.outgoing <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deliverLocal sends a broadcast to the members on this instance.
func (h *Hub) deliverLocal(b *broadcast) {
	h.mu.Lock()
	members := make([]*channel, 0, len(h.members[b.Topic]))
	for c := range h.members[b.Topic] {
		members = append(members, c)
	}
	h.mu.Unlock()
	f := b.frame()
	for _, c := range members {
		if c.id != b.From || c.self {
			h.counters.broadcasts.Add(1)
			c.socket.send(f)
		}
	}
}

// become makes a channel a member of its topic, or ends that.
func (h *Hub) become(c *channel, member bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := h.members[c.topic]
	switch {
	case member && c.ctx.Err() != nil: // it has failed in between
	case member && of == nil:
		h.members[c.topic] = map[*channel]struct{}{c: {}}
	case member:
		of[c] = struct{}{}
	default:
		delete(of, c)
		if len(of) == 0 {
			delete(h.members, c.topic)
		}
	}
}

// The bus between instances.
const (
	busChannel = "plinth_broadcast"
	busPause   = 10 * time.Millisecond // between two signals
	busQueue   = 1_000
)

// signal is what an instance sends to the others.
type signal struct {
	Instance string       `json:"i"`
	Messages []*broadcast `json:"m,omitempty"`

	Presence *presenceWrite `json:"p,omitempty"`
}

// receive delivers the broadcasts of other instances until ctx ends.
func (h *Hub) receive(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.db.Listener().Listen(ctx, busChannel, func(payload string) {
			var s signal
			if err := json.Unmarshal([]byte(payload), &s); err != nil || s.Instance == h.instance {
				return
			}
			for _, b := range s.Messages {
				h.deliverLocal(b)
			}
			if s.Presence != nil {
				h.rosters.receivePresence(s.Instance, s.Presence)
			}
		})
		if ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		h.config.Logger.WarnContext(ctx, "realtime: broadcasts of other instances are interrupted", "error", err)
		h.rosters.missed()
		pause(ctx, time.Second)
	}
}

// transmit sends queued broadcasts to other instances until ctx ends, several in one signal.
func (h *Hub) transmit(ctx context.Context) {
	var next *broadcast
	for {
		if next == nil {
			select {
			case next = <-h.outgoing:
			case <-ctx.Done():
				return
			}
		}
		s := signal{Instance: h.instance, Messages: []*broadcast{next}}
		text := encode(s)
		next = nil
	more:
		for {
			select {
			case b := <-h.outgoing:
				longer := encode(signal{Instance: h.instance, Messages: append(s.Messages, b)})
				if len(longer) > maxSignal {
					next = b
					break more
				}
				s.Messages, text = append(s.Messages, b), longer
			default:
				break more
			}
		}
		if err := h.db.Listener().Notify(ctx, busChannel, string(text)); err != nil && ctx.Err() == nil {
			h.config.Logger.WarnContext(ctx, "realtime: a broadcast did not reach other instances", "error", err)
		}
		pause(ctx, busPause)
	}
}

// maxSignal is the size of a NOTIFY of PostgreSQL, 8,000 bytes with its end.
const maxSignal = 7_999

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// broadcast handles a broadcast of the client.
func (c *channel) broadcast(ctx context.Context, f frame) {
	var p struct {
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
	}
	err := json.Unmarshal(f.Payload, &p)
	if err == nil {
		err = c.sendBroadcast(ctx, p.Event, p.Payload)
	}
	switch {
	case err != nil:
		c.socket.send(f.reply("error", map[string]string{"reason": err.Error(), "error": err.Error()}))
	case c.ack:
		c.socket.send(f.reply("ok", struct{}{}))
	}
}

func (c *channel) sendBroadcast(ctx context.Context, event string, payload json.RawMessage) error {
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
		return refuse("Unauthorized", "the caller may not send to this channel")
	case len(payload) == 0:
		payload = json.RawMessage("{}")
	}
	return c.socket.hub.spread(ctx, &broadcast{Topic: c.topic, Event: event, Payload: payload, From: c.id})
}

// parseBinary reads a broadcast in the binary form of version 2.0.0, which clients use for all
// of them: kind 3, the lengths of five strings, the encoding, the strings, and the payload.
func parseBinary(data []byte) (f frame, err error) {
	const head = 7
	if len(data) < head || data[0] != 3 || data[6] != 1 {
		return f, errFrame // only JSON
	}
	var parts [5]string
	rest := data[head:]
	for i := range parts {
		n := int(data[1+i])
		if len(rest) < n {
			return f, errFrame
		}
		parts[i], rest = string(rest[:n]), rest[n:]
	}
	if _, err := strictjson.Parse(rest, strictjson.Limits{}); err != nil {
		return f, errFrame
	}
	f = frame{Topic: parts[2], Event: "broadcast", Payload: encode(map[string]any{"event": parts[3], "payload": json.RawMessage(rest)})}
	for i, into := range []**string{&f.JoinRef, &f.Ref} {
		if parts[i] != "" {
			*into = &parts[i]
		}
	}
	return f, nil
}

// BroadcastHTTP returns the handler of POST {prefix} with {"messages": [{"topic", "event",
// "payload"}]} and of POST {prefix}/{topic}/events/{event} with a payload. It answers 202.
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

// serveBroadcast sends the messages of a request, all or none if one is not allowed.
func (h *Hub) serveBroadcast(r *http.Request, p auth.Principal, scope *store.Scope, rest string) error {
	if r.Method != http.MethodPost {
		return &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodPost}}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxFrame))
	if err != nil {
		return errBroadcastSize
	}
	messages, err := readBroadcasts(rest, body)
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
		m.Topic = "realtime:" + m.Topic
		if err := h.spread(r.Context(), m); err != nil {
			return err
		}
	}
	return nil
}

// maxMessages is the number of broadcasts of one request.
const maxMessages = 100

// readBroadcasts reads the messages of a request: a list, or the payload of the one that the
// path names.
func readBroadcasts(rest string, body []byte) ([]*broadcast, error) {
	if _, err := strictjson.Parse(body, strictjson.Limits{}); err != nil {
		return nil, err
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
