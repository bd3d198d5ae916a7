package problem

import "context"

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of a request, for the log and
// the problem document. Whoever sets it answers for its form.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request, or "" where none was set.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
