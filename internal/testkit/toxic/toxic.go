// Package toxic is a TCP proxy that injects network faults, for tests: it delays, cuts,
// holds, refuses and slows the traffic between a client and a server.
package toxic

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy forwards connections to a server. Its methods are safe for concurrent use and take
// effect at once, on open connections too.
type Proxy struct {
	net.Listener
	relay func(client, server net.Conn)
	work  sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed, and made anew, with each change
	ailments ailments
	open     map[net.Conn]struct{}
	cut      int
	closed   bool
	server   string
}

// ailments are the faults of a proxy.
type ailments struct {
	latency, jitter time.Duration
	bandwidth       int
	hold, refuse    bool
	cuts            float64
}

// TB is what a proxy needs of a testing.TB.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// Start starts a proxy in front of a server and stops it with tb. It forwards everything
// until a fault is set.
func Start(tb TB, server string) *Proxy {
	tb.Helper()
	p := &Proxy{server: server}
	p.relay = p.pass
	p.start(tb)
	return p
}

// StartRelay starts a proxy with a function that relays the traffic. Both connections are
// closed when it returns.
func StartRelay(tb TB, server string, relay func(client, server net.Conn)) *Proxy {
	tb.Helper()
	p := &Proxy{server: server, relay: relay}
	p.start(tb)
	return p
}

func (p *Proxy) start(tb TB) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p.Listener, p.changed, p.open = l, make(chan struct{}), make(map[net.Conn]struct{})
	tb.Cleanup(p.stop)
	p.work.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.serve(client) })
		}
	})
}

func (p *Proxy) stop() {
	p.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.change(func(a *ailments) { *a = ailments{} })
	p.Cut()
	p.work.Wait()
}

func (p *Proxy) change(f func(a *ailments)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.ailments)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Latency delays every piece of a response by d plus up to jitter.
func (p *Proxy) Latency(d, jitter time.Duration) {
	p.change(func(a *ailments) { a.latency, a.jitter = d, jitter })
}

// Bandwidth limits the bytes per second, in each direction of each connection. Zero removes
// the limit.
func (p *Proxy) Bandwidth(bytes int) { p.change(func(a *ailments) { a.bandwidth = bytes }) }

// Hold keeps connections open, new ones too, and forwards nothing, like a network that
// drops every packet. The held data is forwarded when that ends.
func (p *Proxy) Hold(on bool) { p.change(func(a *ailments) { a.hold = on }) }

// Refuse closes new connections at once.
func (p *Proxy) Refuse(on bool) { p.change(func(a *ailments) { a.refuse = on }) }

// Cuts closes a connection with a probability for each piece.
func (p *Proxy) Cuts(probability float64) { p.change(func(a *ailments) { a.cuts = probability }) }

// Server forwards new connections to another server.
func (p *Proxy) Server(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = addr
}

// Cut closes all connections and returns how many there were, counted at both sides.
func (p *Proxy) Cut() (closed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	return len(p.open)
}

// WereCut returns how many connections Cuts has closed.
func (p *Proxy) WereCut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// now returns the faults, and a channel that is closed when they change.
func (p *Proxy) now() (ailments, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ailments, p.changed
}

// track registers a connection, or closes it if the proxy refuses connections.
func (p *Proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.ailments.refuse {
		c.Close()
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *Proxy) forget(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

func (p *Proxy) serve(client net.Conn) {
	if !p.track(client) {
		return
	}
	defer p.forget(client)
	p.mu.Lock()
	addr := p.server
	p.mu.Unlock()
	server, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil || !p.track(server) {
		return
	}
	defer p.forget(server)
	p.relay(client, server)
}

// pass forwards both directions until one of them ends.
func (p *Proxy) pass(client, server net.Conn) {
	var answers sync.WaitGroup
	answers.Go(func() {
		p.copy(client, server, true)
		client.Close()
		server.Close()
	})
	p.copy(server, client, false)
	client.Close()
	server.Close()
	answers.Wait()
}

func (p *Proxy) copy(to io.Writer, from io.Reader, answers bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.piece(to, buffer[:n], answers) {
			return
		}
		if err != nil {
			return
		}
	}
}

// piece forwards a piece. It returns false if the connection must be closed.
func (p *Proxy) piece(to io.Writer, piece []byte, answers bool) bool {
	a, changed := p.now()
	for a.hold {
		<-changed
		a, changed = p.now()
	}
	if a.cuts > 0 && rand.Float64() < a.cuts {
		p.mu.Lock()
		p.cut++
		p.mu.Unlock()
		return false
	}
	if answers {
		wait := a.latency
		if a.jitter > 0 {
			wait += rand.N(a.jitter)
		}
		p.wait(wait, changed)
	}
	if a.bandwidth > 0 {
		p.wait(time.Duration(len(piece))*time.Second/time.Duration(a.bandwidth), changed)
	}
	_, err := to.Write(piece)
	return err == nil
}

func (p *Proxy) wait(d time.Duration, changed <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	}
}
