package canon

import "encoding/binary"

// AppendUUID appends the 36 characters of a UUID, lower-case.
func AppendUUID(dst []byte, u [16]byte) []byte {
	const form = "00000000-0000-0000-0000-000000000000"
	dst = append(dst, form...)
	t := (*[len(form)]byte)(dst[len(dst)-len(form):])
	b := binary.BigEndian
	second, third := hex8(b.Uint32(u[4:8])), hex8(b.Uint32(u[8:12]))
	b.PutUint64(t[0:8], hex8(b.Uint32(u[0:4])))
	b.PutUint32(t[9:13], uint32(second>>32))
	b.PutUint32(t[14:18], uint32(second))
	b.PutUint32(t[19:23], uint32(third>>32))
	b.PutUint32(t[24:28], uint32(third))
	b.PutUint64(t[28:36], hex8(b.Uint32(u[12:16])))
	return dst
}

// hex8 returns the eight digits of four bytes, the first one in the highest byte.
func hex8(v uint32) uint64 {
	const ones = 0x0101010101010101
	// A half of a byte moves into each of eight bytes.
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 6*ones) >> 4 & ones // those above 9
	return x + '0'*ones + letters*('a'-'9'-1)
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
