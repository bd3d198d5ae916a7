// Package reqinfo carries request metadata from a handler to the outer middleware, such as
// the log and metrics.
//
// The outermost middleware puts a [Record] into the context, and inner code writes to it. A
// context value set by a handler would be invisible to its callers. A Record belongs to the
// goroutine that serves its request. Other goroutines may read what was written before they
// started, which always includes the id and the client's address.
package reqinfo

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// Record holds the metadata of one request. A nil Record is empty and ignores writes, so
// code works without middleware that begins one.
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

// Values returns a slice for n values of a response header. The slices of a request share
// one array, which saves the allocations of http.Header.Set.
func (r *Record) Values(n int) []string {
	if r == nil || r.given+n > len(r.values) {
		return make([]string, n)
	}
	r.given += n
	return r.values[r.given-n : r.given : r.given]
}

// AddressKey returns the value of SetAddressKey, or "" after a change of the client's
// address.
func (r *Record) AddressKey() string {
	if r == nil {
		return ""
	}
	return r.addressKey
}

// SetAddressKey sets the key by which limits count the client's address.
func (r *Record) SetAddressKey(key string) {
	if r != nil && r.clientJudged {
		r.addressKey = key
	}
}

// carrier is a request's context with its record, in one allocation.
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

// Begin returns the record of a request, and the request with that record in its context.
// If there is a record already, the request is r.
func Begin(r *http.Request) (*http.Request, *Record) {
	if known := From(r.Context()); known != nil {
		return r, known
	}
	c := &carrier{Context: r.Context()}
	return r.WithContext(c), &c.record
}

// From returns the record in ctx, or nil without one.
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

// SetID sets the id of the request. The caller must validate it.
func (r *Record) SetID(id string) {
	if r != nil {
		r.id = id
	}
}

// ClientAddress returns the IP address of the client. judged reports whether it was set. If
// it was and is not valid, the trusted proxy did not send it.
func (r *Record) ClientAddress() (client netip.Addr, judged bool) {
	if r == nil {
		return netip.Addr{}, false
	}
	return r.client, r.clientJudged
}

// ClientAddressOf returns the IP address that SetClientAddress has set, and without one the
// peer of the connection.
func ClientAddressOf(r *http.Request) netip.Addr {
	if client, judged := From(r.Context()).ClientAddress(); judged {
		return client
	}
	return Peer(r)
}

// Peer returns the IP address of the connection's peer in the form of [netaddr.Plain]. It
// is the zero Addr for a peer without one, such as that of a Unix socket.
func Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return netaddr.Plain(at.Addr())
}

// SetClientAddress sets the IP address of the client.
func (r *Record) SetClientAddress(client netip.Addr) {
	if r != nil {
		r.client, r.clientJudged, r.addressKey = client, true, ""
	}
}

// Lasts reports whether the request has no deadline, such as a stream.
func (r *Record) Lasts() bool { return r != nil && r.lasts }

// SetLasts marks the request as one without a deadline.
func (r *Record) SetLasts() {
	if r != nil {
		r.lasts = true
	}
}

// Route returns the route pattern of the request.
func (r *Record) Route() string {
	if r == nil {
		return ""
	}
	return r.route
}

// SetRoute sets the route pattern of the request. Metrics have a series for each pattern,
// so it must not contain values such as ids.
func (r *Record) SetRoute(pattern string) {
	if r != nil {
		r.route = pattern
	}
}

// NoteRoute records the pattern that http.ServeMux has set on a copy of the request, which
// outer middleware does not see. Code that passes a copy on must defer it.
func NoteRoute(inside *http.Request) {
	if record := From(inside.Context()); inside.Pattern != "" && record.Route() == "" {
		record.SetRoute(inside.Pattern)
	}
}

// Method returns the method of a request if HTTP defines it, and "" for all others. Clients
// can send any text, and metrics have a series for each method.
func Method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return r.Method
	case "":
		return http.MethodGet
	}
	return ""
}

// Principal returns the kind and the id of the caller.
func (r *Record) Principal() (kind, id string) {
	if r == nil {
		return "", ""
	}
	return r.principalKind, r.principalID
}

// SetPrincipal sets the kind and the id of the caller. The id is logged, so it must not be
// a credential or identify a session.
func (r *Record) SetPrincipal(kind, id string) {
	if r != nil {
		r.principalKind, r.principalID = kind, id
	}
}

// FullPath returns the escaped path that the client sent. The URL of a request lacks the
// prefix that http.StripPrefix took off.
func FullPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if strings.HasPrefix(path, "/") {
		return path
	}
	if _, rest, absolute := strings.Cut(path, "://"); absolute {
		if at := strings.IndexByte(rest, '/'); at >= 0 {
			return rest[at:]
		}
	}
	return r.URL.EscapedPath() // for *, and for a request without a RequestURI
}
