package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// connections limits the open connections of clients, in all and for each, by closing those
// beyond a limit at once. An idle connection also costs a file descriptor and some
// kilobytes.
type connections struct {
	inAll, ofOne bound
	uncounted    []netip.Prefix // proxies, which carry many clients
	logger       *slog.Logger

	mu   sync.Mutex
	all  int
	each map[netip.Prefix]int
}

// bound is how many connections may be open at a time, and what the log says of more.
type bound struct {
	most    int
	message string
	closed  logging.SampledCount
}

func newConnections(c *Config) *connections {
	n := &connections{
		inAll:  bound{most: c.MaxConnections, message: "connections closed, too many at a time (MaxConnections)"},
		ofOne:  bound{most: c.MaxConnectionsPerClient, message: "connections closed, too many of one client (MaxConnectionsPerClient)"},
		logger: c.Logger, each: map[netip.Prefix]int{},
	}
	for _, p := range c.TrustedProxies {
		n.uncounted = append(n.uncounted, netaddr.Network(p))
	}
	return n
}

// changed counts connections by the state changes that the server reports, see
// [http.Server.ConnState]. Each connection is closed or hijacked exactly once, also one
// that is closed here.
func (n *connections) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		client := n.client(conn)
		if beyond := n.add(client); beyond != nil {
			_ = conn.Close()
			n.logClosed(beyond, client)
		}
	case http.StateClosed, http.StateHijacked:
		n.remove(n.client(conn))
	}
}

// client returns the address group that a connection counts for. It is the zero Prefix for
// this machine, for proxies and for Unix sockets, which have no limit of their own.
func (n *connections) client(conn net.Conn) netip.Prefix {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr := netaddr.Plain(tcp.AddrPort().Addr())
	if addr.IsLoopback() || slices.ContainsFunc(n.uncounted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return netip.Prefix{}
	}
	return middleware.AddressGroup(addr)
}

// logClosed logs the number of closed connections and the last client. They have sent nothing,
// so no other line shows them.
func (n *connections) logClosed(beyond *bound, client netip.Prefix) {
	closed, due := beyond.closed.Add(time.Second)
	if !due {
		return
	}
	attrs := []slog.Attr{slog.Int64("closed", closed)}
	if client.IsValid() {
		attrs = append(attrs, slog.String("client", client.Addr().String()))
	}
	n.logger.LogAttrs(context.Background(), slog.LevelWarn, beyond.message, attrs...)
}

// add counts a connection and returns the exceeded limit, or nil. A connection over the
// limit is counted too, until it is closed.
func (n *connections) add(client netip.Prefix) *bound {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all++
	if client.IsValid() {
		n.each[client]++
	}
	switch {
	case client.IsValid() && n.each[client] > n.ofOne.most:
		return &n.ofOne
	case n.all > n.inAll.most:
		return &n.inAll
	}
	return nil
}

func (n *connections) remove(client netip.Prefix) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all--
	if !client.IsValid() {
		return
	}
	if n.each[client]--; n.each[client] <= 0 {
		delete(n.each, client)
	}
}
