package realtime

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
)

// upgrade is the response to a WebSocket handshake. It keeps the connection.
type upgrade struct {
	http.ResponseWriter
	wire *gathered
}

// Hijack implements [http.Hijacker].
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	u.wire = &gathered{Conn: conn, early: bytes.Clone(early)}
	// Smaller ones than those of net/http, since most sockets are idle.
	return u.wire, bufio.NewReadWriter(bufio.NewReaderSize(u.wire, wireBuffer), bufio.NewWriterSize(u.wire, wireBuffer)), nil
}

const wireBuffer = 1 << 10

// gathered is a connection that can send several messages by one system call, which is most of
// what a message costs.
type gathered struct {
	net.Conn
	early []byte // read with the handshake

	mu      sync.Mutex
	holding bool
	held    []byte
}

// gatherSize is how many bytes wait at most.
const gatherSize = 32 << 10

var gatherBuffers = sync.Pool{New: func() any { return new(make([]byte, 0, gatherSize)) }}

// gather holds what write writes, and sends it at the end.
func (g *gathered) gather(write func() error) error {
	buffer := gatherBuffers.Get().(*[]byte)
	g.mu.Lock()
	g.holding, g.held = true, (*buffer)[:0]
	g.mu.Unlock()
	err := write()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		err = g.flush()
	}
	*buffer = g.held[:0]
	g.holding, g.held = false, nil
	gatherBuffers.Put(buffer)
	return err
}

// Read implements [net.Conn].
func (g *gathered) Read(p []byte) (int, error) {
	if len(g.early) > 0 {
		n := copy(p, g.early)
		g.early = g.early[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// Write implements [net.Conn].
func (g *gathered) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.holding {
		return g.Conn.Write(p)
	}
	if len(g.held)+len(p) > gatherSize {
		if err := g.flush(); err != nil {
			return 0, err
		}
	}
	g.held = append(g.held, p...)
	return len(p), nil
}

func (g *gathered) flush() error {
	if len(g.held) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.held)
	g.held = g.held[:0]
	return err
}

// lifetime returns the context of a connection that outlives its handler: that of the server
// which drains it, or else one that does not end.
func lifetime(conn net.Conn, r *http.Request) context.Context {
	if c, ok := conn.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.WithoutCancel(r.Context())
}
