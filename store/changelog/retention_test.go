package changelog_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// mustTrim trims until n changes are gone: other tests of the same server may
// have transactions open, before which nothing is removed.
func mustTrim(t *testing.T, db *store.DB, keep changelog.Retention, n int64) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		gone, err := changelog.Trim(t.Context(), db, keep)
		if err != nil {
			t.Fatal(err)
		}
		if n -= gone; n <= 0 || time.Now().After(until) {
			break
		}
	}
	if n != 0 {
		t.Fatalf("%d changes too few were trimmed", n)
	}
}

func TestChangesRetention(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		opts := &changelog.Options{Start: changelog.FromStart, BatchSize: 2}
		for i := range int64(10) {
			mustLog(t, db, "row", i, i)
		}
		waitForIdle(t, db)
		current, behind := changelog.Open(db, "current", opts), changelog.Open(db, "behind", opts)
		drained(t, current)
		var got []string
		enough := errors.New("enough")
		_, err := behind.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			if len(got) == 2 {
				return enough
			}
			got = append(got, label(batch[0]), label(batch[1]))
			return nil
		})
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}

		mustTrim(t, db, changelog.Retention{MaxRows: 3}, 7)
		if n := count(t, db, "plinth_changes"); n != 3 {
			t.Fatalf("%d changes are left, want 3", n)
		}
		if got := drained(t, current); len(got) != 0 {
			t.Errorf("the reader that kept up gets %q", got)
		}
		want := []string{"row [7] 7", "row [8] 8", "row [9] 9"}
		if got := drained(t, changelog.Open(db, "new", opts)); !slices.Equal(got, want) {
			t.Errorf("a new reader gets %q, want %q", got, want)
		}
		for range 2 { // it does not move by itself
			if _, err := behind.Drain(t.Context(), collect(&got, nil)); !errors.Is(err, changelog.ErrResync) {
				t.Fatalf("the reader behind: %v", err)
			}
		}
		if err := behind.Run(t.Context(), collect(&got, nil)); !errors.Is(err, changelog.ErrResync) {
			t.Fatalf("Run of the reader behind: %v", err)
		}
		startsOver(t, db, "behind")
	})
}

// startsOver checks that a reader that is behind calls OnResync once, in the
// transaction that moves it, and goes on from there.
func startsOver(t *testing.T, db *store.DB, name string) {
	t.Helper()
	mustRun(t, db.Bun().DB, "create table resyncs (n bigint)")
	c := changelog.Open(db, name, &changelog.Options{OnResync: func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, "insert into resyncs values (1)")
		return err
	}})
	if got := drained(t, c); len(got) != 0 {
		t.Errorf("starting over it gets %q", got)
	}
	mustLog(t, db, "row", 1, 100)
	if got, want := drained(t, c), []string{"row [1] 100"}; !slices.Equal(got, want) {
		t.Errorf("then it gets %q, want %q", got, want)
	}
	if n := count(t, db, "resyncs"); n != 1 {
		t.Errorf("it started over %d times", n)
	}
}

func TestChangesRetentionByAge(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		c := changelog.Open(db, "reader", nil)
		drained(t, c)
		for i := range int64(3) {
			mustLog(t, db, "row", 1, i)
		}
		waitForIdle(t, db)
		drained(t, c)
		if n, err := changelog.Trim(t.Context(), db, changelog.Retention{MaxAge: time.Hour}); n != 0 || err != nil {
			t.Fatalf("trimmed %d young changes, %v", n, err)
		}
		mustTrim(t, db, changelog.Retention{MaxAge: time.Microsecond}, 3)
		mustLog(t, db, "row", 1, 3)
		if got, want := drained(t, c), []string{"row [1] 3"}; !slices.Equal(got, want) {
			t.Errorf("behind an empty log it gets %q, want %q", got, want)
		}
	})
}

func TestChangesRetentionByBytes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		for i := range int64(10) {
			mustLog(t, db, "row", i, i)
		}
		mustRun(t, db.Bun().DB, "update plinth_changes set size = 100")
		waitForIdle(t, db)
		mustTrim(t, db, changelog.Retention{MaxBytes: 350}, 7)
		if n, err := changelog.Trim(t.Context(), db, changelog.Retention{MaxBytes: -1}); n != 0 || err != nil {
			t.Errorf("without a limit %d changes were trimmed, %v", n, err)
		}
		if n := count(t, db, "plinth_changes"); n != 3 {
			t.Errorf("%d changes are left, want 3", n)
		}
	})
}

// TestRetentionOfTables trims tables by limits of their own: one longer than the log, one
// shorter. A reader of other tables loses nothing by that.
func TestRetentionOfTables(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		age := func(table string, id int64, hours int) {
			t.Helper()
			mustLog(t, db, table, id, id)
			at := time.Now().UTC().Add(-time.Duration(hours) * time.Hour).Format("2006-01-02T15:04:05.000000+00:00")
			text := "update plinth_changes set at = $1 where tbl = $2 and cast(new->>'version' as integer) = $3"
			if db.Capabilities().Engine == "postgres" {
				text = strings.Replace(text, "$1", "$1::text::timestamptz", 1)
			}
			mustRun(t, db.Bun().DB, marks(db, text), at, table, id)
		}
		for i := range int64(4) {
			age("kept", i, 1000)
			age("noise", i, 3)
			age("row", i, 100)
			age("counted", i, 1)
		}
		waitForIdle(t, db)
		cursors := map[string]changelog.Cursor{}
		for _, table := range []string{"kept", "noise", "row", "counted"} {
			page, err := changelog.Read(t.Context(), db, "", &changelog.ReadOptions{Tables: []string{table}})
			if err != nil {
				t.Fatal(err)
			}
			cursors[table] = page.Next
		}
		age("noise", 4, 3)
		age("noise", 5, 1)
		age("row", 4, 1)
		waitForIdle(t, db)
		mustTrim(t, db, changelog.Retention{MaxAge: 50 * time.Hour, Tables: map[string]changelog.TableRetention{
			"kept": {MaxAge: -1}, "noise": {MaxAge: 2 * time.Hour}, "counted": {MaxRows: 2},
		}}, 4+5+2)
		for table, want := range map[string]int{"kept": 4, "noise": 1, "row": 1, "counted": 2} {
			if n := count(t, db, "plinth_changes where tbl = '"+table+"'"); n != want {
				t.Errorf("%d changes of %s are left, want %d", n, table, want)
			}
			page, err := changelog.Read(t.Context(), db, cursors[table], &changelog.ReadOptions{Tables: []string{table}})
			switch {
			case table == "noise":
				if !errors.Is(err, changelog.ErrResync) {
					t.Errorf("a reader that lacks changes of noise: %v", err)
				}
			case err != nil:
				t.Errorf("a reader of %s: %v", table, err)
			case table == "row" && len(page.Changes) != 1:
				t.Errorf("a reader of row: %v", page.Changes)
			}
		}
		if _, err := changelog.Read(t.Context(), db, cursors["row"], nil); !errors.Is(err, changelog.ErrResync) {
			t.Errorf("a reader of all tables: %v", err)
		}
		mustRun(t, db.Bun().DB, "update plinth_changes set size = 100")
		waitForIdle(t, db)
		mustTrim(t, db, changelog.Retention{MaxBytes: 350, Tables: map[string]changelog.TableRetention{"kept": {MaxAge: -1}}}, 5)
		if n := count(t, db, "plinth_changes where tbl = 'kept'"); n != 0 {
			t.Errorf("%d changes are kept beyond the bytes of the log", n)
		}
	})
}

// TestChangesTrimWaits keeps what a transaction that is open may precede.
func TestChangesTrimWaits(t *testing.T) {
	t.Parallel()
	db := postgresLog(t)
	c := changelog.Open(db, "reader", nil)
	drained(t, c)
	open := begin(t, db)
	mustAppend(t, db, open, "late", 1)
	mustLog(t, db, "row", 1, 1)
	drained(t, c)
	if n, err := changelog.Trim(t.Context(), db, changelog.Retention{MaxAge: time.Microsecond}); n != 0 || err != nil {
		t.Fatalf("trimmed %d, %v", n, err)
	}
	commit(t, open)
	if got, want := drained(t, c), []string{"late [1] 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	mustTrim(t, db, changelog.Retention{MaxAge: time.Microsecond}, 2)
}

// farID is the number of a transaction this server has not begun.
const farID = "9000000000"

// TestChangesEpoch gives the log the numbers of another server, as a dump does
// that was restored here.
func TestChangesEpoch(t *testing.T) {
	t.Parallel()
	db := postgresLog(t)
	opts := &changelog.Options{Start: changelog.FromStart}
	mustLog(t, db, "row", 1, 1)
	mustLog(t, db, "row", 1, 2)
	drained(t, changelog.Open(db, "reader", opts))
	epoch := setting(t, db, "epoch")

	mustRun(t, db.Bun().DB, "update plinth_changes set xid = '"+farID+"'::xid8 where new->>'version' = '2'")
	if _, err := changelog.Open(db, "reader", opts).Drain(t.Context(), collect(new([]string), nil)); !errors.Is(err, changelog.ErrResync) {
		t.Fatalf("the reader of the old epoch: %v", err)
	}
	if now := setting(t, db, "epoch"); now == epoch || now == "" {
		t.Errorf("epoch %q after %q", now, epoch)
	}
	fresh := changelog.Open(db, "fresh", opts)
	if got, want := drained(t, fresh), []string{"row [1] 1", "row [1] 2"}; !slices.Equal(got, want) {
		t.Errorf("a new reader gets %q, want %q", got, want)
	}
	if got := drained(t, fresh); len(got) != 0 {
		t.Errorf("a second time it gets %q", got)
	}
	startsOver(t, db, "reader")
}

// TestChangesPositionOfAnotherServer restores the positions and an empty log.
func TestChangesPositionOfAnotherServer(t *testing.T) {
	t.Parallel()
	db := postgresLog(t)
	c := changelog.Open(db, "reader", nil)
	drained(t, c)
	mustRun(t, db.Bun().DB, `update plinth_cursors set position = jsonb_set(position::jsonb, '{from}', '"`+farID+`:`+farID+`:"')::text`)
	if _, err := c.Drain(t.Context(), collect(new([]string), nil)); !errors.Is(err, changelog.ErrResync) {
		t.Fatalf("Drain = %v", err)
	}
	startsOver(t, db, "reader")
}

func setting(t *testing.T, db *store.DB, name string) (value string) {
	t.Helper()
	err := db.Bun().DB.QueryRowContext(t.Context(), "select value from plinth_settings where name = '"+name+"'").Scan(&value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
