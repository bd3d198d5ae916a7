package value

// CutByte removes a leading byte and reports whether it was there.
func CutByte(raw []byte, c byte) ([]byte, bool) {
	if len(raw) == 0 || raw[0] != c {
		return raw, false
	}
	return raw[1:], true
}

// SkipJSON returns the length of the value at the start of raw, 0 if it does
// not end.
func SkipJSON(raw []byte) int {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			n := skipQuoted(raw[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // behind a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}

// skipQuoted returns the length of the string at the start of raw with its
// quotes, 0 if it does not end.
func skipQuoted(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			return i + 1
		case '\\':
			i++ // pass what is escaped
		}
	}
	return 0
}
