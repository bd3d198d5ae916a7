package core

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// pingPatience is the timeout of a Ping. Health checks need a quick answer.
const pingPatience = 2 * time.Second

// Ping checks that the database answers, on a connection that does not queue.
func (db *DB) Ping(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pingPatience, fault.ErrUnavailable)
	defer cancel()
	err := db.Driver.Ping(driver.WithReserve(limited))
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return fault.ErrUnavailable
	}
	return storeError(ctx, err)
}
