package migrate_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

func diff(t *testing.T, db *store.DB) *migrate.Plan {
	t.Helper()
	plan, err := migrate.Diff(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func apply(t *testing.T, db *store.DB) *migrate.Plan {
	t.Helper()
	plan, err := migrate.Auto(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestDiffOfFixture creates every kind of column, key and relation, after which
// nothing must be left to do.
func TestDiffOfFixture(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(fixture...)
		plan := diff(t, db)
		golden(t, "fixture."+db.Capabilities().Engine+".sql", plan.String())
		up(t, db)
		if err := migrate.Verify(t.Context(), db); err == nil {
			t.Error("Verify accepts an empty database")
		}
		apply(t, db)
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after Auto there is still to do:\n%s", again)
		}
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
		if again := apply(t, db).Statements; len(again) != 0 {
			t.Errorf("Auto applies again what is applied: %q", again)
		}
	})
}

func TestFixtureKeepsItsPromises(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(fixture...)
		apply(t, db)
		insert := func(code string) error {
			_, err := db.Bun().DB.ExecContext(t.Context(), `insert into presets (code) values ('`+code+`')`)
			return err
		}
		if err := insert("a"); err != nil {
			t.Fatal(err)
		}
		if err := insert("a"); err == nil {
			t.Error("a primary key was taken twice")
		}
		runSQL(t, db, `insert into gauges (label, active, count, small, ratio, price, seen_at, day, ref, blob, extra, tags, plain)
			values ('x', true, 1, 1, 1, 1, '2026-01-02T03:04:05.000000+00:00', '2026-01-02', '01890000-0000-7000-8000-000000000000', '', '{}', '{}', '')`)
		runSQL(t, db, `insert into settings (scope, number, preset_code, gauge_id, owner) values ('s', 1, 'a', 1, '01890000-0000-7000-8000-000000000000')`)
		if _, err := db.Bun().DB.ExecContext(t.Context(), `delete from presets`); err == nil {
			t.Error("a row that is referred to was deleted")
		}
		for query, want := range map[string]string{
			`select name from presets`: "it's (new)",
			`select cast(open as integer) from presets` + onPostgres(db, " where open"): "1",
			`select rank from presets`:                                                          "-7",
			`select cast(price as text) from presets`:                                           "9.50",
			`select ` + isoTime(db, "since") + ` from presets`:                                  "2026-01-02T03:04:05.000000+00:00",
			`select cast(extra as text) from presets`:                                           "{}",
			`select ` + onSQLite(db, "lower(hex(raw))", "encode(raw, 'hex')") + ` from presets`: "dead",
			`select cast(tags as text) from presets`:                                            onSQLite(db, "[]", "{}"),
			`select length(` + isoTime(db, "made_at") + `) from presets`:                        "32",
			`select cast(day as text) from presets`:                                             "2026-01-02",
		} {
			if got := value(t, db, query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
	})
}

// TestUniqueIgnoresDeletedRows looks at the partial indexes of soft deletion.
func TestUniqueIgnoresDeletedRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(fixture...)
		apply(t, db)
		insert := func(id, deleted string) error {
			_, err := db.Bun().DB.ExecContext(t.Context(), `insert into teams (id, created_at, updated_at, version, tenant_id, slug, region, number, deleted_at)
				values ('01890000-0000-7000-8000-00000000000`+id+`', '2026-01-02', '2026-01-02', 1, 't', 'slug', 'r'||'`+id+`', 1, `+deleted+`)`)
			return err
		}
		for _, id := range []string{"1", "2"} {
			if err := insert(id, `'2026-01-02'`); err != nil {
				t.Fatal(err)
			}
		}
		if err := insert("3", "null"); err != nil {
			t.Fatal(err)
		}
		if err := insert("4", "null"); err == nil {
			t.Error("two rows that are not deleted have the same slug")
		}
	})
}

func onSQLite(db *store.DB, yes, no string) string {
	if db.Capabilities().Engine == "sqlite" {
		return yes
	}
	return no
}

func onPostgres(db *store.DB, text string) string { return onSQLite(db, "", text) }

// isoTime selects a time as text.
func isoTime(db *store.DB, column string) string {
	return onSQLite(db, column, `to_char(`+column+`, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')`)
}
