package logging

import (
	"sync/atomic"
	"time"
)

// Sampled limits one log line. The zero value is ready to use. It is safe for concurrent use.
type Sampled struct{ last atomic.Pointer[time.Time] }

// Due reports whether the caller must write the line now: it is true at most once in the
// interval.
func (l *Sampled) Due(once time.Duration) bool {
	now, last := time.Now(), l.last.Load()
	if last != nil && now.Sub(*last) < once { // monotonic
		return false
	}
	written := now // a copy, so that only this path allocates
	return l.last.CompareAndSwap(last, &written)
}

// SampledCount counts events for one log line. The zero value is ready to use. It is safe for
// concurrent use.
type SampledCount struct {
	line Sampled
	n    atomic.Int64
}

// Add counts an event. At most once in the interval due is true: the caller must write the
// line, with n events since the previous one.
func (c *SampledCount) Add(once time.Duration) (n int64, due bool) {
	c.n.Add(1)
	if !c.line.Due(once) {
		return 0, false
	}
	return c.n.Swap(0), true
}
