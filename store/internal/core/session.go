package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Session is where statements go.
type Session struct {
	DB    *DB
	Tx    *Tx          // nil: the pool
	Scope *query.Scope // nil for trusted code
}

// Handle is embedded in the public types of databases and transactions, so that the
// layers below find the session in them.
type Handle struct{ s Session }

// NewHandle returns the handle of a session.
func NewHandle(s Session) Handle { return Handle{s} }

func (h Handle) session() Session { return h.s }

// Sessioner is a type with a [Handle].
type Sessioner interface{ session() Session }

// SessionOf returns the session of a database or a transaction.
func SessionOf(s Sessioner) Session { return s.session() }

func (db *DB) session() Session { return Session{DB: db} }

func (tx *Tx) session() Session { return Session{DB: tx.DB, Tx: tx} }

// enter rejects the pool inside a transaction of the same context, and a transaction
// that is over or has failed.
func (s Session) enter(ctx context.Context) error {
	switch {
	case s.Tx == nil && s.DB.InTx(ctx):
		return fault.ErrInTx
	case s.Tx != nil && s.Tx.failed != nil:
		return fmt.Errorf("%w: %w", fault.ErrTxFailed, s.Tx.failed)
	case s.Tx != nil && s.Tx.done:
		return fault.ErrTxDone
	}
	return nil
}

// enterFor is enter for a statement, which must not write where only reads are
// allowed.
func (s Session) enterFor(ctx context.Context, st *driver.Statement) error {
	if st.Write && s.Tx != nil && s.Tx.ReadOnly {
		return fault.ErrReadOnly
	}
	return s.enter(ctx)
}

// Conn returns the connection of the transaction, nil for the pool.
func (s Session) Conn() driver.Conn {
	if s.Tx == nil {
		return nil
	}
	return s.Tx.Conn
}

// acquire waits for a slot of the caller, for a statement outside of a transaction.
func (s Session) acquire(ctx context.Context, writes bool) (*callerSlots, error) {
	if s.Tx != nil {
		return nil, nil // the transaction has one
	}
	return s.DB.shares.acquire(ctx, s.Scope, writes)
}

// RunTx runs fn in a transaction that counts towards the connection limit of the caller.
func (s Session) RunTx(ctx context.Context, fn TxFunc) error {
	scope := s.Scope
	if scope == nil {
		scope = query.ScopeFrom(ctx)
	}
	return s.DB.TxFor(ctx, scope, TxOptions{}, fn)
}

// Query runs a statement with rows. A statement that writes and fails inside a
// transaction fails the transaction, on both engines.
func (s Session) Query(ctx context.Context, st *driver.Statement, r *driver.Result) error {
	if err := s.enterFor(ctx, st); err != nil {
		return err
	}
	slot, err := s.acquire(ctx, st.Write)
	if err != nil {
		return err
	}
	defer slot.release()
	s.Scope.Limit(st)
	err = s.DB.Driver.Query(ctx, s.Conn(), st, r)
	return s.outcome(ctx, st, err)
}

// Exec runs a statement without rows and returns how many it changed. It fails the
// transaction as [Session.Query] does.
func (s Session) Exec(ctx context.Context, st *driver.Statement) (int64, error) {
	if err := s.enterFor(ctx, st); err != nil {
		return 0, err
	}
	slot, err := s.acquire(ctx, st.Write)
	if err != nil {
		return 0, err
	}
	defer slot.release()
	s.Scope.Limit(st)
	n, err := s.DB.Driver.Exec(ctx, s.Conn(), st)
	return n, s.outcome(ctx, st, err)
}

func (s Session) outcome(ctx context.Context, st *driver.Statement, err error) error {
	if err == nil {
		return nil
	}
	if s.Tx != nil && (st.Write || s.DB.Engine.Postgres()) && !errors.Is(err, driver.ErrTooLarge) && !errors.Is(err, driver.ErrTooManyRows) {
		s.Fail(err)
	}
	return storeError(ctx, err)
}

// Fail marks the transaction as failed: what a failed write has left in it must
// not be committed.
func (s Session) Fail(err error) {
	if s.Tx != nil && s.Tx.failed == nil {
		s.Tx.failed = err
	}
}

// NewBuilder starts a statement in the context of a caller.
func (s Session) NewBuilder(ctx context.Context, scope *query.Scope, a sqlgen.Exemptions) *sqlgen.Builder {
	return sqlgen.NewBuilder(s.DB.Dialect, scope, sqlgen.TenantOf(ctx, scope), a)
}

// Logged notes that the change log has new rows: for after the commit, or now.
func (s Session) Logged() {
	if s.Tx != nil {
		s.Tx.logged = true
		return
	}
	s.DB.Wake.Signal()
}
