package auth

import "context"

type principalKey struct{}

// WithPrincipal returns a context in which p is the caller. It replaces any
// caller ctx already has.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// FromContext returns the caller in ctx, or the zero Principal when there is
// none.
func FromContext(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
