package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// session is where statements go.
type session struct {
	db    *dbCore
	tx    *txCore // nil: the pool
	scope *Scope  // nil for trusted code
}

// handle is embedded in the public types of databases and transactions, so that the
// layers below find the session in them.
type handle struct{ s session }

func (h handle) session() session { return h.s }

// sessioner is a type with a [handle].
type sessioner interface{ session() session }

// sessionOf returns the session of a database or a transaction.
func sessionOf(s sessioner) session { return s.session() }

func (db *dbCore) session() session { return session{db: db} }

func (tx *txCore) session() session { return session{db: tx.db, tx: tx} }

// enter rejects the pool inside a transaction of the same context, and a transaction
// that is over or has failed.
func (s session) enter(ctx context.Context) error {
	switch {
	case s.tx == nil && s.db.inTx(ctx):
		return ErrInTx
	case s.tx != nil && s.tx.failed != nil:
		return fmt.Errorf("%w: %w", ErrTxFailed, s.tx.failed)
	case s.tx != nil && s.tx.done:
		return ErrTxDone
	}
	return nil
}

// enterFor is enter for a statement, which must not write where only reads are
// allowed.
func (s session) enterFor(ctx context.Context, st *driver.Statement) error {
	if st.Write && s.tx != nil && s.tx.readOnly {
		return ErrReadOnly
	}
	return s.enter(ctx)
}

func (s session) conn() driver.Conn {
	if s.tx == nil {
		return nil
	}
	return s.tx.conn
}

// acquire waits for a slot of the caller, for a statement outside of a transaction.
func (s session) acquire(ctx context.Context, writes bool) (*callerSlots, error) {
	if s.tx != nil {
		return nil, nil // the transaction has one
	}
	return s.db.shares.acquire(ctx, s.scope, writes)
}

// inTx runs fn in a transaction that counts towards the connection limit of the caller.
func (s session) inTx(ctx context.Context, fn txFunc) error {
	scope := s.scope
	if scope == nil {
		scope = ScopeFrom(ctx)
	}
	return s.db.txFor(ctx, scope, txOptions{}, fn)
}

// query runs a statement with rows. A statement that writes and fails inside a
// transaction fails the transaction, on both engines.
func (s session) query(ctx context.Context, st *driver.Statement, r *driver.Result) error {
	if err := s.enterFor(ctx, st); err != nil {
		return err
	}
	slot, err := s.acquire(ctx, st.Write)
	if err != nil {
		return err
	}
	defer slot.release()
	s.scope.Limit(st)
	err = s.db.driver.Query(ctx, s.conn(), st, r)
	return s.outcome(ctx, st, err)
}

func (s session) exec(ctx context.Context, st *driver.Statement) (int64, error) {
	if err := s.enterFor(ctx, st); err != nil {
		return 0, err
	}
	slot, err := s.acquire(ctx, st.Write)
	if err != nil {
		return 0, err
	}
	defer slot.release()
	s.scope.Limit(st)
	n, err := s.db.driver.Exec(ctx, s.conn(), st)
	return n, s.outcome(ctx, st, err)
}

func (s session) outcome(ctx context.Context, st *driver.Statement, err error) error {
	if err == nil {
		return nil
	}
	if s.tx != nil && (st.Write || s.db.dialect.Postgres()) && !errors.Is(err, driver.ErrTooLarge) && !errors.Is(err, driver.ErrTooManyRows) {
		s.fail(err)
	}
	return storeError(ctx, err)
}

// fail marks the transaction as failed: what a failed write has left in it must
// not be committed.
func (s session) fail(err error) {
	if s.tx != nil && s.tx.failed == nil {
		s.tx.failed = err
	}
}

// newBuilder starts a statement in the context of a caller.
func (s session) newBuilder(ctx context.Context, scope *Scope, a access) *builder {
	return newBuilder(s.db.sql, scope, tenantOf(ctx, scope), a)
}

// logged notes that the change log has new rows: for after the commit, or now.
func (s session) logged() {
	if s.tx != nil {
		s.tx.logged = true
		return
	}
	s.db.wake.signal()
}
