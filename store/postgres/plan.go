package postgres

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// planner decides which statements are planned with their values. After five executions
// of a prepared statement the server may choose a generic plan, which on skewed data
// can be much slower.
//
// A statement that is slow more than once runs with its values for a trial, then with
// its cached plan again. The second comparison rules out a cold cache or a busy server.
// It is planned with its values from then on if that was clearly faster than both.
//
// Fast statements only load an atomic. It is safe for concurrent use.
type planner struct {
	logger *slog.Logger

	mu sync.Mutex
	// Clients determine the texts, so their number is limited. When young is full it
	// replaces old, which is dropped. An entry that is looked up moves to young. A
	// connection looks a text up once and keeps the entry as long as the statement.
	young, old map[string]*plan
}

const (
	// slowRun is the duration from which a run counts as slow. Planning a statement
	// takes a small part of it.
	slowRun = time.Millisecond

	// window is the number of runs to compare the times of.
	window = 16

	// slowRuns of a window start a trial. One may be anything. The window begins
	// with a slow run.
	slowRuns = 2

	// gain is how many times faster a statement must be when it is planned with its
	// values. An unsuitable plan is slower by a larger factor. A smaller gain would
	// mistake the noise of a busy server for one.
	gain = 3

	// settledRuns is how long a decision for planning holds. Data change.
	settledRuns = 1 << 12

	// firstPause is the number of runs between a failed trial and the next one; it
	// doubles each time up to maxPause.
	firstPause, maxPause = 1 << 8, 1 << 16

	// generation is the number of texts in a generation.
	generation = 512
)

// plan returns the entry of a text.
func (p *planner) plan(text string) *plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.young[text]; ok {
		return e
	}
	e, ok := p.old[text]
	if !ok {
		e = &plan{}
	}
	if p.young == nil || len(p.young) >= generation {
		p.old, p.young = p.young, make(map[string]*plan)
	}
	delete(p.old, text)
	p.young[text] = e
	return e
}

// observe takes note of a run of a statement.
func (p *planner) observe(st *statement, took time.Duration, planned bool) {
	if took < slowRun && !st.plan.watched.Load() {
		return
	}
	if st.plan.observe(took, planned) {
		p.logger.Info("postgres: statement is slow with its cached plan and planned from now on", "sql", st.text)
	}
}

// plan is what is known about one text. The zero value waits for a slow run.
type plan struct {
	// watched says that a fast run counts too, values that the next run is to be
	// planned with its values.
	watched, values atomic.Bool

	mu     sync.Mutex
	phase  phase
	cached sample        // runs with the cached plan, when checking the second ones
	tried  sample        // runs planned with their values
	limit  time.Duration // what a trial must stay below
	left   int           // runs until a settled or paused plan is looked at again
	pause  int           // length of the last pause
}

// phase is the state of an entry.
type phase uint8

const (
	idle     phase = iota // cached, nothing slow was seen
	watching              // cached, times are taken
	trying                // planned, times are taken
	checking              // cached, times are taken again
	settled               // planned
	paused                // cached
)

// planned reports whether the next run is to be planned with its values.
func (e *plan) planned() bool { return e.values.Load() }

// observe takes note of a run and reports whether it settled the matter. Runs
// that began before a change of phase and belong to the other kind are left out.
func (e *plan) observe(took time.Duration, planned bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if planned != e.values.Load() {
		return false
	}
	switch e.phase {
	case idle:
		e.enter(watching)
		fallthrough
	case watching, checking:
		if e.cached.add(took); e.cached.runs == window {
			return e.judgeCached()
		}
	case trying:
		if e.tried.add(took); e.tried.runs == window {
			e.judgeTrial()
		}
	case settled, paused:
		if e.left--; e.left <= 0 {
			e.enter(idle)
		}
	}
	return false
}

// judgeCached ends a window of runs with the cached plan and reports whether
// that settled the matter.
func (e *plan) judgeCached() bool {
	limit := e.cached.sum() / gain
	switch {
	case e.phase == watching && e.cached.slow < slowRuns:
		e.enter(idle)
	case e.phase == watching:
		e.limit = limit
		e.enter(trying)
	case e.cached.slow < slowRuns || e.tried.sum() >= limit:
		e.giveUp()
	default:
		e.left, e.pause = settledRuns, 0
		e.enter(settled)
		return true
	}
	return false
}

// judgeTrial ends a window of runs planned with their values.
func (e *plan) judgeTrial() {
	if e.tried.sum() >= e.limit {
		e.giveUp()
		return
	}
	e.enter(checking)
}

// giveUp leaves the statement alone for a while, each time for longer.
func (e *plan) giveUp() {
	e.pause = min(max(2*e.pause, firstPause), maxPause)
	e.left = e.pause
	e.enter(paused)
}

func (e *plan) enter(next phase) {
	e.phase = next
	switch next {
	case watching, checking:
		e.cached = sample{}
	case trying:
		e.tried = sample{}
	}
	e.watched.Store(next != idle)
	e.values.Store(next == trying || next == settled)
}

// sample collects the times of runs.
type sample struct {
	runs, slow int
	total, max time.Duration
}

func (s *sample) add(took time.Duration) {
	s.runs++
	s.total += took
	s.max = max(s.max, took)
	if took >= slowRun {
		s.slow++
	}
}

// sum is the time of all runs but the slowest, which may be due to a lock or to garbage
// collection.
func (s *sample) sum() time.Duration { return s.total - s.max }
