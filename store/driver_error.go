package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// storeError turns what a driver reports into the errors of this package. The
// database's own error stays wrapped for logs.
func storeError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrRetry):
		return err // the transaction loop, or retryOnce, decides
	case errors.Is(err, driver.ErrBusy):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, driver.ErrUnavailable), errors.Is(err, driver.ErrReadOnly), errors.Is(err, driver.ErrFull):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, driver.ErrTimeout):
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case errors.Is(err, driver.ErrTxAborted):
		return fmt.Errorf("%w: %w", ErrTxFailed, err)
	case errors.Is(err, driver.ErrTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, driver.ErrTooManyRows):
		return fmt.Errorf("%w: %w", errTooManyRows, err)
	case errors.Is(err, driver.ErrValue):
		return fmt.Errorf("%w: %w", fault.ErrOutOfRange, err)
	case ctx.Err() != nil:
		return fmt.Errorf("store: %w: %w", ctx.Err(), err)
	}
	return err
}

// conflict maps the error of a statement outside a transaction that conflicted with
// others.
func conflict(err error) error {
	if errors.Is(err, driver.ErrRetry) {
		return errors.Join(ErrConflict, hideRetry{err})
	}
	return err
}

// errTooManyRows reports a statement that stopped at the budget of its rows.
var errTooManyRows = errors.New("store: more rows than the budget")
