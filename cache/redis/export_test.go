package redis

import "context"

var StripeOf = stripeOf

// Keys returns the names of the root and of the heap.
func Keys(ctx context.Context, c *Client) (root, heap string) {
	s, err := c.session(ctx)
	if err != nil {
		panic(err)
	}
	return s.rootKey(), s.heapKey()
}
