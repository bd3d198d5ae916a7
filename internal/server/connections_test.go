package server_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// peer is a connection from an address.
type peer struct {
	net.Conn
	addr string
}

func (p peer) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(p.addr))
}

// TestProxiesAreNotCountedAsClients: proxies are recognized in every form of their network.
func TestProxiesAreNotCountedAsClients(t *testing.T) {
	t.Parallel()
	config := server.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("::ffff:10.1.0.0/112"), netip.MustParsePrefix("fd00::/8")}}
	for addr, want := range map[string]string{
		"10.1.2.3:1": "invalid Prefix", "[::ffff:10.1.2.3]:1": "invalid Prefix", "[fd00::1]:1": "invalid Prefix", "127.0.0.1:1": "invalid Prefix",
		"10.2.2.3:1": "10.2.2.3/32", "[2001:db8::1]:1": "2001:db8::/64",
	} {
		if got := server.ClientOf(config, peer{addr: addr}).String(); got != want {
			t.Errorf("%s counts for %s, want %s", addr, got, want)
		}
	}
}

// TestConnectionsOfEach: one address has no more connections than it may, and gets others
// when it has closed some; others and proxies have theirs.
func TestConnectionsOfEach(t *testing.T) {
	t.Parallel()
	changed := server.Connections(server.Config{MaxConnections: 100, MaxConnectionsPerClient: 2, Logger: slog.New(slog.DiscardHandler)})
	open := func(addr string) (conn peer, stays bool) {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = near.Close() })
		conn = peer{near, addr}
		changed(conn, http.StateNew)
		_ = far.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := far.Read(make([]byte, 1))
		return conn, os.IsTimeout(err)
	}
	var conns []peer
	for i, tt := range []struct {
		addr  string
		stays bool
	}{
		{"203.0.113.1:1", true},
		{"203.0.113.1:2", true},
		{"203.0.113.1:3", false},
		{"203.0.113.2:1", true},
		{"[2001:db8::1]:1", true},
		{"[2001:db8::2]:1", true}, // of the same network
		{"[2001:db8::3]:1", false},
		{"127.0.0.1:1", true},
		{"127.0.0.1:2", true},
		{"127.0.0.1:3", true}, // of this machine
	} {
		conn, stays := open(tt.addr)
		if stays != tt.stays {
			t.Errorf("%d, of %s: stays %t", i, tt.addr, stays)
		}
		conns = append(conns, conn)
	}
	changed(conns[0], http.StateClosed)
	changed(conns[2], http.StateClosed)
	if _, stays := open("203.0.113.1:4"); !stays {
		t.Error("there is no room after one was closed")
	}
	if _, stays := open("203.0.113.1:5"); stays {
		t.Error("there is more room than before")
	}
	changed(conns[3], http.StateHijacked) // a WebSocket, which LongLived counts
	for _, addr := range []string{"203.0.113.2:2", "203.0.113.2:3"} {
		if _, stays := open(addr); !stays {
			t.Errorf("%s has no room beside one that a handler has taken over", addr)
		}
	}
}

// TestClosedConnectionsAreLogged: connections that are closed because there are too many are
// logged once a second with their number, separately for both limits.
func TestClosedConnectionsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := new(apptest.Log)
		changed := server.Connections(server.Config{MaxConnections: 4, MaxConnectionsPerClient: 2, Logger: slog.New(slog.NewJSONHandler(lines, nil))})
		open := func(addrs ...string) {
			for _, addr := range addrs {
				near, far := net.Pipe()
				t.Cleanup(func() { _, _ = near.Close(), far.Close() })
				changed(peer{near, addr}, http.StateNew)
			}
		}
		told := func(want ...string) {
			t.Helper()
			var got []string
			for _, line := range lines.Taken(t) {
				got = append(got, fmt.Sprint(line["level"], " ", line["msg"], " ", line["closed"], " ", line["client"]))
			}
			if !slices.Equal(got, want) {
				t.Errorf("logged %q, want %q", got, want)
			}
		}
		open("203.0.113.1:1", "203.0.113.1:2")
		told()
		open("203.0.113.1:3", "203.0.113.1:4", "203.0.113.1:5")
		told("WARN connections closed, too many of one client (MaxConnectionsPerClient) 1 203.0.113.1")
		open("127.0.0.1:1", "203.0.113.2:1") // those that are closed count until they are gone
		told("WARN connections closed, too many at a time (MaxConnections) 1 <nil>")
		time.Sleep(time.Second)
		open("203.0.113.1:6", "203.0.113.3:1")
		told("WARN connections closed, too many of one client (MaxConnectionsPerClient) 3 203.0.113.1",
			"WARN connections closed, too many at a time (MaxConnections) 2 203.0.113.3")
	})
}
