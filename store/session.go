package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Session runs statements: a [DB] each on its own, a [Tx] all in one
// transaction.
type Session interface {
	session() session
}

// session is where statements go.
type session struct {
	db    *DB
	tx    *Tx    // nil: the pool
	scope *Scope // nil for trusted code
}

func (db *DB) session() session { return session{db: db} }

func (tx *Tx) session() session { return session{db: tx.db, tx: tx} }

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
func (s session) inTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	scope := s.scope
	if scope == nil {
		scope = ScopeFrom(ctx)
	}
	return s.db.txFor(ctx, scope, TxOptions{}, fn)
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
	s.scope.limit(st)
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
	s.scope.limit(st)
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

// compilers keeps the memory of statements that were run.
var compilers = sync.Pool{New: func() any {
	return &compiler{sql: make([]byte, 0, 1024), args: make([]any, 0, 16), reads: make([]*Table, 0, 8)}
}}

// maxPooledSQL is the size of a text up to which its memory is kept.
const maxPooledSQL = 16 << 10

// free gives a compiler back, and with it the statement it made. Not every
// compiler needs to be freed; none may be used after.
func (c *compiler) free() {
	if cap(c.sql) > maxPooledSQL {
		return
	}
	clear(c.args[:cap(c.args)])
	*c = compiler{sql: c.sql[:0], args: c.args[:0], reads: c.reads[:0]}
	compilers.Put(c)
}

// newCompiler starts a statement.
func (s session) newCompiler(ctx context.Context, scope *Scope, a access) *compiler {
	c := compilers.Get().(*compiler)
	c.env = env{scope: scope, withDeleted: a.withDeleted, allTenants: a.allTenants}
	c.dialect, c.pg = s.db.dialect, s.db.dialect.Postgres()
	c.tenant = tenantOf(ctx, scope)
	return c
}

// tenantOf returns the tenant of a statement: the scope's, or the context's for
// trusted code.
func tenantOf(ctx context.Context, scope *Scope) string {
	if scope != nil {
		return scope.Tenant
	}
	return tenantFrom(ctx)
}

// access lists the standing predicates that trusted code has switched off.
type access struct {
	withDeleted, allTenants bool
}

// statement returns the one statement the compiler is made for.
func (c *compiler) statement(shape *driver.Shape) *driver.Statement {
	c.made = driver.Statement{SQL: string(c.sql), Args: c.args, Shape: shape, Budget: c.budget}
	if len(c.reads) > 0 {
		c.made.Table = c.reads[0].Name
	}
	return &c.made
}
