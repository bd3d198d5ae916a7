package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// shares bound how many connections one caller has, so that there is always one for
// others: those that read, and those that write.
type shares struct{ reads, writes *share }

// newShares returns the shares of a driver's pools: one for all, or SQLite's two.
func newShares(pools []driver.PoolStats) shares {
	var s shares
	for _, pool := range pools {
		of := newShare(pool.Max - pool.Reserve)
		if s.reads == nil || pool.Name == driver.Readers {
			s.reads = of
		}
		if s.writes == nil || pool.Name == driver.Writer {
			s.writes = of
		}
	}
	return s
}

// counted reports whether a scope has a caller whose connections are counted.
func (s *Scope) counted() bool { return s != nil && s.Caller != (Caller{}) }

// take takes one connection's worth, which is to be given back by leave. Who is nobody
// takes nothing.
func (s shares) take(ctx context.Context, scope *Scope, writes bool) (heldShare, error) {
	if !scope.counted() {
		return heldShare{}, nil
	}
	of := s.reads
	if writes {
		of = s.writes
	}
	if of == nil { // a driver of tests may have no pools
		return heldShare{}, nil
	}
	m, turn := of.enter(scope.Caller, time.Now())
	if turn != nil {
		if scope.Place != nil && scope.Place.Pause() {
			defer scope.Place.Resume()
		}
		if err := of.wait(ctx, m, turn); err != nil {
			return heldShare{}, err
		}
	}
	return heldShare{of, m, time.Now()}, nil
}

// heldShare is one connection's worth that was taken. The zero heldShare is nothing.
type heldShare struct {
	of    *share
	by    *member
	began time.Time
}

// leave gives it back, once.
func (h *heldShare) leave() {
	if h.of != nil {
		h.of.leave(h.by, h.began, time.Now())
		h.of = nil
	}
}

// share bounds how many connections of one pool each caller has at a time. Nobody has
// all: one is left for who comes next. That many has who had quick statements lately and
// no slow one, who may need most of a pool to keep the processors busy, and who has been
// alone. Others have a quarter, which leaves half of the processors to the rest where the
// pool has two connections for each, as SQLite's. Who has as many as may be waits, in the
// order of coming, and with nobody else.
type share struct {
	most, mostOfSlow int

	mu      sync.Mutex
	members members

	// Who came last, when, and when somebody else last did.
	latest          *member
	came, otherCame time.Time
}

// member is a caller.
type member struct {
	has    int
	line   []chan struct{} // closed for who may go on
	quick  bool            // a statement was
	slowAt time.Time       // when the last one ended that was not
}

func newShare(connections int) *share {
	return &share{most: max(connections-1, 1), mostOfSlow: max(connections/4, 1)}
}

const (
	// slowAfter is how long a statement takes that is slow, and slowFor how long it counts.
	slowAfter = 50 * time.Millisecond
	slowFor   = time.Minute

	// aloneAfter is how long nobody else has come where somebody is alone.
	aloneAfter = 10 * time.Second

	// sharePatience is how long one waits for the caller's other statements.
	sharePatience = 5 * time.Second
)

// enter takes a connection's worth of the caller's share, which must be given back by
// leave. If the caller has as many as may be, there is a turn to wait for.
func (s *share) enter(who Caller, now time.Time) (m *member, turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m = s.members.get(who, now)
	if m != s.latest {
		s.latest, s.otherCame = m, s.came
	}
	s.came = now
	if m.has < s.mostOf(m, now) {
		m.has++
		return m, nil
	}
	turn = make(chan struct{})
	m.line = append(m.line, turn)
	return m, turn
}

// wait waits for a turn, which takes what enter would have.
func (s *share) wait(ctx context.Context, m *member, turn chan struct{}) error {
	patience := time.NewTimer(sharePatience)
	defer patience.Stop()
	err := ErrTooManyStatements
	select {
	case <-turn:
		return nil
	case <-patience.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(m.line, turn)
	if at < 0 {
		return nil // its turn has come meanwhile
	}
	m.line = slices.Delete(m.line, at, at+1)
	return err
}

// leave gives back what enter took at a time.
func (s *share) leave(m *member, began, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(began) > slowAfter {
		m.slowAt = now
	} else {
		m.quick = true
	}
	m.has--
	for len(m.line) > 0 && m.has < s.mostOf(m, now) {
		close(m.line[0])
		m.line = m.line[1:]
		m.has++
	}
}

func (s *share) mostOf(m *member, now time.Time) int {
	quick := m.quick && now.Sub(m.slowAt) > slowFor
	alone := m == s.latest && now.Sub(s.otherCame) > aloneAfter
	if quick || alone {
		return s.most
	}
	return s.mostOfSlow
}
