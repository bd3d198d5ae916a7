package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// clock is the time of all writes of the suite that show it.
var clock = time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)

// clockJSON is clock as the engines keep it.
const clockJSON = `"2024-05-06T07:08:09.123456+00:00"`

// fixedClock are options under which all times are the same.
func fixedClock() store.Options { return store.Options{Now: func() time.Time { return clock }} }

// logged returns what is new in the change log since the last call, one line
// for each change.
func logged(t *testing.T, db *store.DB) []string {
	t.Helper()
	lines := []string{}
	reader := changelog.Open(db, "storetest", &changelog.Options{Start: changelog.FromStart})
	_, err := reader.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			line := fmt.Sprintf("%s %s %s %s -> %s", c.Table, c.Op, c.Key, image(c.Old), image(c.New))
			if c.Actor+c.Tenant != "" {
				line += " by " + c.Actor + "/" + c.Tenant
			}
			lines = append(lines, line)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("change log: %v", err)
	}
	return lines
}

func image(raw json.RawMessage) string {
	if raw == nil {
		return "-"
	}
	return string(raw)
}

// wantLog compares what is new in the change log.
func wantLog(t *testing.T, db *store.DB, want ...string) {
	t.Helper()
	if got := logged(t, db); !slices.Equal(got, want) {
		t.Errorf("change log\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// account has a column of each mode.
type account struct {
	bun.BaseModel `bun:"table:accounts"`
	ID            int64  `bun:",pk"`
	Name          string `bun:",notnull"`
	Mail          string `bun:",notnull" plinth:"hidden"`
	Hash          string `bun:",notnull" plinth:"secret"`
	Rate          *float64
}

// quiet is not tracked.
type quiet struct {
	bun.BaseModel `bun:"table:quiet"`
	store.Untracked
	ID int64 `bun:",pk"`
}

func testLog(t *testing.T, db *store.DB) {
	accounts := store.For[account](db)
	rate := 1e20
	insert(t, db, &account{ID: 1, Name: "a\"ä", Mail: "m", Hash: "very secret", Rate: &rate})
	wantLog(t, db, `accounts insert [1] - -> {"id":1,"name":"a\"ä","mail":"m","rate":1e+20}`)
	value(accounts.Patch(t.Context(), 1, store.SetTo("name", "b"), store.SetTo("hash", "other secret")))(t)
	wantLog(t, db, `accounts update [1] {"id":1,"name":"a\"ä","mail":"m","rate":1e+20} -> {"id":1,"name":"b","mail":"m","rate":1e+20}`)
	// Readers leave out what is secret; it must not be in the table either.
	var secrets int
	const count = "select count(*) from plinth_changes where cast(old as text) like '%secret%' or cast(new as text) like '%secret%'"
	if err := db.Bun().NewRaw(count).Scan(t.Context(), &secrets); err != nil || secrets != 0 {
		t.Errorf("the log holds %d secrets, %v", secrets, err)
	}
	insert(t, db, &account{ID: 2}, &account{ID: 3})
	logged(t, db)
	if n, err := accounts.PatchWhere(t.Context(), store.Compare("id", query.OpGt, 1), store.SetTo("name", "c")); n != 2 || err != nil {
		t.Errorf("patched %d, %v", n, err)
	}
	wantLog(t, db,
		`accounts update [2] {"id":2,"name":"","mail":"","rate":null} -> {"id":2,"name":"c","mail":"","rate":null}`,
		`accounts update [3] {"id":3,"name":"","mail":"","rate":null} -> {"id":3,"name":"c","mail":"","rate":null}`)

	scope := scopeOf("ann", "", open(t, db.Table(account{})))
	if err := accounts.As(scope).Delete(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if n, err := accounts.As(scope).DeleteWhere(t.Context(), store.Eq("id", 99)); n != 0 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if _, err := post(t, scopedGate[account](db, scope), `[{"id":4,"name":"x"},{"id":5,"name":"y"}]`, nil); err != nil {
		t.Error(err)
	}
	wantLog(t, db,
		`accounts delete [2] {"id":2,"name":"c","mail":"","rate":null} -> - by ann/`,
		`accounts insert [4] - -> {"id":4,"name":"x","mail":"","rate":null} by ann/`,
		`accounts insert [5] - -> {"id":5,"name":"y","mail":"","rate":null} by ann/`)

	insert(t, db, &quiet{ID: 1})
	wantLog(t, db)
	err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[account](tx).Insert(ctx, &account{ID: 6}); err != nil {
			return err
		}
		err := tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := store.For[account](tx).Insert(ctx, &account{ID: 7}); err != nil {
				return err
			}
			return errRefused
		})
		wantIs(t, "savepoint", err, errRefused)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	wantLog(t, db, `accounts insert [6] - -> {"id":6,"name":"","mail":"","rate":null}`)
	err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[account](tx).Delete(ctx, 6); err != nil {
			return err
		}
		return errRefused
	})
	wantIs(t, "transaction", err, errRefused)
	if err := accounts.Insert(t.Context(), &account{ID: 6}); err == nil {
		t.Error("a key was taken twice")
	}
	wantLog(t, db)
}
