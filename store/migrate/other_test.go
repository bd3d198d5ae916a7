package migrate_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// TestOtherCollation has text that sorts by a language: it works, and a person
// is told.
func TestOtherCollation(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(car{}, owner{})
		up(t, db)
		runSQL(t, db, ownersTable+`create table cars (id `+onSQLite(db, "integer", "serial")+` primary key, plate text not null unique,
			doors bigint not null, note text, owner_id bigint not null`+carKeys+`)`)
		apply(t, db) // the index of owner_id
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
		plan := diff(t, db)
		if db.Capabilities().Engine == "sqlite" {
			if plan.String() != "" {
				t.Errorf("nothing to say on SQLite: %s", plan)
			}
			return
		}
		if len(plan.Manual) != 2 || !strings.HasPrefix(plan.Manual[0], `cars.plate is not collate "C"`) {
			t.Errorf("want plate and note: %q", plan.Manual)
		}
	})
}

// TestUniqueIndexOverDeletedRows turns a table into one with soft deletion.
func TestUniqueIndexOverDeletedRows(t *testing.T) {
	t.Parallel()
	type hard struct {
		bun.BaseModel `bun:"table:boats"`
		ID            int64  `bun:",pk"`
		Name          string `bun:",unique:n"`
	}
	type soft struct {
		bun.BaseModel `bun:"table:boats"`
		store.SoftDelete
		ID   int64  `bun:",pk"`
		Name string `bun:",unique:n"`
	}
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		apply(t, open(hard{}))
		db := open(soft{})
		up(t, db)
		plan := apply(t, db)
		if len(plan.Manual) != 2 {
			t.Errorf("want the old index and the taken name: %q", plan.Manual)
		}
		checkProblems(t, migrate.Verify(t.Context(), db), []string{
			"unique index boats_name_key counts deleted rows of boats too",
			"boats has no unique index on (name)",
		})
		runSQL(t, db, `drop index boats_name_key`)
		apply(t, db)
		checkProblems(t, migrate.Verify(t.Context(), db), nil)
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after Apply there is still to do:\n%s", again)
		}
	})
}

func TestDefaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	type list struct {
		bun.BaseModel `bun:"table:lists"`
		ID            int64    `bun:",pk"`
		Tags          []string `bun:",array,default:'{a}'"`
	}
	db := connect(t, t.TempDir()+"/test.db", list{})
	_, err := migrate.Diff(t.Context(), db)
	wantError(t, err, "lists.tags: default '{a}'", "can only be empty")
}
