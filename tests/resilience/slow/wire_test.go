package slow_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"sync/atomic"
)

// copyAll copies until either side ends.
func copyAll(to io.Writer, from io.Reader) (int64, error) { return io.Copy(to, from) }

// countTrips passes on what a client sends and counts what asks for an answer:
// Sync, and Query (PostgreSQL's protocol, version 3). A message is a type, a length
// that counts itself, and so many bytes; the first one has no type.
func countTrips(to io.Writer, from io.Reader, asked *atomic.Int64) {
	in := bufio.NewReader(from)
	for started := false; ; started = true {
		var head []byte
		if started {
			kind, err := in.ReadByte()
			if err != nil {
				return
			}
			if kind == 'S' || kind == 'Q' {
				asked.Add(1)
			}
			head = []byte{kind}
		}
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return
		}
		message := append(head, size[:]...)
		rest := make([]byte, binary.BigEndian.Uint32(size[:])-4)
		if _, err := io.ReadFull(in, rest); err != nil {
			return
		}
		if _, err := to.Write(append(message, rest...)); err != nil {
			return
		}
	}
}
