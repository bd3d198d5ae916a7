package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Source provides PostgreSQL databases; pgtest.Source returns one.
type Source interface {
	// Open returns the URL of a fresh, empty database, which is dropped when tb ends.
	// ok is false without a PostgreSQL; a source that requires one fails tb instead.
	Open(tb testing.TB) (url string, ok bool)

	// Copy is Open for a copy of a database that prepare has filled, which runs once for
	// each key and closes its connections.
	Copy(tb testing.TB, key any, prepare func(ctx context.Context, url string) error) (url string, ok bool)
}

// Option tunes a database for a test.
type Option func(*config)

type config struct {
	models   []any
	store    store.Options
	template *Template
}

// Models registers models and brings the schema up to them: tables, columns,
// keys, and the library's own tables.
func Models(models ...any) Option {
	return func(c *config) { c.models = append(c.models, models...) }
}

// Store sets the options of the store, for example its clock.
func Store(o store.Options) Option {
	return func(c *config) { c.store = o }
}

// New returns an empty SQLite database in a temporary folder. It is closed when
// tb ends. It never waits for the disk.
func New(tb testing.TB, opts ...Option) *store.DB {
	tb.Helper()
	c := newConfig(opts)
	path := filepath.Join(tb.TempDir(), "test.db")
	if c.template != nil {
		c.template.copyFile(tb, path)
	}
	db, err := sqlite.Open(tb.Context(), path, &sqlite.Options{Store: c.store, Synchronous: sqlite.SynchronousOff})
	return c.finish(tb, db, err)
}

// Engines runs a test in parallel as the subtests sqlite and postgres, each with an
// empty database. Without a source, or if the source has no PostgreSQL, the subtest
// postgres is skipped.
func Engines(t *testing.T, source Source, test func(t *testing.T, db *store.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, New(t, opts...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, NewPostgres(t, source, opts...))
	})
}

// NewPostgres is [New] for PostgreSQL. Without a source, or if the source has no
// PostgreSQL, tb is skipped.
func NewPostgres(tb testing.TB, source Source, opts ...Option) *store.DB {
	tb.Helper()
	if source == nil {
		tb.Skip("storetest: no source of PostgreSQL databases")
	}
	c := newConfig(opts)
	url, ok := c.open(tb, source)
	if !ok {
		tb.Skip("storetest: no PostgreSQL")
	}
	db, err := postgres.Open(tb.Context(), url, &postgres.Options{Store: c.store})
	return c.finish(tb, db, err)
}

func (c *config) open(tb testing.TB, source Source) (url string, ok bool) {
	tb.Helper()
	if c.template == nil {
		return source.Open(tb)
	}
	return source.Copy(tb, c.template, c.template.fill)
}

func newConfig(opts []Option) *config {
	c := new(config)
	for _, o := range opts {
		o(c)
	}
	return c
}

// finish makes an opened database ready.
func (c *config) finish(tb testing.TB, db *store.DB, err error) *store.DB {
	tb.Helper()
	if err != nil {
		tb.Fatalf("storetest: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("storetest: close: %v", err)
		}
	})
	if len(c.models) > 0 {
		prepare(tb, db, c.models)
	}
	return db
}

// prepare registers models and makes their tables.
func prepare(tb testing.TB, db *store.DB, models []any) {
	tb.Helper()
	if err := db.Register(models...); err != nil {
		tb.Fatalf("storetest: %v", err)
	}
	plan, err := migrate.Auto(tb.Context(), db)
	if err != nil {
		tb.Fatalf("storetest: %v", err)
	}
	for _, work := range plan.Manual {
		tb.Fatalf("storetest: the schema needs a person: %v", work)
	}
}
