// Package occasional bounds how often the log is told what holds for many events.
package occasional

import (
	"sync/atomic"
	"time"
)

// Line is a line of the log. The zero value was not written yet. It is safe for
// concurrent use.
type Line struct{ last atomic.Pointer[time.Time] }

// Due reports whether it is time to write the line, at most once in a time. Whoever is
// told so writes it.
func (l *Line) Due(once time.Duration) bool {
	now, last := time.Now(), l.last.Load()
	if last != nil && now.Sub(*last) < once { // which no change of the clock disturbs
		return false
	}
	written := now // escapes to the heap, which whoever is refused is spared
	return l.last.CompareAndSwap(last, &written)
}

// Count is a line about many events, which tells how many there were since it was written
// last. The zero value is ready to use. It is safe for concurrent use.
type Count struct {
	line Line
	n    atomic.Int64
}

// Add counts an event. Where it is time to write the line, at most once in a time, it
// returns how many there were.
func (c *Count) Add(once time.Duration) (n int64, due bool) {
	c.n.Add(1)
	if !c.line.Due(once) {
		return 0, false
	}
	return c.n.Swap(0), true
}
