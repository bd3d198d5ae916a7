package redis

import (
	"errors"
	"net"
	"sync/atomic"
)

// Limits of what a server may send. The longest answer is a value; the widest one is
// the table of stripes.
const (
	maxBulk  = 256 << 20
	maxWidth = 1 << 17
	maxDepth = 8
	maxLine  = 64 << 10
)

// errGarbage reports bytes that are no answer of a Redis, or an answer to nothing.
var errGarbage = errors.New("redis: the server sent garbage")

// guard is a connection that closes itself when it reads bytes that Redis cannot have
// sent. On such bytes the client library panics in a goroutine of its own, where the panic
// cannot be recovered. Examples are a reply without a request, a confirmation without a
// subscription, and a length that is negative or exceeds memory.
type guard struct {
	net.Conn
	in, out frames
	owed    atomic.Int64 // answers that the server owes
	subs    atomic.Int64 // subscriptions that were begun
	closed  atomic.Bool
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	answers, ok := g.in.feed(p[:n])
	if !ok || g.owed.Add(-int64(answers)) < 0 || int64(g.in.subscribes) > g.subs.Load() {
		g.Close()
		return 0, errGarbage
	}
	return n, err
}

func (g *guard) Write(p []byte) (int, error) {
	// Counted before they are sent, since answers may come at once.
	asked, _ := g.out.feed(p)
	g.owed.Add(int64(asked))
	g.subs.Store(int64(g.out.subscribes))
	return g.Conn.Write(p)
}

func (g *guard) Close() error {
	g.closed.Store(true)
	return g.Conn.Close()
}
