// Package exchange keeps what is found out about a request while it is served, so
// that what stands outside of a handler (the log, metrics) learns what is found out
// inside of it.
//
// A [Record] is put into the context once, by whoever is outermost, and written to
// from there on: a value that a handler puts into a context of its own is out of
// sight for whoever called it. A Record belongs to the goroutine that serves its
// request. Others may read what was written before they began, which the id and the
// client's address always are.
package exchange

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/seed-7694ebf6/plinth/internal/addrgroup"
)

// Record is what is known of one request. A nil Record knows nothing and takes
// nothing, so that code works where nobody has begun one.
type Record struct {
	id            string
	route         string
	principalKind string
	principalID   string
	client        netip.Addr
	clientJudged  bool
	lasts         bool
	addressKey    string

	values [14]string // of headers of the answer: enough for the default chain
	given  int
}

// Values returns room for n values of a header. All of a request share one array, which
// http.Header.Set would allocate for each.
func (r *Record) Values(n int) []string {
	if r == nil || r.given+n > len(r.values) {
		return make([]string, n)
	}
	r.given += n
	return r.values[r.given-n : r.given : r.given]
}

// AddressKey returns what SetAddressKey was called with since the client's address is known.
func (r *Record) AddressKey() string {
	if r == nil {
		return ""
	}
	return r.addressKey
}

// SetAddressKey keeps the name by which limits count the client's address.
func (r *Record) SetAddressKey(key string) {
	if r != nil && r.clientJudged {
		r.addressKey = key
	}
}

// carrier is the context of a request with its record, allocated at once.
type carrier struct {
	context.Context // it is one

	record Record
}

type recordKey struct{}

// Value returns the record for its key.
func (c *carrier) Value(key any) any {
	if key == (recordKey{}) {
		return &c.record
	}
	return c.Context.Value(key)
}

// Begin returns the record of a request, and the request to go on with. Where there
// is a record already, that is r.
func Begin(r *http.Request) (*http.Request, *Record) {
	if known := From(r.Context()); known != nil {
		return r, known
	}
	c := &carrier{Context: r.Context()}
	return r.WithContext(c), &c.record
}

// From returns the record in ctx, or nil where nobody has begun one.
func From(ctx context.Context) *Record {
	record, _ := ctx.Value(recordKey{}).(*Record)
	return record
}

// ID returns the id of the request.
func (r *Record) ID() string {
	if r == nil {
		return ""
	}
	return r.id
}

// SetID sets the id of the request. Whoever sets it answers for its form.
func (r *Record) SetID(id string) {
	if r != nil {
		r.id = id
	}
}

// ClientAddress returns where the request comes from. judged says that somebody has
// looked: then an address that is not valid means that nobody trustworthy has told.
func (r *Record) ClientAddress() (client netip.Addr, judged bool) {
	if r == nil {
		return netip.Addr{}, false
	}
	return r.client, r.clientJudged
}

// ClientAddressOf returns where a request comes from: what was found out, and where
// nobody has looked the peer of its connection.
func ClientAddressOf(r *http.Request) netip.Addr {
	if client, judged := From(r.Context()).ClientAddress(); judged {
		return client
	}
	return Peer(r)
}

// Peer returns the address at the other end of the connection, the zero Addr where it
// has none, as a Unix socket, in the form of [addrgroup.Plain].
func Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return addrgroup.Plain(at.Addr())
}

// SetClientAddress sets where the request comes from.
func (r *Record) SetClientAddress(client netip.Addr) {
	if r != nil {
		r.client, r.clientJudged, r.addressKey = client, true, ""
	}
}

// Lasts reports whether the request has no end that the server gives it, as a stream.
func (r *Record) Lasts() bool { return r != nil && r.lasts }

// SetLasts says that the request has none.
func (r *Record) SetLasts() {
	if r != nil {
		r.lasts = true
	}
}

// Route returns the pattern that the request was routed by.
func (r *Record) Route() string {
	if r == nil {
		return ""
	}
	return r.route
}

// SetRoute sets the pattern that the request was routed by. It must be one of few:
// metrics have a series for each.
func (r *Record) SetRoute(pattern string) {
	if r != nil {
		r.route = pattern
	}
}

// NoteRoute keeps what http.ServeMux has written into a copy of the request, which nobody
// outside sees: whoever passes a copy on defers it.
func NoteRoute(inside *http.Request) {
	if record := From(inside.Context()); inside.Pattern != "" && record.Route() == "" {
		record.SetRoute(inside.Pattern)
	}
}

// Method returns the method of a request if it is one of HTTP's, and "" for all others:
// they are as many as strangers like, and metrics have a series for each.
func Method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return r.Method
	case "":
		return http.MethodGet
	}
	return ""
}

// Principal returns who makes the request: the kind of caller and their id.
func (r *Record) Principal() (kind, id string) {
	if r == nil {
		return "", ""
	}
	return r.principalKind, r.principalID
}

// SetPrincipal sets who makes the request. The id must be no credential and no
// handle on a session: it is logged.
func (r *Record) SetPrincipal(kind, id string) {
	if r != nil {
		r.principalKind, r.principalID = kind, id
	}
}
