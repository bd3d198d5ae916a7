package strictjson

import (
	"cmp"
	"math"
)

// maxBytes is what positions of 32 bits with one bit for a flag can address.
const maxBytes = math.MaxInt32

// Limits bound what [Parse] accepts. The zero value has the defaults.
type Limits struct {
	// Depth is how many arrays and objects may be open at once. The reader recurses,
	// so a very large depth costs stack.
	//
	// Defaults to 32.
	Depth int

	// Digits is how many characters a number may have, both as it is written and
	// when its exponent is expanded as PostgreSQL's numeric does: 1e400 has 401.
	//
	// Defaults to 400, which is enough for every float64.
	Digits int

	// Growth is by how many bytes a document may become longer when the exponents of
	// all its numbers are written out, as the canonical form has them: the five bytes
	// of 1e399 are 400. Negative sets no limit, for what was judged before.
	//
	// Defaults to the length of the document and 64 KiB.
	Growth int

	// LastWins accepts duplicate keys, for documents that come from trusted Go code.
	// [Value.Members] gives them all; the canonical form keeps the last.
	LastWins bool
}

// FreeGrowth is what Limits.Growth is by default beside the length of the document.
const FreeGrowth = 64 << 10

func (l Limits) withDefaults(size int) Limits {
	l.Depth = cmp.Or(l.Depth, 32)
	l.Digits = cmp.Or(l.Digits, 400)
	l.Growth = cmp.Or(l.Growth, size+FreeGrowth)
	return l
}
