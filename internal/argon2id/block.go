package argon2id

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
)

// A block is 1 KiB of the memory. Mixing sees it as a table of eight rows and columns of
// pairs of words.
type block [1024]byte

// pair is the i-th of 64 pairs of words.
func (b *block) pair(i int) *[16]byte { return (*[16]byte)(b[16*i:]) }

// mix is G of RFC 9106 section 3.5: b becomes the mix of x and y or, where add says so,
// is xored with it.
//
//go:norace
func (b *block) mix(x, y *block, add bool) {
	var z block
	subtle.XORBytes(z[:], x[:], y[:])
	if add {
		subtle.XORBytes(b[:], b[:], z[:])
	} else {
		*b = z
	}
	for i := 0; i < 64; i += 8 {
		permute(z.pair(i), z.pair(i+1), z.pair(i+2), z.pair(i+3), z.pair(i+4), z.pair(i+5), z.pair(i+6), z.pair(i+7))
	}
	for i := range 8 {
		permute(z.pair(i), z.pair(i+8), z.pair(i+16), z.pair(i+24), z.pair(i+32), z.pair(i+40), z.pair(i+48), z.pair(i+56))
	}
	subtle.XORBytes(b[:], b[:], z[:])
}

// permute is P of RFC 9106 section 3.6.
//
// What is local to a hash needs no watching, which would take twenty times as long.
//
//go:norace
func permute(p0, p1, p2, p3, p4, p5, p6, p7 *[16]byte) {
	v0, v1, v2, v3 := first(p0), second(p0), first(p1), second(p1)
	v4, v5, v6, v7 := first(p2), second(p2), first(p3), second(p3)
	v8, v9, v10, v11 := first(p4), second(p4), first(p5), second(p5)
	v12, v13, v14, v15 := first(p6), second(p6), first(p7), second(p7)

	v0 = multiplyAdd(v0, v4)
	v12 = bits.RotateLeft64(v12^v0, -32)
	v8 = multiplyAdd(v8, v12)
	v4 = bits.RotateLeft64(v4^v8, -24)
	v0 = multiplyAdd(v0, v4)
	v12 = bits.RotateLeft64(v12^v0, -16)
	v8 = multiplyAdd(v8, v12)
	v4 = bits.RotateLeft64(v4^v8, -63)

	v1 = multiplyAdd(v1, v5)
	v13 = bits.RotateLeft64(v13^v1, -32)
	v9 = multiplyAdd(v9, v13)
	v5 = bits.RotateLeft64(v5^v9, -24)
	v1 = multiplyAdd(v1, v5)
	v13 = bits.RotateLeft64(v13^v1, -16)
	v9 = multiplyAdd(v9, v13)
	v5 = bits.RotateLeft64(v5^v9, -63)

	v2 = multiplyAdd(v2, v6)
	v14 = bits.RotateLeft64(v14^v2, -32)
	v10 = multiplyAdd(v10, v14)
	v6 = bits.RotateLeft64(v6^v10, -24)
	v2 = multiplyAdd(v2, v6)
	v14 = bits.RotateLeft64(v14^v2, -16)
	v10 = multiplyAdd(v10, v14)
	v6 = bits.RotateLeft64(v6^v10, -63)

	v3 = multiplyAdd(v3, v7)
	v15 = bits.RotateLeft64(v15^v3, -32)
	v11 = multiplyAdd(v11, v15)
	v7 = bits.RotateLeft64(v7^v11, -24)
	v3 = multiplyAdd(v3, v7)
	v15 = bits.RotateLeft64(v15^v3, -16)
	v11 = multiplyAdd(v11, v15)
	v7 = bits.RotateLeft64(v7^v11, -63)

	v0 = multiplyAdd(v0, v5)
	v15 = bits.RotateLeft64(v15^v0, -32)
	v10 = multiplyAdd(v10, v15)
	v5 = bits.RotateLeft64(v5^v10, -24)
	v0 = multiplyAdd(v0, v5)
	v15 = bits.RotateLeft64(v15^v0, -16)
	v10 = multiplyAdd(v10, v15)
	v5 = bits.RotateLeft64(v5^v10, -63)

	v1 = multiplyAdd(v1, v6)
	v12 = bits.RotateLeft64(v12^v1, -32)
	v11 = multiplyAdd(v11, v12)
	v6 = bits.RotateLeft64(v6^v11, -24)
	v1 = multiplyAdd(v1, v6)
	v12 = bits.RotateLeft64(v12^v1, -16)
	v11 = multiplyAdd(v11, v12)
	v6 = bits.RotateLeft64(v6^v11, -63)

	v2 = multiplyAdd(v2, v7)
	v13 = bits.RotateLeft64(v13^v2, -32)
	v8 = multiplyAdd(v8, v13)
	v7 = bits.RotateLeft64(v7^v8, -24)
	v2 = multiplyAdd(v2, v7)
	v13 = bits.RotateLeft64(v13^v2, -16)
	v8 = multiplyAdd(v8, v13)
	v7 = bits.RotateLeft64(v7^v8, -63)

	v3 = multiplyAdd(v3, v4)
	v14 = bits.RotateLeft64(v14^v3, -32)
	v9 = multiplyAdd(v9, v14)
	v4 = bits.RotateLeft64(v4^v9, -24)
	v3 = multiplyAdd(v3, v4)
	v14 = bits.RotateLeft64(v14^v3, -16)
	v9 = multiplyAdd(v9, v14)
	v4 = bits.RotateLeft64(v4^v9, -63)

	set(p0, v0, v1)
	set(p1, v2, v3)
	set(p2, v4, v5)
	set(p3, v6, v7)
	set(p4, v8, v9)
	set(p5, v10, v11)
	set(p6, v12, v13)
	set(p7, v14, v15)
}

// multiplyAdd is the addition of BLAKE2b made to take as long in hardware as in software.
func multiplyAdd(a, b uint64) uint64 { return a + b + 2*uint64(uint32(a))*uint64(uint32(b)) }

func first(p *[16]byte) uint64  { return binary.LittleEndian.Uint64(p[:8]) }
func second(p *[16]byte) uint64 { return binary.LittleEndian.Uint64(p[8:]) }

func set(p *[16]byte, first, second uint64) {
	binary.LittleEndian.PutUint64(p[:8], first)
	binary.LittleEndian.PutUint64(p[8:], second)
}
