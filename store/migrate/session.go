package migrate

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// ErrLocked reports that others were migrating the database for longer than the
// caller wanted to wait.
var ErrLocked = errors.New("migrate: another process is migrating the database")

const (
	// lockPatience is how long a boot waits where its context has no end: a
	// deployment that hangs without a word is worse than one that fails.
	lockPatience = 5 * time.Minute
	lockPause    = 50 * time.Millisecond
	// unlockPatience bounds what must still be done after the context ended.
	unlockPatience = 10 * time.Second
)

// querier is a connection or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// work is where statements run: in a transaction that holds the lock of
// migrations, or outside of one.
type work struct {
	querier
	engine engine
}

// session is one connection that migrates.
type session struct {
	conn   *sql.Conn
	engine engine
}

func open(ctx context.Context, db *store.DB, e engine) (*session, error) {
	conn, err := db.Bun().DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: connect: %w", err)
	}
	return &session{conn: conn, engine: e}, nil
}

// close gives the connection back. Nothing is open on it that could be lost.
func (s *session) close() { _ = s.conn.Close() }

// bare is work outside of a transaction.
func (s *session) bare() work { return work{s.conn, s.engine} }

// tx runs fn in a transaction that holds the lock of migrations.
func (s *session) tx(ctx context.Context, fn func(work) error) error {
	var tx *sql.Tx
	err := wait(ctx, func() (ok bool, err error) {
		tx, err = s.engine.begin(ctx, s.conn)
		return tx != nil, err
	})
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing, and the end of the connection does the same
	if err := fn(work{tx, s.engine}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("migrate: commit: %w", err)
	}
	return nil
}

// alone runs fn with the lock of migrations and without a transaction.
func (s *session) alone(ctx context.Context, fn func() error) error {
	if err := wait(ctx, func() (bool, error) { return s.engine.lock(ctx, s.conn) }); err != nil {
		return err
	}
	defer s.unlock(ctx)
	return fn()
}

// unlock frees the lock, also when ctx has ended. Where that fails the
// connection is closed, which frees it too.
func (s *session) unlock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockPatience)
	defer cancel()
	if err := s.engine.unlock(ctx, s.conn); err != nil {
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// wait retries until try succeeds. Waiting inside the database instead would block a
// "create index concurrently" of the session that holds the lock, a deadlock.
func wait(ctx context.Context, try func() (bool, error)) error {
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for taken := false; ; taken = true {
		ok, err := try()
		switch {
		case err != nil && taken && ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrLocked, ctx.Err())
		case err != nil:
			return fmt.Errorf("migrate: lock: %w", err)
		case ok:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrLocked, ctx.Err())
		case <-patience.C:
			return ErrLocked
		case <-time.After(lockPause):
		}
	}
}

// run executes the text of a file inside the transaction. Without arguments
// both drivers take several statements at once. The savepoint is gone if the
// file has ended the transaction, also if it began another one.
func (w work) run(ctx context.Context, text string) error {
	if _, err := w.ExecContext(ctx, `savepoint plinth_file`); err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, `release savepoint plinth_file`); err != nil {
		return fmt.Errorf("the file ends the transaction it runs in, and what it did stays: remove commit and rollback: %w", err)
	}
	return nil
}

// runEach executes the statements of a file one by one, outside a transaction.
func (w work) runEach(ctx context.Context, text string) error {
	for _, stmt := range statements(text) {
		if _, err := w.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}
