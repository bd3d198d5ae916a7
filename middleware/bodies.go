package middleware

import (
	"io"
	"net/http"
	"sync/atomic"
)

// Bodies of up to mostAwaited bytes are awaited. Those of up to littleAwaited take no
// room of all: net/http has a buffer of that size for every connection too.
const (
	mostAwaited   = 64 << 10
	littleAwaited = 4 << 10
)

// awaitedEach is how many bodies are awaited at a time for each place.
const awaitedEach = 64

// bodies are those of requests that have no place yet. They are awaited, so that none holds
// a place while its client is slow; what is kept of them is bounded, and how many there are:
// each has a stack, and HTTP/2 carries a hundred requests on one connection.
type bodies struct {
	most    int64 // at a time
	waiting atomic.Int64

	room  int64        // in bytes, for those that are more than little
	taken atomic.Int64 // of it
}

// awaits reports whether the body of a request is one to wait for: one that says it is
// short. What comes in chunks may be a conversation, and a client that asks whether its
// body is wanted (RFC 9110 section 10.1.1) is answered by whoever wants it.
func awaits(r *http.Request) bool {
	return r.ContentLength > 0 && r.ContentLength <= mostAwaited && len(r.Header["Expect"]) == 0
}

// take takes room for a body, and reports whether there is some. Who got it gives it back.
func (b *bodies) take(length int64) bool {
	n, taken := b.waiting.Add(1), b.taken.Add(roomOf(length))
	if n > b.most || taken > b.room {
		b.giveBack(length)
		return false
	}
	return true
}

func (b *bodies) giveBack(length int64) {
	b.waiting.Add(-1)
	b.taken.Add(-roomOf(length))
}

// roomOf returns how much room a body takes.
func roomOf(length int64) int64 {
	if length <= littleAwaited {
		return 0
	}
	return length
}

// await returns a request whose body is there. Where that failed, who reads it learns of it
// after what has arrived.
func await(r *http.Request) *http.Request {
	// With room for a byte more the end is read too, and with it trailers.
	buffer := make([]byte, r.ContentLength+1)
	body, n := &awaited{behind: r.Body}, 0
	for n < len(buffer) && body.err == nil {
		var more int
		more, body.err = r.Body.Read(buffer[n:])
		n += more
	}
	body.left = buffer[:n]
	whole := *r
	whole.Body = body
	return &whole
}

// awaited is a body of which something has arrived.
type awaited struct {
	left   []byte
	err    error         // what follows, nil: what is behind
	behind io.ReadCloser // the server's
}

// Read implements [io.Reader].
func (b *awaited) Read(p []byte) (int, error) {
	switch {
	case len(b.left) > 0:
		n := copy(p, b.left)
		b.left = b.left[n:]
		return n, nil
	case b.err != nil:
		return 0, b.err
	}
	return b.behind.Read(p)
}

// Close implements [io.Closer].
func (b *awaited) Close() error {
	b.left, b.err = nil, http.ErrBodyReadAfterClose
	return b.behind.Close()
}
