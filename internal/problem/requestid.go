package problem

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

// RequestID returns the id of the request as its exchange knows it, or "" where nobody
// has given it one.
func RequestID(ctx context.Context) string { return exchange.From(ctx).ID() }
