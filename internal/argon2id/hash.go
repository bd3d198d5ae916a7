package argon2id

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/blake2b"
)

// hash is H' of RFC 9106 section 3.3, of any size.
func hash(text []byte, bytes uint32) []byte {
	text = append(binary.LittleEndian.AppendUint32(nil, bytes), text...)
	var sum []byte
	for {
		rest := int(bytes) - len(sum)
		if rest <= blake2b.Size {
			h, err := blake2b.New(rest, nil)
			if err != nil {
				panic(fmt.Sprintf("argon2id: a key of %d bytes: %v", bytes, err))
			}
			_, _ = h.Write(text) // never fails
			return h.Sum(sum)
		}
		next := blake2b.Sum512(text)
		text = next[:]
		sum = append(sum, text[:blake2b.Size/2]...)
	}
}
