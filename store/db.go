package store

import (
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/uptrace/bun"
)

// DB is a database with the tables registered on it. It is safe for concurrent
// use. Open one with sqlite.Open or postgres.Open.
type DB struct {
	driver   driver.Driver
	listener driver.Listener // nil: the engine carries no signals
	shares   shares
	dialect  driver.Dialect
	sql      dialect // of statements
	options  Options
	bun      *bun.DB

	registry *Registry
	cursors  atomic.Pointer[cursorKey]
	wake     *wakeup
	notifier notifierState
	repeats  repeats
}

// Options tunes a [DB]. The zero value is ready to use.
type Options struct {
	// Logger receives what cannot be returned: failed rollbacks, a change
	// log that lags. Nil discards it.
	Logger *slog.Logger

	// MaxLogBytes is how many bytes of changes a request may add to the change log:
	// one write, or all writes of its transaction. More are rejected with a
	// [LimitError]. Code outside requests is not bounded. Negative sets no limit.
	//
	// Defaults to 16 MiB.
	MaxLogBytes int

	// Now is the clock of created_at, updated_at and deleted_at.
	//
	// Defaults to time.Now.
	Now func() time.Time

	// Tracers observe every statement, in this order. [LogStatements] returns one that
	// logs. Without tracers statements are not wrapped.
	Tracers []Tracer

	// Wrap returns a driver that wraps the given one, to observe statements or to
	// inject failures in tests. Bun's statements bypass it. Nil uses the driver
	// unwrapped.
	Wrap func(driver.Driver) driver.Driver

	// Validator checks rows before they are written; see package store/validate. With
	// nil only the constraints of the schema are checked.
	Validator Validator
}

// Validator checks the value of one column against the rules of its validate
// tag. It must be safe for concurrent use.
type Validator interface {
	// Check returns the name of the first rule the value breaks and a text
	// for the client, or two empty strings. The value is of the field's Go
	// type.
	Check(value any, rules string) (rule, text string)
}

// ruleChecker is a [Validator] that can tell a mistake in a tag before a value comes.
type ruleChecker interface {
	CheckRules(rules string, typ reflect.Type) error
}

// CheckRules returns an error if the [Validator] does not know the rules or does not
// allow them for a type. [DB.Register] checks the columns of models; code that
// validates other values by their tags calls CheckRules at startup. It returns nil if
// the Validator cannot check rules.
func (db *DB) CheckRules(rules string, typ reflect.Type) error {
	if rules == "" {
		return nil
	}
	checker, ok := db.options.Validator.(ruleChecker)
	if !ok {
		return nil
	}
	return checker.CheckRules(rules, typ)
}

// New returns a DB over a driver. Applications call the Open function of a
// driver package instead.
func New(d driver.Driver, opts Options) *DB {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.MaxLogBytes = cmp.Or(opts.MaxLogBytes, 16<<20)
	if opts.Wrap != nil {
		d = opts.Wrap(d)
	}
	db := &DB{driver: d, dialect: d.Dialect(), sql: dialectOf(d.Dialect()), options: opts, wake: new(wakeup), repeats: make(repeats, 1)}
	db.listener, _ = d.(driver.Listener)
	db.shares = newShares(d.Stats())
	b := d.Bun()
	if len(opts.Tracers) > 0 {
		t := &traced{Driver: d, engine: db.dialect.Name, tracers: slices.Clone(opts.Tracers)}
		db.driver = t
		if b != nil {
			b = b.WithQueryHook(bunTracer{t})
		}
	}
	if b != nil { // a driver of tests may have none
		db.bun = b.WithQueryHook(inTxHook{db})
	}
	db.registry = NewRegistry(RegistryOptions{
		Bun: db.bun, Known: scalars, Mixins: mixins, CheckRules: db.CheckRules, FullText: db.dialect.Postgres(),
	})
	return db
}

// Close closes the database. Open transactions fail.
func (db *DB) Close() error { return db.driver.Close() }

// Bun returns the Bun database over the same connections, for statements the store does
// not express. Its writes bypass rules, hooks and the change log. Its queries with the
// context of a transaction fail with [ErrInTx]; do not begin another transaction there.
func (db *DB) Bun() *bun.DB { return db.bun }

// Capabilities are the features of the engine of a database.
type Capabilities struct {
	// Engine is "sqlite" or "postgres".
	Engine string
	// Instances reports whether several processes may use the database.
	Instances bool
	// Fold is PostgreSQL's expression to fold the case of %s for OpILike and OpSearch.
	// It depends on the locale of the database. Empty on SQLite.
	Fold string
	// FullText reports whether OpFullText and its variants are supported, besides
	// OpSearch.
	FullText bool
}

// Capabilities returns what the engine can do.
func (db *DB) Capabilities() Capabilities {
	return Capabilities{
		Engine: db.dialect.Name, Instances: db.dialect.Postgres(), Fold: db.dialect.Fold, FullText: db.dialect.Postgres(),
	}
}

// Register adds the tables of models, given as struct values or pointers,
// together with every table their relations lead to. A junction of a relation
// many to many must be among the models, or have been before. Registering a model
// again does nothing. It reports every mistake of every model at once.
func (db *DB) Register(models ...any) error {
	return db.registry.Register(models...)
}

// Table returns the table of a registered model, given as for [DB.Register], or
// nil.
func (db *DB) Table(model any) *Table { return db.registry.Table(model) }

// TableNamed returns the registered table of the name, or nil.
func (db *DB) TableNamed(name string) *Table { return db.registry.Named(name) }

// Tables returns the registered tables in the order they were registered.
func (db *DB) Tables() []*Table { return db.registry.Tables() }

type txKey struct{}

// inTx reports whether ctx belongs to a transaction of this database.
func (db *DB) inTx(ctx context.Context) bool {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx != nil && tx.db == db
}
