package migrate_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

type noteV1 struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64 `bun:",pk,autoincrement"`
	Title         string
}

// noteV2 has a new column of every kind, one with a default, one that can be
// NULL, a key that can be NULL and a unique group.
type noteV2 struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64 `bun:",pk,autoincrement"`
	Title         string
	Body          string
	Done          bool
	Size          int64
	Ratio         float64
	Price         string `bun:"type:numeric"`
	SeenAt        time.Time
	Day           string   `bun:"type:date"`
	Ref           store.ID `bun:"type:uuid"`
	Raw           []byte
	Doc           json.RawMessage `bun:"type:jsonb"`
	Tags          []string        `bun:",array"`
	State         string          `bun:"default:'new'"`
	Hint          *string         `bun:",unique:hints"`
	Slot          *int64          `bun:",unique:hints"`
	ParentID      *int64
	Parent        *noteV2 `bun:"rel:belongs-to,join:parent_id=id"`
}

func TestAddColumnsToRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		before := open(noteV1{})
		apply(t, before)
		runSQL(t, before, `insert into notes (title) values ('a'), ('b')`)

		db := open(noteV2{})
		plan := apply(t, db)
		golden(t, "add."+db.Capabilities().Engine+".sql", plan.String())
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after Apply there is still to do:\n%s", again)
		}
		for query, want := range map[string]string{
			`select count(*) from notes where body = '' and not done and size = 0 and ratio = 0`: "2",
			`select min(cast(price as text)) from notes`:                                         "0",
			`select ` + isoTime(db, "min(seen_at)") + ` from notes`:                              "0001-01-01T00:00:00.000000+00:00",
			`select min(cast(day as text)) from notes`:                                           "0001-01-01",
			`select min(cast(ref as text)) from notes`:                                           "00000000-0000-0000-0000-000000000000",
			`select max(length(raw)) from notes`:                                                 "0",
			`select min(cast(doc as text)) from notes`:                                           "null",
			`select min(cast(tags as text)) from notes`:                                          onSQLite(db, "[]", "{}"),
			`select min(state) from notes`:                                                       "new",
			`select count(*) from notes where hint is null and parent_id is null`:                "2",
		} {
			if got := value(t, db, query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		if _, err := db.Bun().DB.ExecContext(t.Context(), `update notes set parent_id = 99`); err == nil {
			t.Error("the new foreign key is not checked")
		}
	})
}

// noteV3 wants what no statement can do while there are rows.
type noteV3 struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64 `bun:",pk,autoincrement"`
	Title         string
	Code          string  `bun:",unique"`
	OwnerID       int64   `bun:",notnull"`
	Owner         *noteV3 `bun:"rel:belongs-to,join:owner_id=id"`
}

func TestWorkForAPerson(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		before := open(noteV1{})
		apply(t, before)
		runSQL(t, before, `insert into notes (title) values ('a'), ('b')`)
		db := open(noteV3{})
		plan := apply(t, db)
		golden(t, "person."+db.Capabilities().Engine+".sql", plan.String())
		if again := diff(t, db); len(again.Statements) > 0 || len(again.Manual) != len(plan.Manual) {
			t.Errorf("after Apply there is still to do:\n%s", again)
		}
		wantError(t, migrate.Verify(t.Context(), db), "notes.owner_id is missing", "notes has no unique index on (code)")
	})
}

func TestAddToEmptyTable(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		apply(t, open(noteV1{}))
		db := open(noteV3{})
		if plan := apply(t, db); len(plan.Manual) > 0 {
			t.Errorf("an empty table leaves work for a person: %q", plan.Manual)
		}
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after Apply there is still to do:\n%s", again)
		}
		if _, err := db.Bun().DB.ExecContext(t.Context(), `insert into notes (title, code, owner_id) values ('a', 'b', 99)`); err == nil {
			t.Error("the new foreign key is not checked")
		}
	})
}

// TestFailingAutoLeavesNothing lets the last statement fail.
func TestFailingAutoLeavesNothing(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		apply(t, open(noteV1{}))
		db := open(noteV3{})
		runSQL(t, db, `create table notes_owner_id_idx (taken integer)`)
		plan := diff(t, db)
		_, err := migrate.Auto(t.Context(), db)
		wantError(t, err, `create index "notes_owner_id_idx"`)
		if again := diff(t, db); !slices.Equal(again.Statements, plan.Statements) {
			t.Errorf("a failed plan left something behind: %q", again.Statements)
		}
	})
}

// TestRowsInTheWay has rows that new constraints would refuse.
func TestRowsInTheWay(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(car{}, owner{})
		runSQL(t, db, `create table cars (id `+onSQLite(db, "integer", "serial")+` primary key, plate text `+onPostgres(db, `collate "C"`)+` not null,
			doors bigint not null, note text `+onPostgres(db, `collate "C"`)+`, owner_id bigint not null)`)
		runSQL(t, db, `insert into cars (plate, doors, owner_id) values ('a', 1, 1), ('a', 1, 1)`)
		if plan := apply(t, db); len(plan.Manual) != 2 {
			t.Errorf("want entries for equal plates and unknown owners: %q", plan.Manual)
		}
		runSQL(t, db, `insert into owners (id) values (1)`)
		runSQL(t, db, `update cars set plate = 'b' where id = 2`)
		if plan := apply(t, db); len(plan.Manual) != 0 && db.Capabilities().Engine == "postgres" {
			t.Errorf("nothing is in the way any more: %q", plan.Manual)
		}
		if _, err := db.Bun().DB.ExecContext(t.Context(), `update cars set plate = 'b'`); err == nil {
			t.Error("two cars have one plate")
		}
	})
}

func TestAuto(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(fixture...)
		line := source("app", map[string]string{"0001_seed.up.sql": `create table seeds (id integer primary key)`})
		wantError(t, migrate.Verify(t.Context(), db, line), "migration plinth 1 init is pending", "migration app 1 seed is pending", "table teams is missing")
		plan, err := migrate.Auto(t.Context(), db, line)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(plan.Statements, func(s string) bool { return strings.HasPrefix(s, `create table "teams"`) }) {
			t.Error("the plan does not tell what was done")
		}
		plan, err = migrate.Auto(t.Context(), db, line)
		if err != nil || plan.String() != "" {
			t.Errorf("a second Auto did %q, %v", plan, err)
		}
		if err := migrate.Verify(t.Context(), db, line); err != nil {
			t.Error(err)
		}
	})
}
