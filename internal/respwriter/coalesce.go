package respwriter

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// Serve prepares a server for [Write] and returns the listener to give to
// [http.Server.Serve]. Responses of other handlers are not changed.
//
// net/http copies a response through a buffer of 4 KiB that cannot be configured. A larger
// response takes two system calls, and the client wakes up twice. A connection of this
// listener buffers what Write hands over and sends it at once.
func Serve(s *http.Server, l net.Listener) net.Listener {
	before := s.ConnContext
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if before != nil {
			ctx = before(ctx, c)
		}
		if secure, ok := c.(*tls.Conn); ok {
			c = secure.NetConn()
		}
		if own, ok := c.(*conn); ok {
			ctx = context.WithValue(ctx, connKey{}, own)
		}
		return ctx
	}
	return listener{l}
}

// connKey finds the connection of a request in its context.
type connKey struct{}

// listener accepts connections that can buffer.
type listener struct{ net.Listener }

// Accept implements [net.Listener].
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if s, ok := c.(stream); ok {
		return &conn{stream: s}, err
	}
	return c, err
}

// leastHeld is the size from which a body may not fit into net/http's buffer
// beside its header.
const leastHeld = 3 << 10

// Write sends a whole body after its header and length, as w.Write does. It returns after
// all of it was sent, unless a middleware's writer holds a part back.
func Write(w http.ResponseWriter, r *http.Request, body []byte) (int, error) {
	if len(body) < leastHeld || r.ProtoMajor != 1 { // streams of HTTP/2 share a connection
		return w.Write(body)
	}
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return w.Write(body)
	}
	c.hold()
	n, err := w.Write(body)
	if c.holds() && err == nil {
		// The end may still be in net/http's buffer.
		err = flush(w)
	}
	if sent := c.release(); err == nil {
		err = sent
	}
	return n, err
}

// flush is [http.ResponseController.Flush], which is asked only where it has to
// look behind w.
func flush(w http.ResponseWriter) error {
	if f, ok := w.(interface{ FlushError() error }); ok {
		return f.FlushError()
	}
	return http.NewResponseController(w).Flush()
}
