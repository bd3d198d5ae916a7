package canon

import "encoding/hex"

// AppendUUID appends the 36 characters of a UUID, lower-case.
func AppendUUID(dst []byte, u [16]byte) []byte {
	dst = append(hex.AppendEncode(dst, u[:4]), '-')
	dst = append(hex.AppendEncode(dst, u[4:6]), '-')
	dst = append(hex.AppendEncode(dst, u[6:8]), '-')
	dst = append(hex.AppendEncode(dst, u[8:10]), '-')
	return hex.AppendEncode(dst, u[10:])
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
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	var u [16]byte
	if len(s) != 32 {
		return u, ErrSyntax
	}
	if _, err := hex.Decode(u[:], []byte(s)); err != nil {
		return [16]byte{}, ErrSyntax
	}
	return u, nil
}
