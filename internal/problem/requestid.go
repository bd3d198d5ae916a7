package problem

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of a request, for the log and
// the problem document. Whoever sets it answers for its form.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request: the one given to [WithRequestID], else that
// of the exchange, or "" where there is neither.
func RequestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		return id
	}
	return exchange.From(ctx).ID()
}
