package store

import (
	"context"
	"database/sql"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// Session runs statements: a [DB] each on its own, a [Tx] all in one
// transaction.
type Session interface {
	core.Sessioner
}

// Tx is a running transaction. It belongs to the goroutine that runs the
// function of [DB.Tx].
type Tx struct {
	handle
	inner core.Tx
}

// newTx allocates a transaction. One allocation holds both values.
func newTx(db *core.DB) *core.Tx {
	tx := new(Tx)
	tx.handle = core.NewHandle(core.Session{DB: db, Tx: &tx.inner})
	tx.inner.DB, tx.inner.Outer = db, tx
	return &tx.inner
}

// outerTx returns the transaction of applications.
func outerTx(tx *core.Tx) *Tx { return tx.Outer.(*Tx) }

// outerFunc is the function of an application as body of a transaction.
type outerFunc func(ctx context.Context, tx *Tx) error

// Run calls the function.
func (f outerFunc) Run(ctx context.Context, tx *core.Tx) error { return f(ctx, outerTx(tx)) }

// TxOptions tunes a transaction.
type TxOptions struct {
	// Isolation is the level on PostgreSQL; SQLite is always serializable.
	//
	// Defaults to sql.LevelSerializable.
	Isolation sql.IsolationLevel

	// ReadOnly promises not to write. A write is [fault.ErrReadOnly].
	ReadOnly bool
}

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
	return core.SessionOf(db).DB.TxFor(ctx, ScopeFrom(ctx), core.TxOptions(opts), outerFunc(fn))
}

// Tx runs fn in a savepoint. If fn returns an error, its writes are rolled back and the
// outer transaction can continue.
func (tx *Tx) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return tx.inner.Savepoint(ctx, outerFunc(fn))
}

// ReadOnly runs fn while writes by the transaction fail with [fault.ErrReadOnly].
func (tx *Tx) ReadOnly(fn func() error) error {
	defer func(before bool) { tx.inner.ReadOnly = before }(tx.inner.ReadOnly)
	tx.inner.ReadOnly = true
	return fn()
}

// OnCommit runs fn after the transaction has committed, for example to send a mail,
// fill a cache or wake a worker. Functions run in the order of registration, before
// [DB.Tx] returns and on its goroutine. Functions registered inside a savepoint run
// after the outermost transaction; rolling the savepoint back drops them. A rollback or
// a retry drops all functions of that attempt. In a hook use [Write.Tx].
//
// The context of fn has the values of the context that the transaction was begun with.
// It is not canceled with that context and not part of the transaction, so fn may use
// the DB. fn cannot undo the commit: a panic is logged, and the next function runs. A
// slow fn delays the caller of Tx; start a goroutine for long work.
//
// fn runs at most once. It is lost if the process dies or the connection breaks during
// the commit. Use a table or a reader of the change log for work that must not be lost;
// see package changelog.
//
// OnCommit panics if fn is nil or the transaction is over.
func (tx *Tx) OnCommit(fn func(ctx context.Context)) { tx.inner.OnCommit(fn) }

// SQL returns the transaction for libraries that take a *sql.Tx. Writes through it
// bypass rules, hooks and the change log. It must not be committed or rolled back.
func (tx *Tx) SQL() *sql.Tx { return tx.inner.Conn.SQL() }
