package auth

import "net/http"

// An Authenticator authenticates a request. It returns the zero Principal and nil if
// the request carries no credentials of its kind, and an error if they are invalid. The
// package comment says what errors mean.
//
// Authenticate must be safe for concurrent use. It must not change the request
// or read its body.
type Authenticator interface {
	Authenticate(r *http.Request) (Principal, error)
}

// AuthenticatorFunc lets a function be an [Authenticator].
type AuthenticatorFunc func(r *http.Request) (Principal, error)

// Authenticate calls f.
func (f AuthenticatorFunc) Authenticate(r *http.Request) (Principal, error) { return f(r) }

// Authenticate authenticates a request by a. The error is [ErrInvalid] or
// [ErrUnavailable]. Any other error is no verdict on the credentials and becomes
// ErrUnavailable.
func Authenticate(a Authenticator, r *http.Request) (Principal, error) {
	return judged(a.Authenticate(r))
}

// Chain returns an Authenticator that calls each in turn. The first caller or error
// decides. If there is neither, the caller is anonymous, with the claims and roles of the
// first principal that is not zero. Earlier authenticators take precedence, so put
// explicit credentials before cookies. See [WithProofs] for evidence beside the caller.
func Chain(authenticators ...Authenticator) Authenticator {
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		var anonymous Principal
		for _, a := range authenticators {
			p, err := a.Authenticate(r)
			if err != nil {
				return Principal{}, err
			}
			if p.Kind != Anonymous {
				return p, nil
			}
			if anonymous.IsZero() {
				anonymous = p
			}
		}
		return anonymous, nil
	})
}
