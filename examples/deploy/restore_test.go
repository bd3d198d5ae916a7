package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRestore goes back to a copy that was made while the application served, by the steps
// of docs/operations.md: what was written before is there, what came afterwards is not, and
// the application goes on. A reader of the change log goes on where it was, unless the
// server is another one.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, restored := range map[string]func(*testing.T) restoration{
		"sqlite":   restoreSQLite,
		"postgres": func(t *testing.T) restoration { return restorePostgres(t, pgtest.URL(t), false) },
		"postgres elsewhere": func(t *testing.T) restoration {
			return restorePostgres(t, pgtest.Start(t, pgtest.Options{}).URL(), true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			how := restored(t)
			env := append(production(how.before), "PLINTH_DRAIN_DELAY=0s")
			if out, err := runApp(t, env, "migrate", "up"); err != nil {
				t.Fatalf("migrate up: %v\n%s", err, out)
			}
			bearer := "Bearer " + token(store.NewID())
			process, addr := startApp(t, env)
			writeNotes(t, addr, bearer, 3)
			if n, err := readChanges(t, how.before); n != 3 || err != nil {
				t.Fatalf("a reader gets %d changes, %v, want 3", n, err)
			}
			how.backup(t)
			writeNotes(t, addr, bearer, 2)
			how.leave(t)
			if err := process.Stop(); err != nil {
				t.Fatal(err)
			}
			how.restore(t)

			env = append(env, "PLINTH_DATABASE_URL="+how.after)
			if out, err := runApp(t, env, "migrate", "verify"); err != nil {
				t.Fatalf("migrate verify: %v\n%s", err, out)
			}
			_, addr = startApp(t, env)
			if n := countNotes(t, addr, bearer); n != "3" {
				t.Errorf("%s notes, want 3", n)
			}
			writeNotes(t, addr, bearer, 1)
			if n := countNotes(t, addr, bearer); n != "4" {
				t.Errorf("%s notes, want 4", n)
			}
			switch n, err := readChanges(t, how.after); {
			case how.elsewhere && !errors.Is(err, changelog.ErrResync):
				t.Errorf("a reader gets %d changes of another server, %v", n, err)
			case !how.elsewhere && (n != 1 || err != nil):
				t.Errorf("a reader gets %d changes, %v, want the one since", n, err)
			}
			how.judge(t)
		})
	}
}

// restoration is how a database is copied and brought back.
type restoration struct {
	before, after string // its address
	elsewhere     bool   // the other server has seen fewer transactions
	backup        func(t *testing.T)
	leave         func(t *testing.T) // what a program that is killed leaves behind
	restore       func(t *testing.T)
	judge         func(t *testing.T)
}

func restoreSQLite(t *testing.T) restoration {
	t.Helper()
	program := programtest.Path(t, "sqlite3")
	file, kept := filepath.Join(t.TempDir(), "app.db"), filepath.Join(t.TempDir(), "copy.db")
	beside := map[string][]byte{file + "-wal": nil, file + "-shm": nil}
	return restoration{
		before: file, after: file,
		backup: func(t *testing.T) {
			t.Helper()
			check(t, program, file, ".backup "+kept)
		},
		leave: func(t *testing.T) {
			t.Helper()
			for name := range beside {
				beside[name] = []byte(read(t, name))
			}
		},
		restore: func(t *testing.T) {
			t.Helper()
			for name, text := range beside {
				write(t, name, text) // as left behind
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Rename(kept, file); err != nil {
				t.Fatal(err)
			}
		},
		judge: func(t *testing.T) {
			t.Helper()
			if out := check(t, program, file, "pragma integrity_check"); out != "ok\n" {
				t.Errorf("integrity_check: %s", out)
			}
		},
	}
}

// restorePostgres restores into an empty database, which may be one of another server.
func restorePostgres(t *testing.T, after string, elsewhere bool) restoration {
	t.Helper()
	dump, restore := programtest.Path(t, "pg_dump"), programtest.Path(t, "pg_restore")
	file := filepath.Join(t.TempDir(), "notes.dump")
	r := restoration{before: pgtest.URL(t), after: after, elsewhere: elsewhere, leave: func(*testing.T) {}, judge: func(*testing.T) {}}
	if elsewhere {
		db := openStore(t, r.before)
		defer db.Close() // everything is committed
		if _, err := db.Bun().ExecContext(t.Context(), "do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$"); err != nil {
			t.Fatal(err)
		}
	}
	r.backup = func(t *testing.T) {
		t.Helper()
		check(t, dump, "--format=custom", "--file="+file, r.before)
	}
	r.restore = func(t *testing.T) {
		t.Helper()
		check(t, restore, "--exit-on-error", "--no-owner", "--dbname="+r.after, file)
	}
	return r
}

// readChanges reads the change log under a name, and returns how many changes it got.
func readChanges(t *testing.T, database string) (n int, err error) {
	t.Helper()
	db := openStore(t, database)
	defer db.Close() // everything is committed
	_, err = changelog.Open(db, "search", &changelog.Options{Start: changelog.FromStart}).Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		n += len(batch)
		return nil
	})
	return n, err
}

func openStore(t *testing.T, database string) *store.DB {
	t.Helper()
	open := func() (*store.DB, error) { return sqlite.Open(t.Context(), database, nil) }
	if strings.HasPrefix(database, "postgres") {
		open = func() (*store.DB, error) { return postgres.Open(t.Context(), database, nil) }
	}
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func writeNotes(t *testing.T, addr, bearer string, n int) {
	t.Helper()
	for range n {
		if err := whileBusy(func() error { return sendNoteTo(t.Context(), "http://"+addr, bearer, http.MethodPost) }); err != nil {
			t.Fatal(err)
		}
	}
}

// countNotes returns how many notes a user has.
func countNotes(t *testing.T, addr, bearer string) (n string) {
	t.Helper()
	err := whileBusy(func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/rest/v1/notes?limit=1", http.NoBody)
		if err != nil {
			return err
		}
		r.Header = http.Header{"Apikey": {publishable}, "Authorization": {bearer}, "Prefer": {"count=exact"}}
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusPartialContent {
			err = errors.Join(err, fmt.Errorf("%d %s", res.StatusCode, text))
		}
		_, n, _ = strings.Cut(res.Header.Get("Content-Range"), "/")
		return errors.Join(err, res.Body.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
