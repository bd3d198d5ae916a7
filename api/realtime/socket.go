package realtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
)

// The limits of a socket.
const (
	maxFrame    = 256 << 10 // bytes of a message
	maxChannels = 100
	maxBindings = 20  // of a channel
	maxStreams  = 500 // subscriptions to a table, of a connection
)

// WebSocket returns the handler of sockets in the protocol of Phoenix channels, which
// realtime-js and the other clients of Supabase speak, versions 1.0.0 and 2.0.0. It serves
// postgres_changes, and broadcasts and presence where Config.Channels has a rule:
//
//	client.channel('notes')
//	  .on('postgres_changes', { event: '*', schema: 'public', table: 'notes', filter: 'room=eq.7' }, show)
//	  .subscribe()
//
// The reply to a join comes when the subscription is live. A binding continues at a cursor that
// it gives as since; the events "system" have the present one, at first and every ten seconds.
// Broadcasts that are kept or replayed are refused.
//
// The parameter apikey authenticates as the header Apikey does, and the access_token of a join
// as a bearer token. A cookie counts for pages of the same host only; others use a ticket, see
// [Hub.Ticket].
func (h *Hub) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := h.newSocket(r)
		if err != nil {
			api.WriteError(w, r, err)
			return
		}
		up := &upgrade{ResponseWriter: w}
		s.conn, err = websocket.Accept(up, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // see credentials
		if err != nil {
			s.uncount()
			return // Accept has answered
		}
		s.wire = up.wire
		s.conn.SetReadLimit(maxFrame)
		h.open(lifetime(s.wire.Conn, r), s)
	})
}

// socket is a connection. Its reader owns the channels.
type socket struct {
	hub      *Hub
	conn     *websocket.Conn
	wire     *gathered
	request  *http.Request // with the credentials of the connection
	version  string
	out      outgoing
	channels map[string]*channel
	stop     context.CancelCauseFunc

	caller                    caller // of limits
	release, releasePrincipal func()
}

// newSocket authenticates a connection.
func (h *Hub) newSocket(r *http.Request) (*socket, error) {
	settings := r.URL.Query()
	s := &socket{
		hub: h, request: credentials(r, settings.Get("apikey")), version: settings.Get("vsn"),
		channels: map[string]*channel{}, caller: caller{address: middleware.ByAddress(r)},
	}
	switch s.version {
	case "":
		s.version = version1
	case version1, version2:
	default:
		return nil, &problem.Error{Code: problem.BadQuery, Message: "vsn: want 1.0.0 or 2.0.0"}
	}
	if text := settings.Get("ticket"); text != "" {
		var err error
		if s.request, err = h.redeem(s.request, text, ""); err != nil {
			return nil, err
		}
	}
	if _, _, err := h.identify(s.request); err != nil {
		return nil, err
	}
	return s, s.count()
}

// credentials returns a request that carries the credentials of a socket alone. Browsers send
// cookies with the sockets of any page, so those of other hosts have none.
func credentials(r *http.Request, key string) *http.Request {
	out := r.Clone(context.WithoutCancel(r.Context()))
	out.URL, out.Body = &url.URL{Path: r.URL.Path}, http.NoBody
	if key != "" {
		out.Header.Set("Apikey", key)
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			out.Header.Del("Cookie")
		}
	}
	return out
}

// withToken returns the request of a socket with a bearer token. API keys are no tokens.
func (s *socket) withToken(token string) *http.Request {
	if token == "" || strings.HasPrefix(token, "sb_") {
		return s.request
	}
	out := s.request.Clone(s.request.Context())
	out.Header.Set("Authorization", "Bearer "+token)
	return out
}

// open serves a socket until it ends or the hub does. The handler returns meanwhile, which frees
// the memory of its request.
func (h *Hub) open(ctx context.Context, s *socket) {
	ctx, s.stop = context.WithCancelCause(ctx)
	credentials, cancel := context.WithCancel(s.request.Context())
	context.AfterFunc(ctx, cancel)
	s.request = s.request.WithContext(credentials)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		s.stop(nil)
		_ = s.conn.CloseNow()
		s.uncount()
		return
	}
	h.sockets[s] = struct{}{}
	h.serving.Go(func() { s.serve(ctx) })
}

// serve serves the connection until it ends.
func (s *socket) serve(ctx context.Context) {
	stopped := context.AfterFunc(ctx, func() { s.shut(ctx) })
	if err := s.read(ctx); err != nil {
		s.fail(websocket.StatusInternalError, "the server failed")
	}
	stopped()
	s.stop(nil)
	s.endWriter()
	for _, c := range s.channels {
		c.end()
	}
	_ = s.conn.CloseNow()
	s.uncount()
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.sockets, s)
}

// The sockets of a hub end one after the other, 1,000 in a second or faster if they would take
// longer than closeWithin, so that their clients do not all reconnect at once.
const (
	closeEach   = time.Millisecond
	closeWithin = 2 * time.Second
)

// closeSockets ends all sockets and waits for them.
func (h *Hub) closeSockets() {
	h.mu.Lock()
	h.closed = true
	each := min(closeEach, closeWithin/time.Duration(max(len(h.sockets), 1)))
	var after time.Duration
	for s := range h.sockets {
		time.AfterFunc(after, func() { s.stop(nil) })
		after += each
	}
	h.mu.Unlock()
	h.serving.Wait()
}

// read handles frames until the connection ends. The error is a panic.
func (s *socket) read(ctx context.Context) (failed error) {
	defer recovered(s.hub.config.Logger, &failed)
	for {
		kind, text, err := s.conn.Read(context.Background()) // shut ends it
		if err != nil {
			return nil
		}
		var f frame
		if kind == websocket.MessageText {
			f, err = parseFrame(s.version, text)
		} else {
			f, err = parseBinary(text)
		}
		if err != nil {
			s.fail(websocket.StatusInvalidFramePayloadData, "not a frame of the protocol")
			return nil
		}
		if s.throttle(ctx, f, len(text)) {
			s.handle(ctx, f)
		}
	}
}

// fail closes the connection with a status.
func (s *socket) fail(status websocket.StatusCode, reason string) {
	_ = s.conn.Close(status, reason)
}

// handle answers a frame.
func (s *socket) handle(ctx context.Context, f frame) {
	c := s.channels[f.Topic]
	if c != nil && c.ctx.Err() != nil { // it has failed
		delete(s.channels, f.Topic)
		c = nil
	}
	switch {
	case f.Topic == "phoenix" && f.Event == "heartbeat":
		s.send(f.reply("ok", struct{}{}))
	case f.Event == "phx_join":
		s.join(ctx, f)
	case f.Event == "phx_leave":
		if c != nil {
			c.end()
			delete(s.channels, f.Topic)
		}
		s.send(f.reply("ok", struct{}{}))
		s.send(frame{JoinRef: f.JoinRef, Topic: f.Topic, Event: "phx_close", Payload: encode(struct{}{})})
	case c == nil:
		s.send(f.refuse(refuse("UnmatchedTopic", "the channel is not joined")))
	case f.Event == "access_token":
		var payload struct {
			Token string `json:"access_token"`
		}
		_ = json.Unmarshal(f.Payload, &payload) // a null token changes nothing
		c.refresh(payload.Token)
	case f.Event == "broadcast":
		c.broadcast(ctx, f)
	case f.Event == "presence":
		c.changePresence(f)
	default:
		s.send(f.refuse(refuse("NotSupported", "the server does not support %s", f.Event)))
	}
}

// joinPayload is the payload of phx_join.
type joinPayload struct {
	Config struct {
		Changes   []binding `json:"postgres_changes"`
		Private   bool      `json:"private"`
		Broadcast struct {
			Ack    bool             `json:"ack"`
			Self   bool             `json:"self"`
			Ready  bool             `json:"replication_ready"`
			Replay *json.RawMessage `json:"replay"`
		} `json:"broadcast"`
		Presence presenceConfig `json:"presence"`
	} `json:"config"`
	Token string `json:"access_token"`
}

// join opens a channel. One of the same topic is closed first.
func (s *socket) join(ctx context.Context, f frame) {
	if old := s.channels[f.Topic]; old != nil {
		old.end()
		delete(s.channels, f.Topic)
	}
	c, err := s.newChannel(f)
	if err != nil {
		s.send(f.refuse(err))
		return
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.timer = time.AfterFunc(math.MaxInt64, c.verify)
	p, scope, err := c.identify(c.token)
	var opened streams
	if err == nil {
		err = c.countAs(p)
	}
	if err == nil {
		err = c.admit(p, scope)
	}
	if err == nil {
		opened, err = c.open(scope, nil)
	}
	if err != nil {
		c.end()
		s.send(f.refuse(err))
		return
	}
	s.channels[f.Topic] = c
	c.joined.Store(true)
	s.hub.counters.channels.Add(1)
	s.send(f.reply("ok", map[string]any{"postgres_changes": c.bindings}))
	c.asked, c.checked = time.Now(), time.Now()
	c.timer.Reset(verifyEvery)
	c.syncPresence()
	if c.ready {
		c.send("system", encode(map[string]any{"extension": "system", "status": "ok", "message": "Replication connection established", "channel": c.name}))
	}
	c.start(opened, c.token, p.Expires)
}

// newChannel reads a join.
func (s *socket) newChannel(f frame) (*channel, error) {
	name, ok := strings.CutPrefix(f.Topic, topicPrefix)
	maps.DeleteFunc(s.channels, func(_ string, c *channel) bool { return c.ctx.Err() != nil })
	switch {
	case !ok || name == "":
		return nil, refuse("TopicNameRequired", "You must provide a topic name")
	case len(s.channels) >= maxChannels:
		return nil, refuse("ChannelRateLimitReached", "a connection has at most %d channels", maxChannels)
	}
	var p joinPayload
	if err := json.Unmarshal(f.Payload, &p); err != nil {
		return nil, refuse("InvalidJoinConfiguration", "the configuration of the channel cannot be read")
	}
	switch {
	case p.Config.Broadcast.Replay != nil:
		return nil, refuse("NotSupported", "the server has no replay of broadcasts")
	case len(p.Config.Changes) > maxBindings:
		return nil, refuse("InvalidJoinConfiguration", "a channel has at most %d bindings of postgres_changes", maxBindings)
	}
	if err := p.Config.Presence.check(); err != nil {
		return nil, err
	}
	c := &channel{
		presence: p.Config.Presence, socket: s, topic: f.Topic, name: name, token: p.Token, bindings: p.Config.Changes,
		id: rand.Text(), ack: p.Config.Broadcast.Ack, self: p.Config.Broadcast.Self, ready: p.Config.Broadcast.Ready, private: p.Config.Private,
	}
	if c.bindings == nil {
		c.bindings = []binding{}
	}
	for i := range c.bindings {
		c.bindings[i].ID = i + 1
	}
	return c, nil
}

// identify returns the caller of a token and the scope.
func (c *channel) identify(token string) (auth.Principal, *store.Scope, error) {
	p, scope, err := c.socket.hub.identify(c.socket.withToken(token))
	switch {
	case errors.Is(err, auth.ErrExpired):
		err = refuse("InvalidJWTToken", "Token has expired")
	case errors.Is(err, auth.ErrInvalid):
		err = refuse("InvalidJWTToken", "the token is not valid")
	case err != nil:
		err = refuse(unchecked, "the token cannot be checked at the moment")
	}
	return p, scope, err
}

// streams returns the number of subscriptions of the connection.
func (s *socket) streams() (n int) {
	for _, c := range s.channels {
		c.mu.Lock()
		n += len(c.streams)
		c.mu.Unlock()
	}
	return n
}

// isRefused reports whether an error of identify says that the credentials do not count.
func isRefused(err error) bool {
	return errors.Is(err, auth.ErrExpired) || errors.Is(err, auth.ErrInvalid)
}
