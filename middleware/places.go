package middleware

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// places are what requests in work take. Those without one wait in a line for each
// priority. Whoever waits does so because there is no place for their priority: a
// place that becomes free is given away before anybody else can take it.
//
// A line is for bursts. Longer than a moment it only makes everybody late, those most
// who wait and are refused in the end. It stands from when places have been wanting
// without a pause for as long as anybody may wait, until a pause of that length. Who may
// join it then is told by how fast requests have come and were done lately: all of a
// priority for which there is room beside what is more important, one at a time of the
// priority for which there is some, so that no place stays empty, and nobody else.
//
// There are as many places as the limit says while the processors can follow, and fewer
// while a request that is ready to go on waits for its turn: each request in work is
// one more to wait for, and nobody is served sooner. That is found out by additive
// increase and multiplicative decrease.
type places struct {
	limit  int           // the most there are
	fewest int           // the fewest, enough to keep the processors busy
	size   int           // of all lines together
	wait   time.Duration // the longest, how long until a line stands, and a pause

	mu      sync.Mutex
	there   int             // now
	allowed [priorities]int // taken places up to which one of the priority gets another
	changed time.Time       // when there last changed
	taken   int
	paused  int // in work, but without a place
	waiting int
	lines   [priorities]line
	pace    pace
}

// line is who waits, the first to come in front.
type line struct {
	front, back *waiter
	since       time.Time // when a place was wanting, after a pause
	wanted      time.Time // when one was wanting last
}

type waiter struct {
	called     chan bool // whether there is a place; has room for the answer
	prev, next *waiter
	priority   Priority
	waits      bool
}

func newPlaces(limit, size int, wait time.Duration) *places {
	p := &places{limit: limit, fewest: min(limit, 2*runtime.GOMAXPROCS(0)), size: size, wait: wait}
	p.provide(limit)
	return p
}

// provide sets how many places there are.
func (p *places) provide(n int) {
	p.there = n
	for i, reserve := range [priorities]int{n * 3 / 8, n * 3 / 16, n / 32, 0} {
		p.allowed[i] = max(n-reserve, 1)
	}
}

// How long it may take for a turn to come, and how often the number of places follows.
const (
	crowdedAfter = 3 * time.Millisecond
	adaptEvery   = 10 * time.Millisecond
)

// adapt is told that a request in work has waited so long for its turn since a time. It
// reports whether the processors are crowded.
func (p *places) adapt(since time.Time, turn time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case since.Before(p.changed): // it tells of another number of places
	case turn > crowdedAfter && p.there > p.fewest:
		p.provide(max(p.there*3/4, p.fewest))
		p.changed = since.Add(turn)
	case turn < crowdedAfter/2 && p.there < p.limit && since.Sub(p.changed) > adaptEvery:
		p.provide(p.there + 1)
		p.changed = since.Add(turn)
		p.callNext()
	}
	return turn > crowdedAfter/2 || p.there < p.limit
}

// enter takes a place, and waits for one if need be. It reports whether it got one.
func (p *places) enter(ctx context.Context, priority Priority) bool {
	p.mu.Lock()
	p.pace.came[priority]++
	if p.taken < p.allowed[priority] {
		p.taken++
		p.mu.Unlock()
		return true
	}
	w := p.join(priority)
	p.mu.Unlock()
	if w == nil {
		return false
	}
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case got := <-w.called:
		return got
	case <-timer.C:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.waits {
		p.remove(w)
		return false
	}
	return <-w.called // it was called meanwhile
}

// pausesEach is how many requests may wait without a place for each place there is. More
// keep theirs: what bounds requests in work bounds their bodies and stacks too.
const pausesEach = 4

// Pause implements [exchange.Place].
func (p *places) Pause() (paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused >= pausesEach*p.limit {
		return false
	}
	p.paused++
	p.taken--
	p.callNext()
	return true
}

// Resume implements [exchange.Place]. There is a place more for a while, if need be:
// whoever comes back has begun, and others wait for them to end.
func (p *places) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused--
	p.taken++
}

// leave gives a place back, to whoever waits for one.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.pace.done++
	p.callNext()
}

// callNext gives free places to those who wait.
func (p *places) callNext() {
	if p.waiting == 0 {
		return
	}
	for priority := priorities - 1; priority >= 0; priority-- {
		for p.taken < p.allowed[priority] && p.lines[priority].front != nil {
			p.taken++
			p.call(p.lines[priority].front, true)
		}
	}
}

// join stands in line, if that is of use. It returns nil if not.
func (p *places) join(priority Priority) *waiter {
	l, now := &p.lines[priority], time.Now()
	p.pace.follow(now, p.wait)
	if p.stands(l, now) && !p.pace.allows(priority, l.front == nil) || p.waiting >= p.size && !p.displace(priority) {
		return nil
	}
	w := &waiter{called: make(chan bool, 1), priority: priority, waits: true, prev: l.back}
	if l.back == nil {
		l.front = w
	} else {
		l.back.next = w
	}
	l.back = w
	p.waiting++
	return w
}

// stands is told that a place is wanting, and reports whether that has been so for too
// long for anybody to wait.
func (p *places) stands(l *line, now time.Time) bool {
	if now.Sub(l.wanted) > p.wait {
		l.since = now
	}
	l.wanted = now
	return now.Sub(l.since) > p.wait
}

// displace makes room for one of a priority: the last of the least important line below
// it goes. It reports whether there was one.
func (p *places) displace(priority Priority) bool {
	for i := range p.lines[:priority] {
		if last := p.lines[i].back; last != nil {
			p.call(last, false)
			return true
		}
	}
	return false
}

// call tells one who waits whether there is a place.
func (p *places) call(w *waiter, got bool) {
	p.remove(w)
	w.called <- got
}

// remove takes one out of its line.
func (p *places) remove(w *waiter) {
	l := &p.lines[w.priority]
	if w.prev == nil {
		l.front = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.back = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next, w.waits = nil, nil, false
	p.waiting--
	l.wanted = time.Now()
}
