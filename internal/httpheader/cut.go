// Package httpheader reads the values of header fields (RFC 9110 section 5.6).
package httpheader

// Cut cuts a value at the first separator that is not in a quoted string.
func Cut(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
