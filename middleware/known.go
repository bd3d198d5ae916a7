package middleware

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// SetRoute sets the route pattern of the request, such as "/notes/{id}", for the log and
// for metrics. A pattern must not contain values such as ids. SetRoute has no effect
// without [RequestID], [ClientAddress], [AccessLog], middleware/prometheus or
// middleware/otel around the handler. Call it in the goroutine that serves the request.
func SetRoute(ctx context.Context, pattern string) { reqinfo.From(ctx).SetRoute(pattern) }

// RouteFrom returns the pattern set by [SetRoute], or "".
func RouteFrom(ctx context.Context) string { return reqinfo.From(ctx).Route() }

// SetPrincipal sets the kind and the id of the caller for the log, such as "user" and the
// user's id. It has the conditions of [SetRoute]. The id is logged, so it must not be a
// credential, a session or an e-mail address.
func SetPrincipal(ctx context.Context, kind, id string) { reqinfo.From(ctx).SetPrincipal(kind, id) }
