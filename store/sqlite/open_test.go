package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestOpenAppliesSettings(t *testing.T) {
	t.Parallel()
	// The numbers are those of SQLite's documentation.
	common := map[string]string{
		"foreign_keys": "1", "trusted_schema": "0", "cell_size_check": "1", "temp_store": "1", "busy_timeout": "1234",
	}
	for _, test := range []struct {
		name, path, journal, sync string
		level                     Synchronous
	}{
		{"full", "", "wal", "2", SynchronousFull},
		{"normal", "", "wal", "1", SynchronousNormal},
		{"off", "", "wal", "0", SynchronousOff},
		{"memory", memoryPath, "memory", "2", SynchronousFull},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := test.path
			if path == "" {
				path = filepath.Join(t.TempDir(), "test.db")
			}
			d := openPath(t, path, &Options{Synchronous: test.level, BusyTimeout: 1234 * time.Millisecond, Readers: 2})
			for name, p := range map[string]*pool{"writer": d.writer, "reader": d.readers} {
				c, err := p.acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]string{"journal_mode": test.journal, "synchronous": test.sync, "query_only": "0"}
				if name == "reader" {
					want["query_only"] = "1"
				}
				for _, m := range []map[string]string{common, want} {
					for pragma, value := range m {
						if got, err := c.text(t.Context(), "pragma "+pragma); err != nil || got != value {
							t.Errorf("%s: %s = %q, %v, want %q", name, pragma, got, err, value)
						}
					}
				}
				if _, err := c.text(t.Context(), `select "no such column"`); err == nil {
					t.Errorf("%s: a quoted name that does not exist is taken for a string", name)
				}
				p.release(c)
			}
		})
	}
}

func TestOpenRefusesSettingsThatDidNotTake(t *testing.T) {
	t.Parallel()
	src, err := newSource(filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	list := []setting{{"no_such_pragma", "1", "1"}}
	if _, err := openConn(t.Context(), src, list, 1); err == nil || !strings.Contains(err.Error(), "no_such_pragma") {
		t.Errorf("unknown pragma: %v", err)
	}
	list = []setting{{"foreign_keys", "0", "1"}}
	if _, err := openConn(t.Context(), src, list, 1); err == nil || !strings.Contains(err.Error(), "foreign_keys") {
		t.Errorf("pragma with another value: %v", err)
	}
	if _, err := openConn(t.Context(), src, nil, 1); err == nil || !strings.Contains(err.Error(), "like") {
		t.Errorf("like that folds case: %v", err)
	}
}

func TestOpenCreatesPrivateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c=1#d%41&é.db")
	d := openPath(t, path, nil)
	mustExec(t, d, "create table t (a integer)")
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestCloseWritesTheLogBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	d, err := openDatabase(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, d, "create table t (a integer)")
	mustExec(t, d, "insert into t values (7)")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("the log is still there: %v", err)
	}
	_, err = d.Exec(t.Context(), nil, &driver.Statement{SQL: "insert into t values (8)"})
	wantError(t, "after Close", err, driver.ErrUnavailable)

	again := openPath(t, path, nil)
	if got := value(t, again, nil, "select a from t"); got != "[7]" {
		t.Errorf("after opening again: %s", got)
	}
}

func TestCloseWritesTheLogBackBesideOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	d, err := openDatabase(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	openPath(t, path, nil)
	mustExec(t, d, "create table t (a integer)")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the log: %v, %v", info, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path string
		opts       *Options
	}{
		{"no path", "", nil},
		{"a URI", "file:test.db?mode=ro", nil},
		{"a NUL", "a\x00b", nil},
		{"no folder", filepath.Join(dir, "none", "test.db"), nil},
		{"no database", garbage, nil},
		{"negative readers", memoryPath, &Options{Readers: -1}},
		{"unknown level", memoryPath, &Options{Synchronous: 9}},
	} {
		if d, err := openDatabase(t.Context(), test.path, test.opts); err == nil {
			t.Errorf("%s: no error", test.name)
			_ = d.Close()
		}
	}
}

func TestOpenReturnsAStore(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), memoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := db.Capabilities().Engine; got != "sqlite" {
		t.Errorf("engine %q", got)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestMemoryDatabasesAreApart(t *testing.T) {
	t.Parallel()
	a, b := openPath(t, memoryPath, nil), openPath(t, memoryPath, nil)
	mustExec(t, a, "create table t (x integer)")
	mustExec(t, a, "insert into t values (1)")
	if got := value(t, a, nil, "select x from t"); got != "[1]" {
		t.Errorf("a reader sees %s", got)
	}
	err := b.Query(context.Background(), nil, &driver.Statement{
		SQL: "select x from t", Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}},
	}, new(driver.Result))
	if err == nil {
		t.Error("another database has the table too")
	}
}
