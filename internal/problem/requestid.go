package problem

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// RequestID returns the id of the request, or "" without one.
func RequestID(ctx context.Context) string { return reqinfo.From(ctx).ID() }
