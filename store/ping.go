package store

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// pingPatience is the timeout of a Ping. Health checks need a quick answer.
const pingPatience = 2 * time.Second

// ping checks that the database answers, on a connection that does not queue.
func (db *dbCore) ping(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pingPatience, ErrUnavailable)
	defer cancel()
	err := db.driver.Ping(driver.WithReserve(limited))
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return ErrUnavailable
	}
	return storeError(ctx, err)
}
