package migrate_test

import (
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// crate is a table that development has made.
type crate struct {
	bun.BaseModel `bun:"table:crates"`
	ID            int64  `bun:",pk"`
	Label         string `bun:",notnull,unique"`
}

var crates = map[string]string{
	"0001_init.up.sql": "create table crates (id integer primary key, label text not null unique);",
	"0002_rows.up.sql": "insert into crates values (1, 'first');",
}

// TestBaseline: a database that development has made takes the migrations that were
// written afterwards.
func TestBaseline(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open((*crate)(nil))
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		runSQL(t, db, `insert into crates values (7, 'kept')`)
		other := source("other", map[string]string{"0001_init.up.sql": "create table others (id integer);"})
		m := newMigrator(t, db, source("crates", crates), other)
		if _, err := m.Up(t.Context()); err == nil {
			t.Fatal("the table is made twice")
		}
		recorded, err := m.Baseline(t.Context(), "crates")
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(recorded), "crates 1 init", "crates 2 rows")
		if recorded[0].AppliedAt.IsZero() {
			t.Error("no time is recorded")
		}
		recorded, err = m.Baseline(t.Context(), "crates")
		if err != nil || len(recorded) > 0 {
			t.Errorf("again: %v, %v", titles(recorded), err)
		}
		if got := value(t, db, `select count(*) || max(label) from crates`); got != "1kept" {
			t.Errorf("rows afterwards: %s", got)
		}
		more := source("crates", with(crates, "0003_more.up.sql", "insert into crates values (2, 'more');"))
		wantList(t, up(t, db, more, other), "crates 3 more", "other 1 init")
		if err := migrate.Verify(t.Context(), db, more, other); err != nil {
			t.Error(err)
		}
	})
}

// TestBaselineRefused: what is not there is not recorded.
func TestBaselineRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open((*crate)(nil))
		m := newMigrator(t, db, source("crates", crates))
		refused := func(line string, schema bool, parts ...string) {
			t.Helper()
			recorded, err := m.Baseline(t.Context(), line)
			wantError(t, err, parts...)
			if _, ok := errors.AsType[*migrate.SchemaError](err); ok != schema || len(recorded) > 0 {
				t.Errorf("%T, recorded %v", err, titles(recorded))
			}
		}
		refused("crates", true, "table crates is missing")
		runSQL(t, db, `create table crates (id bigint primary key)`)
		refused("crates", true, "crates.label")
		refused("plinth", false, "plinth", "Up")
		refused("boxes", false, "boxes")
		pending, err := m.DryRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, titles(pending), "plinth 1 init", "plinth 2 idempotency", "plinth 3 idempotency_caller", "plinth 4 log_size", "plinth 5 jobs", "plinth 6 history", "plinth 7 realtime", "plinth 8 job_keys", "crates 1 init", "crates 2 rows")

		// An index is no problem of a program that starts, and missing all the same.
		indexed := open((*crate)(nil), (*box)(nil))
		runSQL(t, db, `drop table crates`)
		if _, err := migrate.Auto(t.Context(), indexed); err != nil {
			t.Fatal(err)
		}
		runSQL(t, db, `drop index boxes_crate_id_idx`)
		m = newMigrator(t, indexed, source("crates", crates))
		refused("crates", true, "boxes_crate_id_idx")

		runSQL(t, db, `create index boxes_crate_id_idx on boxes (crate_id)`)
		if _, err := m.Baseline(t.Context(), "crates"); err != nil {
			t.Error(err)
		}
		m = newMigrator(t, indexed, source("crates", with(crates, "0001_init.up.sql", "create table crates ();")))
		refused("crates", false, "crates 1 init was changed after it was applied")
	})
}

// box has an index for its foreign key.
type box struct {
	bun.BaseModel `bun:"table:boxes"`
	ID            int64  `bun:",pk"`
	CrateID       int64  `bun:",notnull"`
	Crate         *crate `bun:"rel:belongs-to,join:crate_id=id"`
}
