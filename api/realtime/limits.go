package realtime

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// Limits bound what one principal may use of an instance by sockets. An IP address, which many
// principals may share, may use ten times as much, and unauthenticated callers are counted by
// it alone. 0 is the default, a negative limit is none, and the highest is 100,000,000.
type Limits struct {
	// Connections is the number of open sockets.
	//
	// Defaults to 100.
	Connections int

	// Channels is the number of joined channels. A connection has at most 100.
	//
	// Defaults to 1,000.
	Channels int

	// Messages is the number of messages that clients may send in a second on average. Five
	// seconds of them may come at once.
	//
	// Defaults to 100.
	Messages int

	// Bytes is the size of these messages in a second on average, as above.
	//
	// Defaults to 1 MiB.
	Bytes int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Connections: min(cmp.Or(l.Connections, 100), highest), Channels: min(cmp.Or(l.Channels, 1_000), highest),
		Messages: min(cmp.Or(l.Messages, 100), highest), Bytes: min(cmp.Or(l.Bytes, 1<<20), highest),
	}
}

const (
	addressShare = 10      // limits of an IP address by those of a principal
	burstSeconds = 5       // of messages
	bytesAtOnce  = 4 << 10 // that are counted as one
	highest      = 1e8     // of all limits, which are multiplied and divide a second
)

// quotas count what callers use.
type quotas struct {
	limits Limits
	rates  *middleware.MemoryLimiter

	mu    sync.Mutex
	inUse map[string]int
}

func newQuotas(l Limits) (*quotas, error) {
	rates, err := middleware.NewLimiter(middleware.LimiterOptions{})
	return &quotas{limits: l.withDefaults(), rates: rates, inUse: map[string]int{}}, err
}

// caller are the keys by which a client is counted. The principal is "" without one.
type caller struct{ principal, address string }

// named returns the keys of a client with a principal.
func (c caller) named(p auth.Principal) caller {
	c.principal = ""
	if id := p.Counted(); id != "" {
		c.principal = p.Kind.String() + " " + id
	}
	return c
}

// take counts one more of something for a key, and reports whether it is within the limit. The
// result of release is called once it is over.
func (q *quotas) take(what, key string, limit int) (release func(), ok bool) {
	if limit < 0 || key == "" {
		return func() {}, true
	}
	name := what + " " + key
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.inUse[name] >= limit {
		return nil, false
	}
	q.inUse[name]++
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.inUse[name]--; q.inUse[name] == 0 {
			delete(q.inUse, name)
		}
	}), true
}

// takeChannel counts a channel.
func (q *quotas) takeChannel(c caller) (release func(), ok bool) {
	one, ok := q.take("channels", c.principal, q.limits.Channels)
	if !ok {
		return nil, false
	}
	other, ok := q.take("channels", c.address, addressShare*q.limits.Channels)
	if !ok {
		one()
		return nil, false
	}
	return sync.OnceFunc(func() { one(); other() }), true
}

// takeMessage counts a message of a client, and returns how long the client must wait before
// it may send another one.
func (q *quotas) takeMessage(ctx context.Context, c caller, size int) (wait time.Duration) {
	units := (size + bytesAtOnce - 1) / bytesAtOnce
	for key, share := range map[string]int{c.principal: 1, c.address: addressShare} {
		if key == "" {
			continue
		}
		wait = max(wait, q.takeRate(ctx, "messages "+key, q.limits.Messages, share, 1))
		wait = max(wait, q.takeRate(ctx, "bytes "+key, (q.limits.Bytes+bytesAtOnce-1)/bytesAtOnce, share, units))
	}
	return wait
}

// takeRate takes n of what a key may have in a second, which is a share of the limit.
func (q *quotas) takeRate(ctx context.Context, key string, limit, share, n int) (wait time.Duration) {
	if limit <= 0 {
		return 0
	}
	for range n {
		_, w, err := q.rates.Take(ctx, key, time.Second/time.Duration(share*limit), burstSeconds*share*limit)
		if err != nil || w > 0 {
			return w
		}
	}
	return 0
}

var errTooManySockets = &problem.Error{
	Code: problem.TooManyRequests, Message: "ConnectionRateLimitReached: Too many connected users", RetryAfter: time.Second,
}

// count counts a connection by its IP address.
func (s *socket) count() error {
	q := s.hub.quotas
	release, ok := q.take("connections", s.caller.address, addressShare*q.limits.Connections)
	if !ok {
		return errTooManySockets
	}
	s.release = release
	return nil
}

// countAs counts a connection by the principal of its last join too, and a channel.
func (c *channel) countAs(p auth.Principal) error {
	s, q := c.socket, c.socket.hub.quotas
	if who := s.caller.named(p); who != s.caller {
		release, ok := q.take("connections", who.principal, q.limits.Connections)
		if !ok {
			return refuse("ConnectionRateLimitReached", "Too many connected users")
		}
		s.uncountPrincipal()
		s.caller, s.releasePrincipal = who, release
	}
	release, ok := q.takeChannel(s.caller)
	if !ok {
		return refuse("ChannelRateLimitReached", "Too many channels")
	}
	c.uncount = release
	return nil
}

// uncount ends the counting of a connection.
func (s *socket) uncount() {
	s.uncountPrincipal()
	s.release()
}

func (s *socket) uncountPrincipal() {
	if s.releasePrincipal != nil {
		s.releasePrincipal()
	}
}

// throttle reports whether a frame is within the rate of its client. Otherwise it refuses a
// join, ends the channel of another frame, and reads no more for a while.
func (s *socket) throttle(ctx context.Context, f frame, size int) bool {
	wait := s.hub.quotas.takeMessage(ctx, s.caller, size)
	if wait == 0 {
		return true
	}
	c := s.channels[f.Topic]
	switch {
	case f.Event == "phx_join":
		s.send(f.refuse(refuse("ClientJoinRateLimitReached", "Too many joins per second")))
	case c != nil:
		c.fail("Too many messages per second")
		delete(s.channels, f.Topic)
	}
	pause(ctx, min(wait, time.Second))
	return c == nil && f.Event != "phx_join"
}
