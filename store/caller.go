package store

import "net/netip"

// Caller is whose statements are counted together where connections are few, see
// [Scope.Caller]: the one with ID, or where that is empty the strangers of Network. The
// zero Caller is counted with nobody.
type Caller struct {
	ID      string
	Network netip.Prefix
}
