package driver

import (
	"slices"
	"sync"
)

// large is the size from which the memory of a Body is one for large answers.
const large = 1 << 20

// larges is memory of large answers that nobody needs now. What is made anew for each is
// cleared, copied from smaller pieces and collected, and all others wait for that: an
// answer of 10 MB that grows as append lets it leaves 50 MB behind.
var larges sync.Pool // of *[]byte

// Room makes room in Body for n more bytes, in few pieces or in memory of an earlier
// answer. A driver calls it before each row. It takes no more than what is needed or
// most bytes, unless most is zero.
func (r *Result) Room(n, most int) {
	if most > 0 {
		n = min(n, most-len(r.Body))
	}
	if cap(r.Body)-len(r.Body) < n {
		r.grow(n, most)
	}
}

func (r *Result) grow(n, most int) {
	need := len(r.Body) + n
	if need < large {
		r.Body = slices.Grow(r.Body, max(n, len(r.Body)))
		return
	}
	// The memory it had is left to the collector: somebody may still look at it.
	if used, ok := larges.Get().(*[]byte); ok && cap(*used) >= need {
		r.Body = append((*used)[:0], r.Body...)
		return
	}
	size := 2 * need
	if most > 0 && (need > 2*large || size > most) {
		size = max(need, most) // memory that is not written to takes none
	}
	r.Body = append(make([]byte, 0, size), r.Body...)
}

// Free gives the memory of a large Body to the next large one: it must not be looked at
// any more. That of others stays, for the next rows of this result.
func (r *Result) Free() {
	if cap(r.Body) >= large {
		body := r.Body
		larges.Put(&body)
		r.Body = nil
	}
}
