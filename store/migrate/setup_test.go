package migrate_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var update = flag.Bool("update", false, "write the golden files")

// engines runs a test on a fresh database of each engine. open connects to it,
// each time anew, as another process would.
func engines(t *testing.T, test func(t *testing.T, open func(models ...any) *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "test.db")
		test(t, func(models ...any) *store.DB { return connect(t, path, models...) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		test(t, func(models ...any) *store.DB { return connect(t, url, models...) })
	})
}

func connect(t *testing.T, place string, models ...any) *store.DB {
	t.Helper()
	db, err := open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Register(models...); err != nil {
		t.Fatal(err)
	}
	return db
}

// open opens a file, or a server by its URL.
func open(ctx context.Context, place string) (*store.DB, error) {
	if strings.HasPrefix(place, "postgres") {
		return postgres.Open(ctx, place, nil)
	}
	return sqlite.Open(ctx, place, nil)
}

// runSQL runs statements as they are.
func runSQL(t *testing.T, db *store.DB, text string) {
	t.Helper()
	if _, err := db.Bun().DB.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// value reads one value as text.
func value(t *testing.T, db *store.DB, query string) (s string) {
	t.Helper()
	if err := db.Bun().DB.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// source makes a line whose files, given by name and text, serve both engines.
func source(line string, files map[string]string) migrate.Source {
	tree := fstest.MapFS{}
	for name, text := range files {
		for _, engine := range []string{"postgres", "sqlite"} {
			tree[engine+"/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return migrate.Source{Line: line, FS: tree}
}

// with returns files with one more, or with another text.
func with(files map[string]string, name, text string) map[string]string {
	files = maps.Clone(files)
	files[name] = text
	return files
}

func newMigrator(t *testing.T, db *store.DB, sources ...migrate.Source) *migrate.Migrator {
	t.Helper()
	m, err := migrate.New(db, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func up(t *testing.T, db *store.DB, sources ...migrate.Source) []string {
	t.Helper()
	applied, err := newMigrator(t, db, sources...).Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return titles(applied)
}

func titles(list []migrate.Migration) []string {
	names := make([]string, 0, len(list))
	for _, m := range list {
		names = append(names, m.String())
	}
	return names
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update writes it):\n%s", path, got)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q misses %q", err, part)
		}
	}
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
