package framing

import (
	"bytes"
	"io"
	"net"
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
	free    chan struct{} // closed once another protocol is spoken
}

// Listen returns l with connections that are checked, those over TCP.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements [net.Listener].
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if s, ok := c.(stream); ok {
		return &conn{stream: s, free: make(chan struct{})}, err
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
	select {
	case <-c.free:
		return n, err
	default:
	}
	if c.refused = c.check.feed(p[:n]); c.refused != nil {
		return 0, c.refused
	}
	return n, err
}

var switching = []byte("HTTP/1.1 101 ")

// Write implements [net.Conn]. Whoever answers 101 speaks another protocol from there on
// (RFC 9110 section 15.2.2), of which nothing is known here.
func (c *conn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, switching) {
		select {
		case <-c.free:
		default:
			close(c.free)
		}
	}
	return c.stream.Write(p)
}
