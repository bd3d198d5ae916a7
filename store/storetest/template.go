package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Template is the initial database of tests. It is filled once for each engine and
// process and copied for each test, which is faster than running migrations. It is safe
// for concurrent use.
type Template struct {
	prepare func(ctx context.Context, db *store.DB) error

	once sync.Once
	file []byte // of SQLite
	err  error
}

// NewTemplate returns the Template of what prepare does to an empty database. Keep it in a variable of the package, so
// that all tests share it.
func NewTemplate(prepare func(ctx context.Context, db *store.DB) error) *Template {
	return &Template{prepare: prepare}
}

// From makes the database of a test a copy of a template.
func From(t *Template) Option {
	return func(c *config) { c.template = t }
}

// copyFile writes the template to path.
func (t *Template) copyFile(tb testing.TB, path string) {
	tb.Helper()
	t.once.Do(func() { t.file, t.err = t.makeFile(filepath.Join(tb.TempDir(), "template.db")) })
	err := t.err
	if err == nil {
		err = os.WriteFile(path, t.file, 0o600)
	}
	if err != nil {
		tb.Fatalf("storetest: %v", err)
	}
}

// makeFile fills a database and returns its file. Closing a database moves its WAL into the file.
func (t *Template) makeFile(path string) ([]byte, error) {
	ctx := context.Background() // shared by tests
	db, err := sqlite.Open(ctx, path, &sqlite.Options{Synchronous: sqlite.SynchronousOff})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(t.prepare(ctx, db), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// fill fills an empty PostgreSQL database.
func (t *Template) fill(ctx context.Context, url string) error {
	db, err := postgres.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	return errors.Join(t.prepare(ctx, db), db.Close())
}
