package strictjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads the string that opens at i and reports whether it has escapes.
func (s *scanner) str(i int) (end int, escaped bool, err error) {
	start := i
	i++
	for {
		i += plainRun(s.data[i:])
		if i >= len(s.data) {
			return i, escaped, s.fail(start, "a string does not end")
		}
		switch c := s.data[i]; {
		case c == '"':
			return i + 1, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = s.escape(i); err != nil {
				return i, escaped, err
			}
		case c < ' ':
			return i, escaped, s.fail(i, "a control character inside a string is not escaped")
		default:
			r, size := utf8.DecodeRune(s.data[i:])
			if r == utf8.RuneError && size == 1 {
				return i, escaped, s.fail(i, "it is not valid UTF-8")
			}
			i += size
		}
	}
}

// escape reads one escape, which for a surrogate is a pair.
func (s *scanner) escape(i int) (int, error) {
	if i+1 >= len(s.data) {
		return i, s.fail(i, "a string does not end")
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
	default:
		return i, s.fail(i, "an escape is unknown")
	}
	r, ok := hex4(s.data[i:])
	switch {
	case !ok:
		return i, s.fail(i, `a \u escape needs four hexadecimal digits`)
	case r == 0:
		return i, s.fail(i, `\u0000 is not allowed`)
	case !utf16.IsSurrogate(r):
		return i + 6, nil
	}
	low, ok := hex4(s.data[i+6:])
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return i, s.fail(i, "a surrogate stands alone")
	}
	return i + 12, nil
}

// hex4 reads \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// plainRun counts the leading bytes that stand for themselves inside a JSON string
// without a look at their neighbours: ASCII from space on but quote and backslash.
func plainRun(b []byte) int {
	i := 0
	for ; len(b)-i >= 32; i += 32 {
		w := (*[32]byte)(b[i:])
		m0, m1 := notPlain(binary.LittleEndian.Uint64(w[0:])), notPlain(binary.LittleEndian.Uint64(w[8:]))
		m2, m3 := notPlain(binary.LittleEndian.Uint64(w[16:])), notPlain(binary.LittleEndian.Uint64(w[24:]))
		switch {
		case m0|m1|m2|m3 == 0:
		case m0 != 0:
			return i + bits.TrailingZeros64(m0)/8
		case m1 != 0:
			return i + 8 + bits.TrailingZeros64(m1)/8
		case m2 != 0:
			return i + 16 + bits.TrailingZeros64(m2)/8
		default:
			return i + 24 + bits.TrailingZeros64(m3)/8
		}
	}
	for ; len(b)-i >= 8; i += 8 {
		if m := notPlain(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	if last := len(b) - 8; last >= 0 {
		// The last eight bytes, of which the first ones are known to be plain.
		return last + bits.TrailingZeros64(notPlain(binary.LittleEndian.Uint64(b[last:])))/8
	}
	for i < len(b) && isPlain(b[i]) {
		i++
	}
	return i
}

func isPlain(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }

// notPlain marks, in the high bit of each of eight bytes, those that are not plain.
// A borrow of the subtractions can only set marks above a true one, so the lowest
// mark is right.
func notPlain(w uint64) uint64 {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return (w | (w - ones*' ') | (quote - ones) | (slash - ones)) & highs
}
