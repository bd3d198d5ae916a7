package auth

import (
	"context"
	"errors"
)

// A Verifier verifies a token: a JWT, a session or an API key. It returns the principal
// of the token, [ErrInvalid] or an error that wraps it for an invalid token, and any
// other error if the token could not be checked.
//
// Verify must be safe for concurrent use and must not panic on any input.
type Verifier interface {
	Verify(ctx context.Context, token string) (Principal, error)
}

// VerifierFunc lets a function be a [Verifier].
type VerifierFunc func(ctx context.Context, token string) (Principal, error)

// Verify calls f.
func (f VerifierFunc) Verify(ctx context.Context, token string) (Principal, error) {
	return f(ctx, token)
}

// FirstOf returns a Verifier for callers from several issuers. It calls each verifier in
// turn until one accepts the token. If none does, the error is [ErrExpired] if one of
// them returned it, else [ErrInvalid]. An error that is neither ends the search. Without
// verifiers every token is rejected.
//
// The IDs of the verifiers share one namespace. If two issuers may issue the same
// subject, wrap one in a [VerifierFunc] that makes its IDs distinct. Otherwise users of
// one issuer act as users of the other.
func FirstOf(verifiers ...Verifier) Verifier {
	return VerifierFunc(func(ctx context.Context, token string) (Principal, error) {
		verdict := ErrInvalid
		for _, v := range verifiers {
			p, err := v.Verify(ctx, token)
			switch {
			case err == nil:
				return p, nil
			case !errors.Is(err, ErrInvalid):
				return Principal{}, err
			case !errors.Is(verdict, ErrExpired):
				verdict = err
			}
		}
		return Principal{}, verdict
	})
}
