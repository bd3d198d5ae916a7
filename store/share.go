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

// take takes one connection's worth, which is to be given back by leave. Who is nobody
// takes nothing.
func (s shares) take(ctx context.Context, scope *Scope, writes bool) (heldShare, error) {
	if scope == nil || scope.Caller == (Caller{}) {
		return heldShare{}, nil
	}
	of := s.reads
	if writes {
		of = s.writes
	}
	if of == nil { // a driver of tests may have no pools
		return heldShare{}, nil
	}
	now := time.Now()
	if turn := of.enter(scope.Caller, now); turn != nil {
		if scope.Place != nil && scope.Place.Pause() {
			defer scope.Place.Resume()
		}
		if err := of.wait(ctx, scope.Caller, turn); err != nil {
			return heldShare{}, err
		}
		now = time.Now()
	}
	return heldShare{of, scope.Caller, now}, nil
}

// heldShare is one connection's worth that was taken. The zero heldShare is nothing.
type heldShare struct {
	of    *share
	who   Caller
	began time.Time
}

// leave gives it back, once.
func (h *heldShare) leave() {
	if h.of != nil {
		h.of.leave(h.who, h.began, time.Now())
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

	mu    sync.Mutex
	had   map[Caller]int
	lines map[Caller][]chan struct{} // closed for who may go on
	paces paces

	// Who came last, when, and when somebody else last did.
	latest          Caller
	came, otherCame time.Time
}

func newShare(connections int) *share {
	return &share{
		most: max(connections-1, 1), mostOfSlow: max(connections/4, 1),
		had: map[Caller]int{}, lines: map[Caller][]chan struct{}{},
	}
}

const (
	// slowAfter is how long a statement takes that is slow.
	slowAfter = 50 * time.Millisecond

	// aloneAfter is how long nobody else has come where somebody is alone.
	aloneAfter = 10 * time.Second

	// sharePatience is how long one waits for the caller's other statements.
	sharePatience = 5 * time.Second
)

// enter takes a connection's worth of the caller's share, which must be given back by
// leave. If the caller has as many as may be, it returns a turn to wait for.
func (s *share) enter(who Caller, now time.Time) (turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if who != s.latest {
		s.latest, s.otherCame = who, s.came
	}
	s.came = now
	if s.had[who] < s.mostOf(who, now) {
		s.had[who]++
		return nil
	}
	turn = make(chan struct{})
	s.lines[who] = append(s.lines[who], turn)
	return turn
}

// wait waits for a turn, which takes what enter would have.
func (s *share) wait(ctx context.Context, who Caller, turn chan struct{}) error {
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
	line := s.lines[who]
	at := slices.Index(line, turn)
	if at < 0 {
		return nil // its turn has come meanwhile
	}
	s.setLine(who, slices.Delete(line, at, at+1))
	return err
}

// leave gives back what enter took at a time.
func (s *share) leave(who Caller, began, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(began) > slowAfter {
		s.paces.note(who, slow, now)
	} else {
		s.paces.note(who, quick, now)
	}
	left, most := s.had[who]-1, s.mostOf(who, now)
	line := s.lines[who]
	for len(line) > 0 && left < most {
		close(line[0])
		line = line[1:]
		left++
	}
	s.setLine(who, line)
	if left > 0 {
		s.had[who] = left
	} else {
		delete(s.had, who)
	}
}

// setLine keeps a line as long as somebody is in it.
func (s *share) setLine(who Caller, line []chan struct{}) {
	if len(line) > 0 {
		s.lines[who] = line
	} else if s.lines[who] != nil {
		delete(s.lines, who)
	}
}

func (s *share) mostOf(who Caller, now time.Time) int {
	alone := who == s.latest && now.Sub(s.otherCame) > aloneAfter
	if alone || s.paces.of(who, now) == quick {
		return s.most
	}
	return s.mostOfSlow
}
