package changelog_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// openLog opens a PostgreSQL database with the library's own tables, each time
// as another process would.
func openLog(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m, err := migrate.New(db)
	if err == nil {
		_, err = m.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func postgresLog(t *testing.T) *store.DB {
	t.Helper()
	return openLog(t, pgtest.URL(t))
}

// marks returns a statement with the placeholders of the engine; it is written
// with $1.
func marks(db *store.DB, text string) string {
	if db.Capabilities().Engine == "sqlite" {
		return strings.ReplaceAll(text, "$", "?")
	}
	return text
}

// execer is a database or a transaction of database/sql.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// appendLog writes one row of the log as the write path would.
func appendLog(db *store.DB, to execer, table string, id, version int64) error {
	_, err := to.ExecContext(context.Background(),
		marks(db, `insert into plinth_changes (tbl, op, key, new, actor) values ($1, 'update', $2, $3, '')`),
		table, fmt.Sprintf("[%d]", id), fmt.Sprintf(`{"id":%d,"version":%d}`, id, version))
	return err
}

// mustLog appends to the log in a transaction of its own.
func mustLog(t *testing.T, db *store.DB, table string, id, version int64) {
	t.Helper()
	if err := appendLog(db, db.Bun().DB, table, id, version); err != nil {
		t.Fatal(err)
	}
}

func mustRun(tb testing.TB, to execer, text string, args ...any) {
	tb.Helper()
	if _, err := to.ExecContext(tb.Context(), text, args...); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
}

// begin opens a transaction beside the store; it is rolled back at the end.
func begin(t *testing.T, db *store.DB) *sql.Tx {
	t.Helper()
	tx, err := db.Bun().DB.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// takeID gives a transaction its number now, before it writes.
func takeID(t *testing.T, tx *sql.Tx) {
	t.Helper()
	mustRun(t, tx, "select pg_current_xact_id()")
}

// drained returns what a reader gets now, as "table key version".
func drained(t *testing.T, c *changelog.Reader) []string {
	t.Helper()
	got := []string{}
	n, err := c.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, change := range batch {
			got = append(got, label(change))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(got) {
		t.Errorf("Drain says %d changes, it delivered %d", n, len(got))
	}
	return got
}

// collect returns a function of a reader that appends the labels to got, and
// calls then for each batch.
func collect(got *[]string, then func()) changelog.Func {
	return func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, change := range batch {
			*got = append(*got, label(change))
		}
		if then != nil {
			then()
		}
		return nil
	}
}

func label(c changelog.Change) string {
	var row struct{ Version int64 }
	if err := json.Unmarshal(c.New, &row); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %d", c.Table, c.Key, row.Version)
}
