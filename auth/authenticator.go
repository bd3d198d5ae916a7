package auth

import (
	"net/http"
	"strings"
)

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

// MaxTokenSize is the maximum length of a token in bytes. Longer tokens are rejected
// before parsing.
const MaxTokenSize = 8 << 10

// Bearer returns an Authenticator for tokens in the Authorization header (RFC 6750 section
// 2.1), verified by v. Without the header, or with another scheme, the request carries no
// credentials of this kind. A repeated header is rejected, and so is a token that is
// empty, longer than [MaxTokenSize] or contains other characters.
func Bearer(v Verifier) Authenticator {
	return AuthenticatorFunc(func(r *http.Request) (Principal, error) {
		token, err := bearerToken(r.Header)
		if token == "" || err != nil {
			return Principal{}, err
		}
		return judged(v.Verify(r.Context(), token))
	})
}

// bearerToken returns the token of the Authorization header, or "" if there is
// none of that scheme.
func bearerToken(header http.Header) (string, error) {
	values := header["Authorization"]
	switch len(values) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", refuse("more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", nil
	}
	token = strings.Trim(token, " ")
	if err := checkToken(token); err != nil {
		return "", err
	}
	return token, nil
}

// checkToken rejects texts that cannot be a token.
func checkToken(token string) error {
	switch {
	case token == "":
		return refuse("empty token")
	case len(token) > MaxTokenSize:
		return refuse("token too long")
	}
	for i := range len(token) {
		if !isTokenChar(token[i]) {
			return refuse("token with a character that no token has")
		}
	}
	return nil
}

// tokenChars are the characters of a b64token (RFC 6750 section 2.1). It is a table because
// every request of a user checks some hundreds of them.
var tokenChars = func() (table [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=") {
		table[c] = true
	}
	return table
}()

func isTokenChar(c byte) bool { return tokenChars[c] }
