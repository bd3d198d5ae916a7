package strictjson

import "fmt"

// number reads a number and holds it to Limits.Digits, and all there were until here to
// Limits.Growth.
func (s *scanner) number(i int) (int, error) {
	n, end, bad := parseNumber(s.data, i)
	if bad != "" {
		return end, s.unexpected(end, bad)
	}
	// Short numbers without exponent, nearly all of them, need no arithmetic.
	if !n.hasExp && end-i <= s.lim.Digits {
		return end, nil
	}
	expanded := n.expanded()
	if end-i > s.lim.Digits || expanded > s.lim.Digits {
		return i, s.fail(i, fmt.Sprintf("a number has more than %d digits", s.lim.Digits))
	}
	s.grown += max(expanded-(end-i), 0)
	if s.lim.Growth >= 0 && s.grown > s.lim.Growth {
		return i, s.fail(i, fmt.Sprintf("its numbers are more than %d bytes longer with their exponents written out", s.lim.Growth))
	}
	return end, nil
}

// number is the parts of a JSON number.
type number struct {
	negative  bool
	integer   []byte // at least one digit
	fraction  []byte // digits after the point
	exp       int    // saturated far beyond any limit
	hasExp    bool
	allZeroes bool
}

// maxExp is where exponents saturate.
const maxExp = 1 << 24

// parseNumber reads RFC 8259 section 6 at i. Where that fails, bad says what was
// expected at end.
func parseNumber(b []byte, i int) (n number, end int, bad string) {
	n.allZeroes = true
	if b[i] == '-' {
		n.negative = true
		i++
	}
	start := i
	i = n.digits(b, i)
	switch n.integer = b[start:i]; {
	case len(n.integer) == 0:
		return n, i, "a digit"
	case len(n.integer) > 1 && n.integer[0] == '0':
		return n, start + 1, "no digit after a leading zero"
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		i = n.digits(b, start)
		if n.fraction = b[start:i]; len(n.fraction) == 0 {
			return n, i, "a digit"
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		return n.exponent(b, i+1)
	}
	return n, i, ""
}

func (n *number) digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		n.allZeroes = n.allZeroes && b[i] == '0'
		i++
	}
	return i
}

func (n number) exponent(b []byte, i int) (_ number, end int, bad string) {
	n.hasExp = true
	negative := false
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		negative = b[i] == '-'
		i++
	}
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		n.exp = min(n.exp*10+int(b[i]-'0'), maxExp)
		i++
	}
	if i == start {
		return n, i, "a digit"
	}
	if negative {
		n.exp = -n.exp
	}
	return n, i, ""
}

// scale is how many digits stand after the point once the exponent is expanded.
// PostgreSQL's numeric keeps those that were written and adds none.
func (n *number) scale() int { return max(len(n.fraction)-n.exp, 0) }

// expanded is the length of [number.append]'s text, or an upper bound within the
// leading zeroes that the text leaves out.
func (n *number) expanded() int {
	whole := max(len(n.integer)+n.exp, 1)
	if n.allZeroes {
		whole = 1
	}
	size := whole
	if n.negative {
		size++
	}
	if scale := n.scale(); scale > 0 {
		size += 1 + scale
	}
	return size
}

// append writes the number as PostgreSQL prints numeric: no exponent, no negative
// zero, one zero before a bare point, the scale as written.
func (n *number) append(dst []byte) []byte {
	if n.negative && !n.allZeroes {
		dst = append(dst, '-')
	}
	point := len(n.integer) + n.exp // digits before the point
	digit := func(i int) byte {
		switch {
		case i < 0:
			return '0'
		case i < len(n.integer):
			return n.integer[i]
		case i-len(n.integer) < len(n.fraction):
			return n.fraction[i-len(n.integer)]
		}
		return '0'
	}
	from := 0
	for from < point-1 && digit(from) == '0' {
		if n.allZeroes {
			from = point - 1
			break
		}
		from++
	}
	if point <= 0 {
		dst = append(dst, '0')
	}
	for i := from; i < point; i++ {
		dst = append(dst, digit(i))
	}
	scale := n.scale()
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for i := point; i < point+scale; i++ {
		dst = append(dst, digit(i))
	}
	return dst
}
