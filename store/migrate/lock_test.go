package migrate_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestManyAtOnce lets several connections, each of its own pool, do the same.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		count := map[string]int{}
		for range 4 {
			db := open(fixture...)
			wg.Go(func() {
				m, err := migrate.New(db, source("shop", shop))
				if err != nil {
					t.Error(err)
					return
				}
				applied, err := m.Up(t.Context())
				if err != nil {
					t.Error(err)
				}
				if _, err := migrate.Auto(t.Context(), db, source("shop", shop)); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, name := range titles(applied) {
					count[name]++
				}
			})
		}
		wg.Wait()
		for _, name := range []string{"plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "shop 1 init", "shop 2 items"} {
			if count[name] != 1 {
				t.Errorf("%s was applied %d times", name, count[name])
			}
		}
		if err := migrate.Verify(t.Context(), open(fixture...), source("shop", shop)); err != nil {
			t.Error(err)
		}
	})
}

// These make the test program migrate a database, which takes for ever.
const (
	envHold    = "PLINTH_MIGRATE_TEST_HOLD"
	envEndless = "PLINTH_MIGRATE_TEST_FILE"
)

func TestMain(m *testing.M) {
	if place := os.Getenv(envHold); place != "" {
		err := hold(context.Background(), place, source("endless", map[string]string{"0001_half.up.sql": os.Getenv(envEndless)}))
		fmt.Fprintln(os.Stderr, "the migration that never ends has ended:", err)
		os.Exit(1)
	}
	leaktest.Main(m)
}

func hold(ctx context.Context, place string, endless migrate.Source) error {
	db, err := open(ctx, place)
	if err != nil {
		return err
	}
	m, err := migrate.New(db, endless)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = m.Up(ctx)
	return err
}

// A migration that never ends. PostgreSQL looks for its client between two
// statements, or while one runs if it is told to.
const (
	endlessSQLite   = `create table half (id integer); with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n;`
	endlessPostgres = `create table half (id integer); set client_connection_check_interval = '50ms'; select pg_sleep(600);`
)

func endlessBare() string {
	return "-- plinth:no-transaction\n" + strings.Repeat("select pg_sleep(1);\n-- plinth:next\n", 600)
}

// TestCrashFreesTheLock kills a process in the middle of a migration.
func TestCrashFreesTheLock(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		crash(t, filepath.Join(t.TempDir(), "test.db"), endlessSQLite)
	})
	for name, text := range map[string]string{"postgres": endlessPostgres, "postgres without transaction": endlessBare()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crash(t, pgtest.URL(t), text)
		})
	}
}

func crash(t *testing.T, place, endless string) {
	t.Helper()
	db := connect(t, place)
	up(t, db)
	child := startHolder(t, place, endless)

	// The other one has the lock soon after its line.
	idle := newMigrator(t, db)
	for locked := false; !locked; {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := idle.Up(ctx)
		// On a busy machine the time may end before there is anything to wait for.
		if locked = errors.Is(err, migrate.ErrLocked); !locked && err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		cancel()
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// What the other one made in its transaction is gone: the name is free.
	after := source("after", map[string]string{"0001_half.up.sql": "create table half (id integer)"})
	applied, err := newMigrator(t, db, after).Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantList(t, titles(applied), "after 1 half")
}

// TestLockTimeout: with lock_timeout in the URL a migration that waits for a table gives
// up, in a transaction or not, and can be started again.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	others := connect(t, u.String())
	query := u.Query()
	query.Set("lock_timeout", "100ms")
	u.RawQuery = query.Encode()
	db := connect(t, u.String())
	files := map[string]string{"0001_notes.up.sql": "create table notes (id integer)"}
	up(t, db, source("notes", files))
	for _, next := range []struct{ name, text string }{
		{"0002_title", "alter table notes add column title text"},
		{"0003_index", "-- plinth:no-transaction\ndrop index concurrently if exists notes_idx;\n-- plinth:next\ncreate index concurrently notes_idx on notes (id);"},
	} {
		files = with(files, next.name+".up.sql", next.text)
		tx, err := others.Bun().DB.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "insert into notes (id) values (1)"); err != nil {
			t.Fatal(err)
		}
		_, err = newMigrator(t, db, source("notes", files)).Up(t.Context())
		wantError(t, err, "55P03")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if applied := up(t, db, source("notes", files)); len(applied) != 1 {
			t.Errorf("%s: applied %q", next.name, applied)
		}
	}
}

// TestDefaultLockTimeout: the lock_timeout that store/postgres sets for requests does not
// hold for migrations.
func TestDefaultLockTimeout(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{LockTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	files := map[string]string{"0001_notes.up.sql": "create table notes (id integer)"}
	up(t, db, source("notes", files))
	for name, text := range map[string]string{
		"0002_title": "alter table notes add column title text",
		"0003_index": "-- plinth:no-transaction\ncreate index concurrently notes_idx on notes (id);",
	} {
		files = with(files, name+".up.sql", text)
	}
	tx, err := db.Bun().DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "insert into notes (id) values (1)"); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = tx.Rollback() })
	if applied := up(t, db, source("notes", files)); len(applied) != 2 {
		t.Errorf("applied %q", applied)
	}
	var limit string
	if err := db.Bun().DB.QueryRowContext(t.Context(), "show lock_timeout").Scan(&limit); err != nil || limit != "50ms" {
		t.Errorf("lock_timeout is %q afterwards, %v", limit, err)
	}
}

// startHolder starts this program again as one that migrates for ever.
func startHolder(t *testing.T, place, endless string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), envHold+"="+place, envEndless+"="+endless)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // most are dead by now
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process: %q, %v", line, err)
	}
	return cmd
}
