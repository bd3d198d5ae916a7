package core

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Tx is a running transaction. It belongs to one goroutine.
type Tx struct {
	DB     *DB
	Outer  any // the public value that it is part of
	Conn   driver.Conn
	failed error // the first failed write; nothing but rollback is left
	done   bool
	depth  int
	logged bool                        // the change log has new rows
	Bytes  int                         // of those rows, on SQLite in a request
	commit []func(ctx context.Context) // to run after the commit

	ReadOnly bool // writes are refused
}

// TxOptions are the options of a transaction.
type TxOptions struct {
	Isolation sql.IsolationLevel
	ReadOnly  bool
}

// txBody is what a transaction runs.
type txBody interface {
	Run(ctx context.Context, tx *Tx) error
}

// TxFunc is a function as [txBody].
type TxFunc func(ctx context.Context, tx *Tx) error

// Run calls the function.
func (f TxFunc) Run(ctx context.Context, tx *Tx) error { return f(ctx, tx) }

// MaxAttempts is how often a transaction is run before it is given up.
const MaxAttempts = 10

// TxFor runs a transaction whose connection counts towards the limit of a caller.
func (db *DB) TxFor(ctx context.Context, scope *query.Scope, opts TxOptions, body txBody) error {
	if db.InTx(ctx) {
		return fault.ErrInTx
	}
	if opts.Isolation == sql.LevelDefault {
		opts.Isolation = sql.LevelSerializable
	}
	slot, err := db.shares.acquire(ctx, scope, !opts.ReadOnly)
	if err != nil {
		return err
	}
	defer func() { slot.release() }()
	leave := func() {}
	defer func() { leave() }()
	for attempt := range MaxAttempts {
		if attempt > 0 {
			if err := Pause(ctx, attempt); err != nil {
				return err
			}
		}
		if attempt == 1 {
			leave = db.repeats.enter(ctx)
		}
		var tx *Tx
		tx, err = db.runTx(ctx, scope, opts, attempt, body)
		if err == nil {
			leave()
			slot.release() // the functions of OnCommit may run statements of the caller
			slot = nil
			tx.committed(ctx)
		}
		if !errors.Is(err, driver.ErrRetry) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", fault.ErrConflict, hideRetry{err})
}

// lockTimeout is how long the statements of an attempt wait for a lock; zero means the
// engine's limit. Transactions that lock rows in opposite order deadlock, which
// PostgreSQL detects only after a second. The first attempts therefore give up sooner,
// each after a different time, so that the other transaction can proceed. At READ
// COMMITTED a statement that waited can still succeed, so it waits for the engine's
// limit.
func lockTimeout(isolation sql.IsolationLevel, attempt int) time.Duration {
	const patientFrom = 4
	if isolation < sql.LevelRepeatableRead || attempt >= patientFrom {
		return 0
	}
	limit := 50 * time.Millisecond << attempt
	return limit/2 + rand.N(limit)
}

// repeats lets transactions of this process that have lost against others run one after
// another: together they would lose again. None waits long, since they may have nothing
// in common.
type repeats chan struct{}

// repeatPatience is how long a transaction waits for others to be done.
const repeatPatience = time.Second

// enter waits for its turn, and returns what ends it. It may be called again.
func (r repeats) enter(ctx context.Context) (leave func()) {
	timer := time.NewTimer(repeatPatience)
	defer timer.Stop()
	select {
	case r <- struct{}{}:
		return sync.OnceFunc(func() { <-r })
	case <-timer.C:
	case <-ctx.Done():
	}
	return func() {}
}

// hideRetry keeps the last cause of a conflict for logs without being taken for
// a retryable error by an outer loop.
type hideRetry struct{ err error }

func (h hideRetry) Error() string { return h.err.Error() }

// Pause waits before an attempt: up to 1, 2, 4, ... 64 ms.
func Pause(ctx context.Context, attempt int) error {
	limit := time.Millisecond << min(attempt, 6)
	timer := time.NewTimer(rand.N(limit) + limit/2)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (db *DB) runTx(ctx context.Context, scope *query.Scope, opts TxOptions, attempt int, body txBody) (tx *Tx, err error) {
	conn, err := db.Driver.Begin(ctx, driver.TxOptions{
		ReadOnly: opts.ReadOnly, Isolation: opts.Isolation, Caller: scope.Counted(), LockTimeout: lockTimeout(opts.Isolation, attempt),
	})
	if err != nil {
		return nil, storeError(ctx, err)
	}
	tx = db.NewTx(db)
	tx.Conn, tx.ReadOnly = conn, opts.ReadOnly
	defer func() {
		tx.done = true
		if rerr := conn.Rollback(); rerr != nil && err == nil {
			err = storeError(ctx, rerr)
		}
	}()
	if err := body.Run(context.WithValue(ctx, txKey{}, tx), tx); err != nil {
		return tx, tx.cause(err)
	}
	if tx.failed != nil {
		return tx, tx.cause(fmt.Errorf("%w: %w", fault.ErrTxFailed, tx.failed))
	}
	if err := conn.Commit(ctx); err != nil {
		if v, ok := errors.AsType[*driver.Violation](err); ok { // a deferred constraint
			return tx, &fault.ConstraintError{Kind: fault.ConstraintKind(v.Kind)}
		}
		return tx, storeError(ctx, err)
	}
	if tx.logged {
		db.Wake.Signal()
	}
	tx.done = true
	return tx, nil
}

// cause makes a transaction that failed with [driver.ErrRetry] run again, even if the
// function returned another error.
func (tx *Tx) cause(err error) error {
	if tx.failed != nil && errors.Is(tx.failed, driver.ErrRetry) && !errors.Is(err, driver.ErrRetry) {
		return fmt.Errorf("%w: %w", err, tx.failed)
	}
	return err
}

// Savepoint runs body in a savepoint, see store.Tx.Tx.
func (tx *Tx) Savepoint(ctx context.Context, body txBody) error {
	if err := tx.session().enter(ctx); err != nil {
		return err
	}
	tx.depth++
	defer func() { tx.depth-- }()
	name, waiting := fmt.Sprintf("plinth_%d", tx.depth), len(tx.commit)
	if err := tx.control(ctx, "savepoint "+name); err != nil {
		return err
	}
	err := tx.guarded(ctx, body)
	if err == nil && tx.failed == nil {
		return tx.control(ctx, "release savepoint "+name)
	}
	if errors.Is(tx.failed, driver.ErrRetry) {
		return tx.cause(err) // only a new transaction helps
	}
	if err == nil {
		err = fmt.Errorf("%w: %w", fault.ErrTxFailed, tx.failed)
	}
	// Roll the savepoint back even if ctx is canceled, because the outer transaction
	// may still be committed.
	undo := context.WithoutCancel(ctx)
	tx.failed, tx.commit = nil, tx.commit[:waiting]
	if uerr := tx.control(undo, "rollback to savepoint "+name); uerr != nil {
		return errors.Join(err, uerr)
	}
	return errors.Join(err, tx.control(undo, "release savepoint "+name))
}

// guarded runs body. A panic marks the transaction as failed before it propagates, so
// that a recovering caller cannot commit half a savepoint.
func (tx *Tx) guarded(ctx context.Context, body txBody) error {
	returned := false
	defer func() {
		if !returned {
			tx.failed = errors.New("store: the function of a savepoint panicked")
		}
	}()
	err := body.Run(ctx, tx)
	returned = true
	return err
}

func (tx *Tx) control(ctx context.Context, text string) error {
	_, err := tx.DB.Driver.Exec(ctx, tx.Conn, &driver.Statement{SQL: text})
	if err != nil {
		tx.failed = err
	}
	return storeError(ctx, err)
}

// TryLock takes an advisory lock of PostgreSQL until the transaction ends.
func (tx *Tx) TryLock(ctx context.Context, name string) (ok bool, err error) {
	return tx.session().Truth(ctx, "select pg_try_advisory_xact_lock($1)", LockKey(name))
}

// LockKey is the number of a lock. Advisory locks belong to the database, and
// the application may use some of its own.
func LockKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("plinth_changes " + name))
	return int64(h.Sum64())
}

// OnCommit registers a function to run after the commit.
func (tx *Tx) OnCommit(fn func(ctx context.Context)) {
	switch {
	case fn == nil:
		panic("store: OnCommit without a function")
	case tx.done:
		panic("store: OnCommit of a transaction that is over")
	}
	tx.commit = append(tx.commit, fn)
}

// committed runs the functions that wait for the commit.
func (tx *Tx) committed(ctx context.Context) {
	if len(tx.commit) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, fn := range tx.commit {
		tx.DB.runCommitted(ctx, fn)
	}
}

func (db *DB) runCommitted(ctx context.Context, fn func(ctx context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			db.Options.Logger.ErrorContext(ctx, "store: a function of OnCommit panicked",
				slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	fn(ctx)
}
