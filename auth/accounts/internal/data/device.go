package data

import (
	"net/netip"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/store"
)

// Network is where a device is, as tries are counted.
func (d Device) Network() string {
	at, _ := netip.ParseAddr(d.Address) // without one it is the zero Addr, as that of a request
	return netaddr.Name(at)
}

// Device is where a request comes from.
type Device struct {
	Address, UserAgent string
}

// Event returns a line of the audit log about what is done from there.
func (d Device) Event(kind string, user *store.ID) *Event {
	return &Event{Kind: kind, UserID: user, Address: d.Address, UserAgent: d.UserAgent}
}

// MaxUserAgent is how much of a User-Agent is kept, in bytes.
const MaxUserAgent = 400
