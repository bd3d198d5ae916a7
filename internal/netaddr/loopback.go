package netaddr

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host, from a URL or alone, can only mean this machine: the name
// localhost (RFC 6761 section 6.3) or a loopback address, with or without brackets. It does
// no DNS lookup, so other names never count.
func IsLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		host = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
