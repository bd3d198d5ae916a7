// Package core is a database without the types of applications: sessions, transactions, the
// shares of callers, settings, and what wakes readers of the change log.
package core

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/uptrace/bun"
)

// DB is a database without the types of applications. It is safe for concurrent use.
type DB struct {
	Driver   driver.Driver
	Listener driver.Listener // nil: the engine carries no signals
	shares   shares
	Engine   driver.Dialect
	Dialect  sqlgen.Dialect // of statements
	Options  Options
	Bun      *bun.DB
	Registry *schema.Registry

	// NewTx allocates a transaction together with its outer value.
	NewTx func(*DB) *Tx

	cursors  atomic.Pointer[sqlgen.CursorKey]
	Wake     *Wakeup
	Notifier NotifierState
	repeats  repeats
}

// Options are what the layers below the public package need of its options.
type Options struct {
	Logger      *slog.Logger
	Now         func() time.Time
	MaxLogBytes int
	Validator   validator
}

// validator is the interface store.Validator.
type validator interface {
	Check(value any, rules string) (rule, text string)
}

// New returns a database over a driver. The caller sets Registry, Bun and NewTx.
func New(d driver.Driver, opts Options) *DB {
	db := &DB{Driver: d, Engine: d.Dialect(), Dialect: sqlgen.DialectOf(d.Dialect()), Options: opts, Wake: new(Wakeup), repeats: make(repeats, 1)}
	db.Listener, _ = d.(driver.Listener)
	db.shares = newShares(d.Stats())
	return db
}

type txKey struct{}

// InTx reports whether ctx belongs to a transaction of this database.
func (db *DB) InTx(ctx context.Context) bool {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx != nil && tx.DB == db
}

// NotifierState holds the figures of the notifier. The zero value is a notifier that
// does not run.
type NotifierState struct {
	Running, Listening     atomic.Int32
	UnsentSince, TrimmedAt atomic.Int64 // Unix nanoseconds; 0: nothing, never
}

// pingPatience is the timeout of a Ping. Health checks need a quick answer.
const pingPatience = 2 * time.Second

// Ping checks that the database answers, on a connection that does not queue.
func (db *DB) Ping(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pingPatience, fault.ErrUnavailable)
	defer cancel()
	err := db.Driver.Ping(driver.WithReserve(limited))
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return fault.ErrUnavailable
	}
	return storeError(ctx, err)
}
