package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Tx is a running transaction. It belongs to the goroutine that runs the
// function of [DB.Tx].
type Tx struct {
	db     *DB
	conn   driver.Conn
	failed error // the first failed write; nothing but rollback is left
	done   bool
	depth  int
	logged bool                        // the change log has new rows
	bytes  int                         // of those rows, on SQLite in a request
	commit []func(ctx context.Context) // to run after the commit

	readOnly bool // writes are refused
}

// TxOptions tunes a transaction.
type TxOptions struct {
	// Isolation is the level on PostgreSQL; SQLite is always serializable.
	//
	// Defaults to sql.LevelSerializable.
	Isolation sql.IsolationLevel

	// ReadOnly promises not to write. A write is [ErrReadOnly].
	ReadOnly bool
}

// maxAttempts is how often a transaction is run before it is given up.
const maxAttempts = 10

// Tx runs fn in a serializable transaction; [DB.TxWith] takes another level. It commits
// if fn returns nil and rolls back if fn returns an error or panics. Inside a request
// its connection counts towards the limit of the caller ([Scope].Caller). Repositories
// over it are trusted unless [Repo.As] gives them a scope.
//
// Tx retries the transaction, and calls fn again, after a conflict or a wait for a lock
// of some tenths of a second. It runs at most ten times with growing pauses, then fails
// with [ErrConflict]. From the fifth run on the configured lock timeout applies. fn
// must not have effects outside the transaction. The context given to fn marks the
// transaction: using the DB with it fails with [ErrInTx].
//
// After a failed write the transaction has failed and every further use is
// [ErrTxFailed], unless the write ran inside [Tx.Tx].
func (db *DB) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.TxWith(ctx, TxOptions{}, fn)
}

// TxWith is Tx with options.
func (db *DB) TxWith(ctx context.Context, opts TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	return db.txFor(ctx, ScopeFrom(ctx), opts, fn)
}

// txFor is TxWith for a scope: the connection counts towards the limit of its Caller.
// Rules apply only in a repository or a gate with the scope.
func (db *DB) txFor(ctx context.Context, scope *Scope, opts TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	if db.inTx(ctx) {
		return ErrInTx
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
	for attempt := range maxAttempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		if attempt == 1 {
			leave = db.repeats.enter(ctx)
		}
		var tx *Tx
		tx, err = db.runTx(ctx, scope, opts, attempt, fn)
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
	return fmt.Errorf("%w: %w", ErrConflict, hideRetry{err})
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

// pause waits before an attempt: up to 1, 2, 4, ... 64 ms.
func pause(ctx context.Context, attempt int) error {
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

func (db *DB) runTx(ctx context.Context, scope *Scope, opts TxOptions, attempt int, fn func(ctx context.Context, tx *Tx) error) (tx *Tx, err error) {
	conn, err := db.driver.Begin(ctx, driver.TxOptions{
		ReadOnly: opts.ReadOnly, Isolation: opts.Isolation, Caller: scope.counted(), LockTimeout: lockTimeout(opts.Isolation, attempt),
	})
	if err != nil {
		return nil, storeError(ctx, err)
	}
	tx = &Tx{db: db, conn: conn, readOnly: opts.ReadOnly}
	defer func() {
		tx.done = true
		if rerr := conn.Rollback(); rerr != nil && err == nil {
			err = storeError(ctx, rerr)
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{}, tx), tx); err != nil {
		return tx, tx.cause(err)
	}
	if tx.failed != nil {
		return tx, tx.cause(fmt.Errorf("%w: %w", ErrTxFailed, tx.failed))
	}
	if err := conn.Commit(ctx); err != nil {
		return tx, storeError(ctx, err)
	}
	if tx.logged {
		db.wake.signal()
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

// Tx runs fn in a savepoint. If fn returns an error, its writes are rolled back and the
// outer transaction can continue.
func (tx *Tx) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if err := tx.session().enter(ctx); err != nil {
		return err
	}
	tx.depth++
	defer func() { tx.depth-- }()
	name, waiting := fmt.Sprintf("plinth_%d", tx.depth), len(tx.commit)
	if err := tx.control(ctx, "savepoint "+name); err != nil {
		return err
	}
	err := tx.guarded(ctx, fn)
	if err == nil && tx.failed == nil {
		return tx.control(ctx, "release savepoint "+name)
	}
	if errors.Is(tx.failed, driver.ErrRetry) {
		return tx.cause(err) // only a new transaction helps
	}
	if err == nil {
		err = fmt.Errorf("%w: %w", ErrTxFailed, tx.failed)
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

// ReadOnly runs fn while writes by the transaction fail with [ErrReadOnly].
func (tx *Tx) ReadOnly(fn func() error) error {
	defer func(before bool) { tx.readOnly = before }(tx.readOnly)
	tx.readOnly = true
	return fn()
}

// guarded runs fn. A panic marks the transaction as failed before it propagates, so
// that a recovering caller cannot commit half a savepoint.
func (tx *Tx) guarded(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	returned := false
	defer func() {
		if !returned {
			tx.failed = errors.New("store: the function of a savepoint panicked")
		}
	}()
	err := fn(ctx, tx)
	returned = true
	return err
}

func (tx *Tx) control(ctx context.Context, text string) error {
	_, err := tx.db.driver.Exec(ctx, tx.conn, &driver.Statement{SQL: text})
	if err != nil {
		tx.failed = err
	}
	return storeError(ctx, err)
}

// SQL returns the transaction for libraries that take a *sql.Tx. Writes through it
// bypass rules, hooks and the change log. It must not be committed or rolled back.
func (tx *Tx) SQL() *sql.Tx { return tx.conn.SQL() }

// tryLock takes an advisory lock of PostgreSQL until the transaction ends.
func (tx *Tx) tryLock(ctx context.Context, name string) (ok bool, err error) {
	return tx.session().truth(ctx, "select pg_try_advisory_xact_lock($1)", lockKey(name))
}
