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
	end    context.CancelCauseFunc
	taken  net.Conn // the connection, once the handler has taken it over
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
			ctx, end := context.WithCancelCause(r.Context())
			defer end(nil)
			l := &lasting{Writer: respwriter.Observe(w), all: s, class: class, caller: middleware.ByPrincipal(r), end: end}
			if err := s.enter(l); err != nil {
				refuse(w, r, err)
				return
			}
			defer s.leave(l)
			r = r.WithContext(ctx)
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
		})
	}
}

// Hijack implements [http.Hijacker].
func (l *lasting) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := l.Writer.Hijack()
	if err == nil {
		l.all.mu.Lock()
		defer l.all.mu.Unlock()
		l.taken = conn
	}
	return conn, buffered, err
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
	defer s.mu.Unlock()
	for l := range s.open {
		l.end(errDraining)
		if l.taken != nil {
			_ = l.taken.Close()
		}
	}
}
