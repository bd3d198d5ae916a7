package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// Class is how long a request may take, and what limits it.
type Class int

// The classes of requests. They are documented at the type of the same name of the module's
// root.
const (
	Short Class = iota
	Upload
	Stream
)

// LongLived holds the running requests without a deadline and a slot, uploads and streams.
// MaxConnections and, for one caller, MaxConnectionsPerClient limit their number. The limit
// of connections is not enough: HTTP/2 has many requests in one connection, a proxy sends all
// from its IP address, and the server does not count hijacked connections.
type LongLived struct {
	LongLivedConfig

	mu     sync.Mutex
	open   map[*lasting]bool
	each   map[string]int
	ending bool
	ended  chan struct{} // closed when it is ending and none is open
}

// LongLivedConfig limits the long-lived requests of a server.
type LongLivedConfig struct {
	Most, MostOfOne int           // in all, and of one caller
	Pause           time.Duration // of an upload at most
}

// NewLongLived returns the long-lived requests of a server.
func NewLongLived(config LongLivedConfig) *LongLived {
	return &LongLived{LongLivedConfig: config, open: map[*lasting]bool{}, each: map[string]int{}, ended: make(chan struct{})}
}

// lasting is a long-lived request and its response.
type lasting struct {
	*respwriter.Writer

	all    *LongLived
	class  Class
	caller string
	ctx    context.Context //nolint:containedctx // that of the request, and of its connection once it is taken
	end    context.CancelCauseFunc
	taken  net.Conn // the connection, once the handler has taken it over
}

// takenConn is a connection that a handler has taken over. It may outlive the handler, and
// counts as a long-lived request until it is closed.
type takenConn struct {
	net.Conn
	of    *lasting
	close func()
}

// Context ends when the server drains the connection.
func (c *takenConn) Context() context.Context { return c.of.ctx }

// Close implements [net.Conn].
func (c *takenConn) Close() error {
	c.close()
	return c.Conn.Close()
}

// Errors of long-lived requests.
var (
	errDraining     = errors.New("plinth: the server is ending")
	errTooManyOfOne = &problem.Error{
		Code: problem.TooManyRequests, Message: "Too many of your connections stay open; close one of them.", RetryAfter: time.Second,
	}
	errTooMany = &problem.Error{
		Code: problem.Unavailable, Message: "Too many connections stay open; try again in a moment.", Expected: true, RetryAfter: time.Second,
	}
)

// The time to read the rest of the body and to write the end of the response after the
// handler of a long-lived request has returned.
const (
	readAfterwards  = 5 * time.Second
	writeAfterwards = 30 * time.Second
)

// Middleware counts uploads and streams and sets their deadlines in place of the server's.
func (s *LongLived) Middleware(classOf func(*http.Request) Class, refuse func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			class := classOf(r)
			if class == Short {
				next.ServeHTTP(w, r)
				return
			}
			l := &lasting{Writer: respwriter.Observe(w), all: s, class: class, caller: middleware.ByPrincipal(r)}
			l.ctx, l.end = context.WithCancelCause(context.WithoutCancel(r.Context()))
			if err := s.enter(l); err != nil {
				refuse(w, r, err)
				return
			}
			request := r.Context()
			inner := context.AfterFunc(request, func() { l.end(context.Cause(request)) })
			returned := false
			defer func() {
				inner()
				switch {
				case l.taken == nil:
					l.end(nil)
					s.leave(l)
				case !returned: // a panic
					_ = l.taken.Close()
				}
			}()
			r = r.WithContext(l.ctx)
			// Writers of tests have no deadlines.
			conn := http.NewResponseController(w)
			if class == Upload {
				r.Body = newUploadBody(r.Body, conn, s.Pause)
				l.LimitWrites(s.Pause, time.Now().Add(maxTransfer))
			} else {
				_, _ = conn.SetReadDeadline(time.Time{}), conn.SetWriteDeadline(time.Time{})
			}
			defer func() {
				if l.Conn() == nil { // else they are the handler's
					now := time.Now()
					_, _ = conn.SetReadDeadline(now.Add(readAfterwards)), conn.SetWriteDeadline(now.Add(writeAfterwards))
				}
			}()
			next.ServeHTTP(l, r)
			returned = true
		})
	}
}

// Hijack implements [http.Hijacker].
func (l *lasting) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := l.Writer.Hijack()
	if err != nil {
		return nil, nil, err
	}
	taken := &takenConn{Conn: conn, of: l, close: sync.OnceFunc(func() {
		l.end(nil)
		l.all.leave(l)
	})}
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	l.taken = taken
	return taken, buffered, nil
}

func (s *LongLived) enter(l *lasting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ending || len(s.open) >= s.Most:
		return errTooMany
	case s.each[l.caller] >= s.MostOfOne:
		return errTooManyOfOne
	}
	s.open[l] = true
	s.each[l.caller]++
	return nil
}

func (s *LongLived) leave(l *lasting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, l)
	if s.each[l.caller]--; s.each[l.caller] == 0 {
		delete(s.each, l.caller)
	}
	if s.ending && len(s.open) == 0 {
		close(s.ended)
	}
}

// endsEach is the interval between the ends of two long-lived requests in a drain.
const endsEach = time.Millisecond

// end cancels the contexts of all streams and rejects new long-lived requests. Uploads may
// finish. It spreads the cancellations, 1,000 in a second or faster if they would take longer
// than within, because clients reconnect to the remaining servers at once.
func (s *LongLived) end(within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	each := min(endsEach, within/time.Duration(max(len(s.open), 1)))
	var after time.Duration
	for l := range s.open {
		if l.class == Stream {
			time.AfterFunc(after, func() { l.end(errDraining) })
			after += each
		}
	}
	if len(s.open) == 0 {
		close(s.ended)
	}
}

// wait waits until all have ended. The server itself does not wait for hijacked
// connections.
func (s *LongLived) wait(ctx context.Context) error {
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cut closes the hijacked connections, which the server does not close, and cancels the
// remaining requests.
func (s *LongLived) cut() {
	s.mu.Lock()
	var taken []net.Conn
	for l := range s.open {
		l.end(errDraining)
		if l.taken != nil {
			taken = append(taken, l.taken)
		}
	}
	s.mu.Unlock()
	for _, conn := range taken {
		_ = conn.Close() // it leaves
	}
}
