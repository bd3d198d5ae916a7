package store

import "net/netip"

// Caller is whose statements are counted together where connections are few, see
// [Scope.Caller]: the one with ID, or the strangers of Network. The zero Caller is counted
// with nobody.
type Caller struct {
	// ID is a name that no other caller has.
	ID string

	// Network is where strangers come from, as wide as one client's addresses are: one
	// address of IPv4, and 64 bits of IPv6. Set it where there is no ID only: with one
	// it would count the caller of each network apart.
	Network netip.Prefix
}
