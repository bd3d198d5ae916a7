package auth

import (
	"maps"
	"net/http"
)

// A Proof reads additional evidence from a request, such as the token of a share link,
// and returns it as claims. It returns nil and nil if the request has none. Its errors
// are those of an [Authenticator]. It must be safe for concurrent use and must not
// change the request or read its body.
type Proof func(r *http.Request) (claims map[string]any, err error)

// WithProofs returns an Authenticator that authenticates requests by a and adds the
// claims of each proof to the principal, also to the anonymous one. A proof cannot
// change the identity, and it cannot replace a claim of the principal.
func WithProofs(a Authenticator, proofs ...Proof) Authenticator {
	if len(proofs) == 0 {
		return a
	}
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		p, err := a.Authenticate(r)
		if err != nil {
			return Principal{}, err
		}
		for _, proof := range proofs {
			claims, err := proof(r)
			if err != nil {
				return Principal{}, err
			}
			p = p.withClaims(claims)
		}
		return p, nil
	})
}

// withClaims returns the principal with claims that it does not have yet. The map of p
// may be shared with other requests, so it is copied.
func (p Principal) withClaims(claims map[string]any) Principal {
	if len(claims) == 0 {
		return p
	}
	all := maps.Clone(claims)
	maps.Copy(all, p.Claims)
	p.Claims = all
	proven := maps.Clone(claims)
	maps.Copy(proven, p.proven)
	p.proven = proven
	return p
}

// Proven returns the claims that proofs have shown, see [WithProofs], also those that the
// principal had before. It must not be changed.
func (p Principal) Proven() map[string]any { return p.proven }
