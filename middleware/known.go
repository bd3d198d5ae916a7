package middleware

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

// SetRoute tells the middleware around a handler which pattern the request was routed
// by, as "/notes/{id}", for the log and for metrics. Patterns are few: a path with an
// id in it is none. Where none of [RequestID], [ClientAddress], [AccessLog],
// middleware/prometheus and middleware/otel is around the handler there is nobody to
// tell, and nothing happens. It must be called by the goroutine that serves the request.
func SetRoute(ctx context.Context, pattern string) { exchange.From(ctx).SetRoute(pattern) }

// RouteFrom returns what [SetRoute] was told, or "".
func RouteFrom(ctx context.Context) string { return exchange.From(ctx).Route() }

// SetPrincipal tells the middleware around a handler who makes the request, as
// [SetRoute] does: the kind of caller, as "user", and their id. The id is logged, so
// it must be no credential, no session and no address of mail.
func SetPrincipal(ctx context.Context, kind, id string) { exchange.From(ctx).SetPrincipal(kind, id) }

// PrincipalFrom returns what [SetPrincipal] was told, or twice "".
func PrincipalFrom(ctx context.Context) (kind, id string) { return exchange.From(ctx).Principal() }
