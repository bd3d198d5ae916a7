package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// storeError turns what a driver reports into errors of package fault. The database's
// own error stays wrapped for logs.
func storeError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrRetry):
		return err // the caller repeats the statement or the transaction
	case errors.Is(err, driver.ErrBusy):
		return fmt.Errorf("%w: %w", fault.ErrBusy, err)
	case errors.Is(err, driver.ErrUnavailable), errors.Is(err, driver.ErrReadOnly), errors.Is(err, driver.ErrFull):
		return fmt.Errorf("%w: %w", fault.ErrUnavailable, err)
	case errors.Is(err, driver.ErrTimeout):
		return fmt.Errorf("%w: %w", fault.ErrTimeout, err)
	case errors.Is(err, driver.ErrTxAborted):
		return fmt.Errorf("%w: %w", fault.ErrTxFailed, err)
	case errors.Is(err, driver.ErrTooLarge):
		return fmt.Errorf("%w: %w", fault.ErrTooLarge, err)
	case errors.Is(err, driver.ErrTooManyRows):
		return fmt.Errorf("%w: %w", ErrTooManyRows, err)
	case errors.Is(err, driver.ErrValue):
		return fmt.Errorf("%w: %w", fault.ErrOutOfRange, err)
	case ctx.Err() != nil:
		return fmt.Errorf("store: %w: %w", ctx.Err(), err)
	}
	return err
}

// Conflict maps the error of a statement outside a transaction that conflicted with
// others.
func Conflict(err error) error {
	if errors.Is(err, driver.ErrRetry) {
		return errors.Join(fault.ErrConflict, hideRetry{err})
	}
	return err
}

// ErrTooManyRows reports a statement that stopped at the budget of its rows.
var ErrTooManyRows = errors.New("store: more rows than the budget")
