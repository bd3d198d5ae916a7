package strictjson

import (
	"unicode/utf8"
	"unsafe"
)

// AppendString appends s as a JSON string in the form PostgreSQL's to_json and
// SQLite's json_quote share: short escapes where JSON has them, \u00xx in lower case
// for other control characters, everything else as it is, also DEL, U+2028 and <>&.
// Bytes that are not UTF-8 become U+FFFD, so the result is always valid JSON.
func AppendString(dst []byte, s string) []byte {
	// The bytes are only read, and not kept.
	return AppendStringBytes(dst, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// AppendStringBytes is [AppendString] for bytes.
func AppendStringBytes(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := plainRun(s); i < len(s); i += plainRun(s[i:]) {
		c := s[i]
		if c >= utf8.RuneSelf {
			// Letters beyond ASCII seldom stand alone.
			for i < len(s) && s[i] >= utf8.RuneSelf {
				r, size := utf8.DecodeRune(s[i:])
				if r == utf8.RuneError && size == 1 {
					dst = append(dst, s[from:i]...)
					dst = append(dst, "\uFFFD"...)
					from = i + 1
				}
				i += size
			}
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// appendEscape appends the escape of a quote, a backslash or a control character.
func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
