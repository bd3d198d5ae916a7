package middleware

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"net/netip"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// requestIDHeader is the header's canonical name.
const requestIDHeader = "X-Request-Id"

// maxRequestID is the greatest length in bytes of an accepted id.
const maxRequestID = 64

// RequestIDOptions tunes [RequestID]. The zero value makes an id for every request.
type RequestIDOptions struct {
	// Proxies are the networks of peers from which X-Request-Id is accepted, so that one id
	// is in the logs of all servers. They must be yours, because they choose the ids in
	// your logs. An accepted id is the only one and has 1 to 64 ASCII letters, digits,
	// dots, hyphens and underscores. Others are replaced. See [CheckProxies] for invalid
	// networks.
	//
	// Defaults to none.
	Proxies []netip.Prefix
}

// Validate returns an error if [CheckProxies] rejects the Proxies.
func (o RequestIDOptions) Validate() error {
	return CheckProxies(o.Proxies)
}

// RequestID returns middleware that gives every request an id of 16 characters with 80
// random bits. The id is in the header X-Request-Id of the response, in the log, and in the
// problem document of an error. It cannot be guessed. An id from the client is ignored,
// unless the peer is one of [RequestIDOptions.Proxies].
func RequestID(opts RequestIDOptions) (func(http.Handler) http.Handler, error) {
	trusted, err := newProxies(opts.Proxies)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := sentID(r, trusted)
			if id == "" {
				id = newID()
			}
			r, record := reqinfo.Begin(r)
			record.SetID(id)
			own := record.Values(1)
			own[0] = id
			w.Header()[requestIDHeader] = own
			next.ServeHTTP(w, r)
		})
	}, nil
}

// RequestIDFrom returns the id that [RequestID] has given the request, or "".
func RequestIDFrom(ctx context.Context) string { return problem.RequestID(ctx) }

// idAlphabet has no letters that look alike.
const idAlphabet = "abcdefghijkmnpqrstuvwxyz23456789"

var idEncoding = base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding)

func newID() string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails
	var text [16]byte
	idEncoding.Encode(text[:], random[:])
	return string(text[:])
}

// sentID returns the id that a trusted peer has sent, or "".
func sentID(r *http.Request, trusted proxies) string {
	if len(trusted) == 0 {
		return ""
	}
	sent := r.Header[requestIDHeader]
	if len(sent) != 1 || !isRequestID(sent[0]) || !trusted.has(reqinfo.Peer(r)) {
		return ""
	}
	return sent[0]
}

// isRequestID reports whether an id is safe in logs and headers.
func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
