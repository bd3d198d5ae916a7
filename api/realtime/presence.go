package realtime

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// The limits of presence.
const (
	maxPresent         = 1_000 // of a channel
	maxPresencePayload = 3_000 // bytes
	maxPresenceSignal  = 6_000 // bytes with its names, between instances
	maxPresenceKey     = 255   // bytes
)

// presence is what a member of a topic shows of itself.
type presence struct {
	Ref   string          `json:"r"`
	Topic string          `json:"t"`
	Key   string          `json:"k"`
	Meta  json.RawMessage `json:"m"` // the payload with the ref, as clients get it
}

// newPresence returns the presence of a payload, which must be an object.
func newPresence(ref, topic, key string, payload json.RawMessage) (*presence, error) {
	meta := map[string]json.RawMessage{}
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &meta); err != nil || meta == nil {
			return nil, refuse("InvalidPresencePayload", "Presence track payload must be a map")
		}
	}
	delete(meta, "phx_ref_prev")
	meta["phx_ref"] = encode(ref)
	p := &presence{Ref: ref, Topic: topic, Key: key, Meta: encode(meta)}
	if len(payload) > maxPresencePayload || len(encode(p)) > maxPresenceSignal {
		return nil, refuse("PayloadTooLarge", "a presence has at most %d bytes", maxPresencePayload)
	}
	return p, nil
}

// presenceConfig is what a client asks of presence when it joins. Without Enabled it gets no
// updates.
type presenceConfig struct {
	Key     string `json:"key"`
	Enabled bool   `json:"enabled"`
}

// check returns an error if the key is too long.
func (p presenceConfig) check() error {
	if len(p.Key) > maxPresenceKey {
		return refuse("InvalidJoinConfiguration", "the key of presence has at most %d bytes", maxPresenceKey)
	}
	return nil
}

// mayBePresent returns an error if the rules do not let a caller be present.
func (c *channel) mayBePresent(p auth.Principal, scope *store.Scope) error {
	rule := c.socket.hub.rule(c.name)
	if rule == nil {
		return refuse(unauthorized, "this channel has no presence: %s", c.name)
	}
	allowed, err := c.socket.hub.ask(c.ctx, rule.Presence, p, scope, c.name)
	switch {
	case err != nil:
		return refuse(unchecked, "the rule of the channel failed")
	case !allowed:
		return refuse(unauthorized, "You do not have permissions to use presence on this Channel topic: %s", c.name)
	}
	return nil
}

// admitPresence asks the rule of a channel that uses presence.
func (c *channel) admitPresence(p auth.Principal, scope *store.Scope) error {
	if !c.presence.Enabled && !c.socket.hub.rosters.has(c) {
		return nil
	}
	return c.mayBePresent(p, scope)
}

// changePresence handles a frame of presence.
func (c *channel) changePresence(f frame) {
	var p struct {
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
	}
	err := json.Unmarshal(f.Payload, &p)
	switch event := strings.ToLower(p.Event); {
	case err != nil:
		err = refuse("InvalidPresencePayload", "the message cannot be read")
	case event == "track":
		err = c.track(p.Payload)
	case event == "untrack":
		c.socket.hub.rosters.untrack(c)
	default:
		err = refuse("UnknownPresenceEvent", "the event must be track or untrack")
	}
	if err != nil {
		c.socket.send(f.refuse(err))
		return
	}
	c.socket.send(f.reply("ok", struct{}{}))
}

// track makes the channel present, in place of what it has shown before.
func (c *channel) track(payload json.RawMessage) error {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	p, scope, err := c.identify(token)
	if err != nil {
		return err
	}
	if err := c.mayBePresent(p, scope); err != nil {
		return err
	}
	if c.presence.Key == "" {
		c.presence.Key = store.NewID().String()
	}
	return c.socket.hub.rosters.track(c, payload)
}

// syncPresence sends who is present, and from then on what changes.
func (c *channel) syncPresence() {
	if c.presence.Enabled {
		c.socket.hub.rosters.watch(c)
	}
}

// metas are the presences of a key, as clients get them.
type metas struct {
	Metas []json.RawMessage `json:"metas"`
}

// byKey groups presences.
func byKey(list []*presence) map[string]*metas {
	groups := map[string]*metas{}
	for _, p := range list {
		if groups[p.Key] == nil {
			groups[p.Key] = &metas{}
		}
		groups[p.Key].Metas = append(groups[p.Key].Metas, p.Meta)
	}
	return groups
}

var errFull = fmt.Errorf("PresenceLimitReached: at most %d members of a channel can be present", maxPresent)
