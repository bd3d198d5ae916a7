package store

import (
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/uptrace/bun"
)

// handle is embedded in the public types of databases and transactions, so that the layers
// below find the session in them.
type handle = core.Handle

// DB is a database with the tables registered on it. It is safe for concurrent
// use. Open one with sqlite.Open or postgres.Open.
type DB struct {
	handle
}

// Options tunes a [DB]. The zero value is ready to use.
type Options struct {
	// Logger receives what cannot be returned: failed rollbacks, a change
	// log that lags. Nil discards it.
	Logger *slog.Logger

	// MaxLogBytes is how many bytes of changes a request may add to the change log:
	// one write, or all writes of its transaction. More are rejected with a
	// [fault.LimitError]. Code outside requests is not bounded. Negative sets no limit.
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
	checker, ok := db.Validator().(ruleChecker)
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
	inner := core.New(d, core.Options{Logger: opts.Logger, Now: opts.Now, MaxLogBytes: opts.MaxLogBytes, Validator: opts.Validator})
	inner.NewTx = newTx
	db := &DB{core.NewHandle(core.Session{DB: inner})}
	b := d.Bun()
	if len(opts.Tracers) > 0 {
		t := &traced{Driver: d, engine: inner.Engine.Name, tracers: slices.Clone(opts.Tracers)}
		inner.Driver = t
		if inner.Listener != nil {
			inner.Listener = tracedListener{inner.Listener, t}
		}
		if b != nil {
			b = b.WithQueryHook(bunTracer{t})
		}
	}
	if b != nil { // a driver of tests may have none
		inner.Bun = b.WithQueryHook(inTxHook{inner})
	}
	inner.Registry = schema.NewRegistry(schema.RegistryOptions{
		Bun: inner.Bun, Known: scalars, Mixins: mixins, CheckRules: db.CheckRules, FullText: inner.Engine.Postgres(),
	})
	return db
}

// Close closes the database. Open transactions fail.
func (db *DB) Close() error { return core.SessionOf(db).DB.Driver.Close() }

// Bun returns the Bun database over the same connections, for statements the store does
// not express. Its writes bypass rules, hooks and the change log. Its queries with the
// context of a transaction fail with [ErrInTx]; do not begin another transaction there.
func (db *DB) Bun() *bun.DB { return core.SessionOf(db).DB.Bun }

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
	dialect := core.SessionOf(db).DB.Engine
	return Capabilities{
		Engine: dialect.Name, Instances: dialect.Postgres(), Fold: dialect.Fold, FullText: dialect.Postgres(),
	}
}

// Register adds the tables of models, given as struct values or pointers,
// together with every table their relations lead to. A junction of a relation
// many to many must be among the models, or have been before. Registering a model
// again does nothing. It reports every mistake of every model at once.
func (db *DB) Register(models ...any) error {
	return core.SessionOf(db).DB.Registry.Register(models...)
}

// Table returns the table of a registered model, given as for [DB.Register], or
// nil.
func (db *DB) Table(model any) *Table { return core.SessionOf(db).DB.Registry.Table(model) }

// TableNamed returns the registered table of the name, or nil.
func (db *DB) TableNamed(name string) *Table { return core.SessionOf(db).DB.Registry.Named(name) }

// Tables returns the registered tables in the order they were registered.
func (db *DB) Tables() []*Table { return core.SessionOf(db).DB.Registry.Tables() }

// Validator returns the validator of the options, nil if there is none.
func (db *DB) Validator() Validator { return core.SessionOf(db).DB.Options.Validator }

// Now returns the time by the clock of the options.
func (db *DB) Now() time.Time { return core.SessionOf(db).DB.Options.Now() }

// Stats returns figures for operators. It sends no statement, so it is cheap to call
// often.
func (db *DB) Stats() Stats {
	inner := core.SessionOf(db).DB
	return Stats{Pools: inner.Driver.Stats(), Notifier: notifierStats(&inner.Notifier)}
}

// Ping checks that the database answers within two seconds, or sooner if ctx ends. It
// does not queue behind other statements: it has a connection of its own or uses a
// reserved one. A busy database is therefore healthy, and an unreachable one is
// [ErrUnavailable].
func (db *DB) Ping(ctx context.Context) error { return core.SessionOf(db).DB.Ping(ctx) }

// WithReserve returns a context in which statements may use the connections that a
// PostgreSQL database keeps in reserve. They proceed when all others are in use. Use it
// for the few requests that must work under any load, such as a login or an
// administrator's request; see postgres.Options. SQLite reserves none, because its
// writer is one connection.
func WithReserve(ctx context.Context) context.Context { return driver.WithReserve(ctx) }

// Setting returns the value stored under a name in the database, such as a generated
// key. If there is none it stores and returns the result of create. All instances get
// the same value.
func (db *DB) Setting(ctx context.Context, name string, create func() (string, error)) (string, error) {
	return core.SessionOf(db).DB.EnsureSetting(ctx, name, create)
}
