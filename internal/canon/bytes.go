package canon

import (
	"encoding/hex"
	"strings"
)

// AppendHex appends the bytes as lower-case hexadecimal digits.
func AppendHex(dst, b []byte) []byte { return hex.AppendEncode(dst, b) }

// AppendBytes appends bytes in PostgreSQL's text form, \x and hexadecimal
// digits. Inside a JSON string the backslash must be doubled; see
// [AppendBytesJSON].
func AppendBytes(dst, b []byte) []byte { return AppendHex(append(dst, `\x`...), b) }

// AppendBytesJSON appends bytes as JSON string with quotes.
func AppendBytesJSON(dst, b []byte) []byte {
	return append(AppendHex(append(dst, `"\\x`...), b), '"')
}

// ParseBytes reads \x and pairs of hexadecimal digits in either case. The
// result is never nil.
func ParseBytes(s string) ([]byte, error) {
	digits, ok := strings.CutPrefix(s, `\x`)
	if !ok {
		return nil, ErrSyntax
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, ErrSyntax
	}
	return b, nil
}
