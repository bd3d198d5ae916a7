// Package canon writes and reads the canonical text forms of column values:
// the bytes both engines answer with. Each form has one function here; the
// store and both drivers use it.
//
// Writers append to a slice and never fail. Readers accept what PostgreSQL
// accepts for the type in its ISO style, as far as the form is plain: no words
// such as "now" or "infinity", no hexadecimal numbers, no underscores, no
// space around. Their errors are [ErrSyntax] and [ErrRange]; both leave it to
// the caller to name the column.
package canon

import "errors"

var (
	// ErrSyntax reports text that is not in the form of the type.
	ErrSyntax = errors.New("invalid input syntax")

	// ErrRange reports a well-formed text with a value outside the range of the type: a
	// 13th month, an integer above 64 bits.
	ErrRange = errors.New("value out of range")
)

// digits reads s as decimal digits. It reports false for anything else; the
// caller keeps s short enough for an int.
func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, s != ""
}

// span returns the length of the run of decimal digits at the start of s.
func span(s string) int {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return i
		}
	}
	return len(s)
}
