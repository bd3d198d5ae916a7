package respwriter

import (
	"io"
	"net"
	"sync"
)

// stream is what net/http finds in a TCP connection beside what every connection
// can.
type stream interface {
	net.Conn
	io.ReaderFrom
	CloseWrite() error
}

// conn is a connection that can buffer writes. One goroutine at a time writes to it, except
// for handlers that outlive their request.
type conn struct {
	stream

	mu      sync.Mutex
	holding bool
	held    *[]byte // from rooms; nil: nothing
}

// mostHeld is how much is kept. To copy so much costs less than a system call.
const mostHeld = 64 << 10

var rooms = sync.Pool{New: func() any { return new(make([]byte, 0, 16<<10)) }}

// NetConn returns the connection behind this one.
func (c *conn) NetConn() net.Conn { return c.stream }

// hold starts buffering.
func (c *conn) hold() {
	c.mu.Lock()
	c.holding = true
	c.mu.Unlock()
}

// holds reports whether the buffer has data.
func (c *conn) holds() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held != nil
}

// release sends the buffer and ends buffering.
func (c *conn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send()
}

func (c *conn) send() error {
	c.holding = false
	if c.held == nil {
		return nil
	}
	_, err := c.stream.Write(*c.held)
	*c.held = (*c.held)[:0]
	rooms.Put(c.held)
	c.held = nil
	return err
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holding {
		if c.held == nil {
			c.held = rooms.Get().(*[]byte)
		}
		if len(*c.held)+len(p) <= mostHeld {
			*c.held = append(*c.held, p...)
			return len(p), nil
		}
		if err := c.send(); err != nil {
			return 0, err
		}
	}
	return c.stream.Write(p)
}

// ReadFrom implements [io.ReaderFrom], by which net/http sends files.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if err := c.release(); err != nil {
		return 0, err
	}
	return c.stream.ReadFrom(r)
}
