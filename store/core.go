package store

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/uptrace/bun"
)

// dbCore is a database without the types of applications. It is safe for concurrent use.
type dbCore struct {
	driver   driver.Driver
	listener driver.Listener // nil: the engine carries no signals
	shares   shares
	dialect  driver.Dialect
	sql      dialect // of statements
	options  coreOptions
	bun      *bun.DB
	registry *schema.Registry

	// newTx allocates a transaction together with its outer value.
	newTx func(*dbCore) *txCore

	cursors  atomic.Pointer[cursorKey]
	wake     *wakeup
	notifier notifierState
	repeats  repeats
}

// coreOptions are what the layers below the public package need of its options.
type coreOptions struct {
	Logger      *slog.Logger
	Now         func() time.Time
	MaxLogBytes int
	Validator   validator
}

// validator is the interface store.Validator.
type validator interface {
	Check(value any, rules string) (rule, text string)
}

// newDB returns a database over a driver. The caller sets registry, bun and newTx.
func newDB(d driver.Driver, opts coreOptions) *dbCore {
	db := &dbCore{driver: d, dialect: d.Dialect(), sql: dialectOf(d.Dialect()), options: opts, wake: new(wakeup), repeats: make(repeats, 1)}
	db.listener, _ = d.(driver.Listener)
	db.shares = newShares(d.Stats())
	return db
}

type txKey struct{}

// inTx reports whether ctx belongs to a transaction of this database.
func (db *dbCore) inTx(ctx context.Context) bool {
	tx, _ := ctx.Value(txKey{}).(*txCore)
	return tx != nil && tx.db == db
}

// notifierState holds the figures of the notifier. The zero value is a notifier that
// does not run.
type notifierState struct {
	running, listening     atomic.Int32
	untoldSince, trimmedAt atomic.Int64 // Unix nanoseconds; 0: nothing, never
}
