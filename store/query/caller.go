package query

import (
	"net/netip"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Caller identifies the requests that share one limit on connections, see
// [Scope.Caller]. Set either ID or Network. The zero Caller has no limit.
type Caller struct {
	// ID identifies a signed-in caller.
	ID string

	// Network is the network of an unauthenticated client: one IPv4 address or an IPv6
	// prefix of 64 bits.
	Network netip.Prefix
}

// Counted reports whether the connections of a scope are bounded.
func (s *Scope) Counted() bool { return s != nil && s.Caller != (Caller{}) }

// Limit puts the limits of a scope on a statement.
func (s *Scope) Limit(st *driver.Statement) {
	if s != nil {
		st.Caller, st.Timeout = s.Counted(), s.StatementTimeout
	}
}
