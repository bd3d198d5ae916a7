package driver

// large is the size from which the memory of a Body is not kept for the next rows.
const large = 1 << 20

// Room grows Body for n more bytes, in few steps. A driver calls it before each row. Body
// does not grow beyond what is needed or beyond most bytes, unless most is zero.
func (r *Result) Room(n, most int) {
	if most > 0 {
		n = min(n, most-len(r.Body))
	}
	if cap(r.Body)-len(r.Body) >= n {
		return
	}
	size := 2 * (len(r.Body) + n)
	if most > 0 {
		size = max(len(r.Body)+n, min(size, most))
	}
	r.Body = append(make([]byte, 0, size), r.Body...)
}

// Free releases the memory of a large Body. A small Body is kept for the next rows of this
// result. Body must not be used afterwards.
func (r *Result) Free() {
	if cap(r.Body) >= large {
		r.Body = nil
	}
}
