package netaddr_test

import (
	"net/netip"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

func TestGroup(t *testing.T) {
	t.Parallel()
	tests := []struct{ addr, prefix, name string }{
		{"192.0.2.7", "192.0.2.7/32", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7/32", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"2001:db8:1:2::", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64", "fe80::/64"},
		{"::1", "::/64", "::/64"},
	}
	for _, tt := range tests {
		a := netip.MustParseAddr(tt.addr)
		if got := netaddr.Group(a); got != netip.MustParsePrefix(tt.prefix) {
			t.Errorf("Of(%s) = %s, want %s", tt.addr, got, tt.prefix)
		}
		if got := netaddr.Name(a); got != tt.name {
			t.Errorf("Name(%s) = %q, want %q", tt.addr, got, tt.name)
		}
	}
	if got := netaddr.Group(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("Of(nothing) = %v", got)
	}
	if got, want := netaddr.Name(netip.Addr{}), (netip.Addr{}).String(); got != want {
		t.Errorf("Name(nothing) = %q, want %q", got, want)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7%eth0": "192.0.2.7",
		"fe80::1%eth0": "fe80::1", "2001:db8::1": "2001:db8::1",
	} {
		if got := netaddr.Plain(netip.MustParseAddr(given)); got != netip.MustParseAddr(want) {
			t.Errorf("Plain(%s) = %s, want %s", given, got, want)
		}
	}
	if got := netaddr.Plain(netip.Addr{}); got.IsValid() {
		t.Errorf("Plain(nothing) = %v", got)
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "::ffff:10.0.0.0/104": "10.0.0.0/8", "::ffff:192.0.2.7/128": "192.0.2.7/32",
		"::ffff:0.0.0.0/96": "0.0.0.0/0", "::ffff:0.0.0.0/95": "::ffff:0.0.0.0/95", "fd00::/8": "fd00::/8",
	} {
		if got := netaddr.Network(netip.MustParsePrefix(given)); got != netip.MustParsePrefix(want) {
			t.Errorf("Network(%s) = %s, want %s", given, got, want)
		}
	}
	if got := netaddr.Network(netip.Prefix{}); got != (netip.Prefix{}) {
		t.Errorf("Network(nothing) = %v", got)
	}
}
