package canon

// AppendUUID appends the 36 characters of a UUID, lower-case.
func AppendUUID(dst []byte, u [16]byte) []byte {
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// ParseUUID reads a UUID of 36 characters with dashes or 32 without, in either
// case, and returns the 36 lower-case ones. It allocates only if s is spelled
// otherwise.
func ParseUUID(s string) (string, error) {
	u, err := DecodeUUID(s)
	if err != nil {
		return "", err
	}
	var buf [36]byte
	if b := AppendUUID(buf[:0], u); string(b) != s {
		return string(b), nil
	}
	return s, nil
}

// DecodeUUID reads a UUID like [ParseUUID] and returns its bytes.
func DecodeUUID(s string) ([16]byte, error) {
	var u [16]byte
	dashed := len(s) == 36
	if !dashed && len(s) != 32 {
		return u, ErrSyntax
	}
	at := 0
	for i := range u {
		if dashed && (i == 4 || i == 6 || i == 8 || i == 10) {
			if s[at] != '-' {
				return u, ErrSyntax
			}
			at++
		}
		hi, lo := hexValue(s[at]), hexValue(s[at+1])
		if hi > 15 || lo > 15 {
			return [16]byte{}, ErrSyntax
		}
		u[i] = hi<<4 | lo
		at += 2
	}
	return u, nil
}
