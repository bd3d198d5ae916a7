package driver

import (
	"slices"
	"sync"
)

// large is the size from which the memory of a Body is one for large answers.
const large = 1 << 20

// larges holds the memory of large answers for reuse. Growing a new slice for each
// large answer would leave a multiple of its size to the garbage collector.
var larges sync.Pool // of *[]byte

// Room grows Body for n more bytes, in few steps or with the memory of an earlier
// answer. A driver calls it before each row. Body does not grow beyond what is needed
// or beyond most bytes, unless most is zero.
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
	// The old memory is not reused, because the caller may still hold a slice of it.
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

// Free releases the memory of a large Body for reuse. Body must not be used afterwards.
// A small Body is kept for the next rows of this result.
func (r *Result) Free() {
	if cap(r.Body) >= large {
		body := r.Body
		larges.Put(&body)
		r.Body = nil
	}
}
