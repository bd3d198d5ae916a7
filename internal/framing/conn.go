package framing

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// stream is what net/http finds in a TCP connection beside what every connection can.
type stream interface {
	net.Conn
	io.ReaderFrom
	CloseWrite() error
}

// conn is a connection whose requests are checked while they are read. One goroutine at a
// time reads from it, and another may write.
type conn struct {
	stream

	check   checker
	refused error
	free    atomic.Bool // net/http reads no more requests from it
}

// Serve prepares a server for connections that are checked, those over TCP, and returns
// the listener to give to [http.Server.Serve]. A connection that a handler has taken over
// is not looked at any more: what is spoken there is its own matter. It must have its
// ConnState before.
func Serve(s *http.Server, l net.Listener) net.Listener {
	before := s.ConnState
	s.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateHijacked {
			release(c)
		}
		if before != nil {
			before(c, state)
		}
	}
	return listener{l}
}

// release ends the checks of a connection, which others may have wrapped.
func release(c net.Conn) {
	for {
		if own, ok := c.(*conn); ok {
			own.free.Store(true)
			return
		}
		wrapped, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return
		}
		c = wrapped.NetConn()
	}
}

type listener struct{ net.Listener }

// Accept implements [net.Listener].
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if s, ok := c.(stream); ok {
		return &conn{stream: s}, err
	}
	return c, err
}

// NetConn returns the connection behind this one.
func (c *conn) NetConn() net.Conn { return c.stream }

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	if c.refused != nil {
		return 0, c.refused
	}
	n, err := c.stream.Read(p)
	if c.free.Load() {
		return n, err
	}
	if c.refused = c.check.feed(p[:n]); c.refused != nil {
		return 0, c.refused
	}
	return n, err
}
