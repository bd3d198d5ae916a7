package redis

import (
	"context"

	"github.com/seed-7694ebf6/plinth/cache"
)

var (
	NextPause = nextPause
	StripeOf  = stripeOf
)

// Keys returns the names of the root and of the heap.
func Keys(ctx context.Context, c *Client) (root, heap string) {
	s, err := c.session(ctx)
	if err != nil {
		panic(err)
	}
	return s.rootKey(), s.heapKey()
}

// Reading returns the reading of the clock that is in a mark, of whatever session.
func Reading(mark cache.Mark) uint64 { return uint64(mark) & (1<<readingBits - 1) }
