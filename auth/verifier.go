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

// FirstOf returns a Verifier for callers from several issuers: it asks each in
// turn until one accepts the token. Its verdict is [ErrExpired] if one of them
// said so, else [ErrInvalid]; an error that is no verdict ends the search. With
// no verifiers at all every token is refused.
//
// The IDs of the verifiers share one space. Where two issuers may hand out the
// same subject, wrap one in a [VerifierFunc] that makes its IDs distinct, or one
// issuer's users become the other's.
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
