package plinth

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"github.com/seed-7694ebf6/plinth/internal/addrgroup"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// connections bounds the open connections of clients, in all and for each, by
// closing those that are too many at once: a connection that does nothing still costs a
// descriptor and some kilobytes.
type connections struct {
	most, mostOfOne int
	uncounted       []netip.Prefix // proxies, who speak for many

	mu   sync.Mutex
	all  int
	each map[netip.Prefix]int
}

func newConnections(c Config) *connections {
	n := &connections{most: c.MaxConnections, mostOfOne: c.MaxConnectionsPerClient, each: map[netip.Prefix]int{}}
	for _, p := range c.TrustedProxies {
		n.uncounted = append(n.uncounted, addrgroup.Network(p))
	}
	return n
}

// changed is told by the server of each connection's life, see [http.Server.ConnState].
// A connection is closed or hijacked once, also one that is closed here.
func (n *connections) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !n.add(n.client(conn)) {
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		n.remove(n.client(conn))
	}
}

// client returns whom a connection counts for. The zero Prefix, of this machine, of
// proxies and of Unix sockets, is nobody.
func (n *connections) client(conn net.Conn) netip.Prefix {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr := addrgroup.Plain(tcp.AddrPort().Addr())
	if addr.IsLoopback() || slices.ContainsFunc(n.uncounted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return netip.Prefix{}
	}
	return middleware.AddressGroup(addr)
}

// add counts a connection and reports whether it may stay. One that may not is counted
// too, until it is gone.
func (n *connections) add(client netip.Prefix) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all++
	if !client.IsValid() {
		return n.all <= n.most
	}
	n.each[client]++
	return n.all <= n.most && n.each[client] <= n.mostOfOne
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
