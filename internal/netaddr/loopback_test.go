package netaddr_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

func TestIsLoopback(t *testing.T) {
	t.Parallel()

	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true,
		"127.0.0.1": true, "127.255.1.2": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"": false, ".": false, "localhost.example.com": false, "localhost..": false, "localhost:80": false,
		"10.0.0.1": false, "0.0.0.0": false, "::": false, "[::]": false, "127.1": false, "2130706433": false, "0x7f.0.0.1": false,
		"127.0.0.1.nip.io": false, "[localhost]": false, "[127.0.0.1": true, "::1%eth0": true,
	} {
		if got := netaddr.IsLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
