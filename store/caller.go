package store

import "net/netip"

// Caller identifies the requests whose statements share one bound on connections, see
// [Scope.Caller]. Set either ID or Network. The zero Caller is not bounded.
type Caller struct {
	// ID identifies a signed-in caller.
	ID string

	// Network is the network of an unauthenticated client: one IPv4 address or an IPv6
	// prefix of 64 bits.
	Network netip.Prefix
}

// counted reports whether the connections of a scope are bounded.
func (s *Scope) counted() bool { return s != nil && s.Caller != (Caller{}) }
