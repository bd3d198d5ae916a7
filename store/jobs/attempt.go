package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store"
)

// complete completes the job in a transaction.
func (a *attempt) complete(ctx context.Context, tx *store.Tx) error {
	args := []any{a.id.String(), a.fence}
	n, err := int64(0), error(nil)
	a.js.mu.Lock()
	row := a.row
	a.js.mu.Unlock()
	if row != "" {
		n, err = store.SQL{Text: a.js.sql().completeRow, Args: append(args, row), Writes: true}.Exec(ctx, tx)
	}
	if n == 0 && err == nil { // the row may have moved
		n, err = store.SQL{Text: a.js.sql().complete, Args: args, Writes: true}.Exec(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("jobs: complete %q: %w", a.kind.name, err)
	}
	if n == 0 {
		return ErrLeaseLost
	}
	tx.OnCommit(func(context.Context) { a.completed.Store(true) })
	return nil
}

func (a *attempt) progress(ctx context.Context, percent int, text string) error {
	args := []any{a.id.String(), a.fence, int64(min(max(percent, 0), 100)), errtext.Storable(text, maxProgress)}
	n, err := store.SQL{Text: a.js.sql().progress, Args: args, Writes: true}.Exec(ctx, a.js.db)
	if err == nil && n == 0 {
		return ErrLeaseLost
	}
	return err
}

// run runs the handler. A panic is an error with its stack.
func (a *attempt) run(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	args := []byte(a.args)
	if a.sealed {
		args, _, err = a.js.unseal(a.id.String(), a.args)
	}
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeoutCause(ctx, a.kind.timeout, errTimeout)
	defer end()
	if err = a.kind.handle(ctx, a, args); err != nil {
		_ = err.Error() // may panic, for example if err is a nil pointer
	}
	if err != nil && errors.Is(err, context.DeadlineExceeded) && context.Cause(ctx) == errTimeout {
		err = fmt.Errorf("%w of %s: %w", errTimeout, a.kind.timeout, err)
	}
	return err
}

var (
	errTimeout = errors.New("jobs: the handler exceeded its timeout")
	errGoexit  = errors.New("jobs: the handler called runtime.Goexit")
)

// panicError is the panic of a handler.
type panicError struct {
	value any
	stack []byte
}

// Error names the panic without its stack, which is for the log.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// context returns the context of the handler, which ends with stop only.
func (a *attempt) context(ctx context.Context) context.Context {
	ctx = store.WithActor(context.WithoutCancel(ctx), a.actor)
	if a.tenant != "" {
		ctx = store.WithTenant(ctx, a.tenant)
	}
	if t := a.js.config.Propagator; t != nil && a.trace != "" {
		ctx = t.Extract(ctx, a.trace)
	}
	ctx, a.stop = context.WithCancelCause(ctx)
	return ctx
}

// overdue reports that the handler goes on although its context ended a lease ago. Its
// lease is renewed no more.
func (a *attempt) overdue() bool { return time.Since(a.begun) > a.kind.timeout+a.js.config.Lease }
