package plinth

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// isLongLived reports whether Config.LongLived selects a request. Requests for the surfaces
// never are long-lived, in any spelling of their path.
func (a *App) isLongLived(r *http.Request) bool {
	named := a.config.LongLived
	return named != nil && !a.belowSurface(routed(r)) && !a.belowSurface(path.Clean(routed(r))) && named(r)
}

// longLived holds the running requests without a deadline and a slot. MaxConnections and,
// for one caller, MaxConnectionsPerClient limit their number. The limit of connections is
// not enough: HTTP/2 has many requests in one connection, a proxy sends all from its IP
// address, and the server does not count hijacked connections.
type longLived struct {
	most, mostOfOne int

	mu     sync.Mutex
	open   map[*lasting]bool
	each   map[string]int
	ending bool
	ended  chan struct{} // closed when it is ending and none is open
}

func newLongLived(c Config) *longLived {
	return &longLived{
		most: c.MaxConnections, mostOfOne: c.MaxConnectionsPerClient,
		open: map[*lasting]bool{}, each: map[string]int{}, ended: make(chan struct{}),
	}
}

// lasting is a long-lived request and its response.
type lasting struct {
	*respwriter.Writer

	all    *longLived
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

// outlast removes the server's deadlines from long-lived requests.
func (a *App) outlast(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.isLongLived(r) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, end := context.WithCancelCause(r.Context())
		defer end(nil)
		l := &lasting{Writer: respwriter.Observe(w), all: a.longLived, caller: middleware.ByPrincipal(r), end: end}
		if err := l.all.enter(l); err != nil {
			a.refuse(w, r, err)
			return
		}
		defer l.all.leave(l)
		// Writers of tests have no deadlines.
		server := http.NewResponseController(w)
		_, _ = server.SetReadDeadline(time.Time{}), server.SetWriteDeadline(time.Time{})
		defer func() {
			if l.Conn() == nil { // else they are the handler's
				now := time.Now()
				_, _ = server.SetReadDeadline(now.Add(readAfterwards)), server.SetWriteDeadline(now.Add(writeAfterwards))
			}
		}()
		next.ServeHTTP(l, r.WithContext(ctx))
	})
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

func (s *longLived) enter(l *lasting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ending || len(s.open) >= s.most:
		return errTooMany
	case s.each[l.caller] >= s.mostOfOne:
		return errTooManyOfOne
	}
	s.open[l] = true
	s.each[l.caller]++
	return nil
}

func (s *longLived) leave(l *lasting) {
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

// end cancels the contexts of all long-lived requests and rejects new ones. It spreads the
// cancellations, 1,000 in a second or faster if they would take longer than within, because
// clients reconnect to the remaining servers at once.
func (s *longLived) end(within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	each := min(endsEach, within/time.Duration(max(len(s.open), 1)))
	var after time.Duration
	for l := range s.open {
		time.AfterFunc(after, func() { l.end(errDraining) })
		after += each
	}
	if len(s.open) == 0 {
		close(s.ended)
	}
}

// wait waits until all have ended. The server itself does not wait for hijacked
// connections.
func (s *longLived) wait(ctx context.Context) error {
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cut closes the hijacked connections, which the server does not close, and cancels the
// remaining requests.
func (s *longLived) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.open {
		l.end(errDraining)
		if l.taken != nil {
			_ = l.taken.Close()
		}
	}
}
