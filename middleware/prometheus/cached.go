package prometheus

import (
	"context"
	"sync"
	"time"
)

// The timeout of a query of a scrape, and how long its result is cached.
const (
	queryTimeout = 2 * time.Second
	cacheLife    = 5 * time.Second
)

// cached is the result of a query that scrapes share.
type cached[T any] struct {
	query func(ctx context.Context) (T, error)

	mu    sync.Mutex // of what follows; others wait for the same answer
	asked time.Time
	value T
	err   error
}

// get runs the query, at most once in cacheLife.
func (c *cached[T]) get() (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asked) > cacheLife {
		ctx, cancel := context.WithTimeout(context.Background(), queryTimeout)
		defer cancel()
		c.value, c.err = c.query(ctx)
		c.asked = time.Now()
	}
	return c.value, c.err
}
