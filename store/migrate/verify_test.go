package migrate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

type car struct {
	bun.BaseModel `bun:"table:cars"`
	ID            int64  `bun:",pk,autoincrement"`
	Plate         string `bun:",unique"`
	Doors         int64
	Note          *string
	OwnerID       int64
	Owner         *owner `bun:"rel:belongs-to,join:owner_id=id"`
}

type owner struct {
	bun.BaseModel `bun:"table:owners"`
	ID            int64 `bun:",pk"`
}

type fastCar struct {
	bun.BaseModel `bun:"table:fast_cars"`
	ID            int64
	Plate         string
}

const (
	ownersTable = `create table owners (id bigint primary key);`
	// carKeys is what every table of the cases below has beside its columns.
	carKeys = `, foreign key (owner_id) references owners (id) on delete restrict`
)

// verifyCases are tables other programs made for cars.
var verifyCases = []struct {
	name             string
	postgres, sqlite string
	problems         []string
	manual           int // entries of the plan, where not as many as problems
}{
	{
		name: "readable types",
		postgres: `create table cars (id serial primary key, plate varchar(20) collate "C" not null unique, doors smallint not null,
				note text collate "C", owner_id bigint not null` + carKeys + `)`,
		sqlite: `create table cars (id integer primary key, plate varchar(20) not null unique, doors bigint not null, note clob,
				owner_id int not null` + carKeys + `)`,
	},
	{
		name: "types and nulls",
		postgres: `create table cars (id bigint primary key, plate text collate "C" not null unique, doors text, note text collate "C" not null,
				owner_id bigint` + carKeys + `)`,
		sqlite: `create table cars (id bigint primary key, plate text not null unique, doors text, note text not null, owner_id bigint` + carKeys + `)`,
		problems: []string{
			"cars.id is not assigned by the database",
			"cars.doors has type text, want T",
			"cars.note cannot be NULL, and its field can",
			"cars.owner_id can be NULL, and its field cannot",
		},
	},
	{
		name: "columns without a field",
		postgres: `create table cars (id serial primary key, plate text collate "C" not null unique, doors bigint not null, note text collate "C",
				owner_id bigint not null, must bigint not null, may bigint, twice bigint generated always as (doors * 2) stored` + carKeys + `)`,
		sqlite: `create table cars (id integer primary key, plate text not null unique, doors bigint not null, note text,
				owner_id bigint not null, must bigint not null, may bigint, twice bigint generated always as (doors * 2) stored` + carKeys + `)`,
		problems: []string{"cars.must must be given and has no field"},
		manual:   2,
	},
	{
		name: "keys",
		postgres: `create table cars (id bigint not null default 1, plate text collate "C" not null primary key, doors bigint not null, note text collate "C",
				owner_id bigint not null references owners (id) on delete cascade)`,
		sqlite: `create table cars (id integer not null default 1, plate text not null primary key, doors bigint not null, note text,
				owner_id bigint not null references owners (id) on delete cascade)`,
		problems: []string{
			"cars has the primary key (plate), want (id)",
			"cars.id is not assigned by the database",
			"foreign key K of cars deletes or changes rows without entries in the change log",
		},
	},
	{
		name: "a partial index is not the unique one",
		postgres: `create table cars (id serial primary key, plate text collate "C" not null, doors bigint not null, note text collate "C",
				owner_id bigint not null` + carKeys + `); create unique index other on cars (plate) where doors > 2`,
		sqlite: `create table cars (id integer primary key, plate text not null, doors bigint not null, note text,
				owner_id bigint not null` + carKeys + `); create unique index other on cars (plate) where doors > 2`,
		problems: []string{"cars has no unique index on (plate)"},
		manual:   -1,
	},
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for _, tc := range verifyCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, open func(...any) *store.DB) {
				db := open(car{}, owner{})
				up(t, db)
				runSQL(t, db, ownersTable+onSQLite(db, tc.sqlite, tc.postgres))
				runSQL(t, db, `create index cars_owner_idx on cars (owner_id)`)
				want := slices.Clone(tc.problems)
				for i, p := range want {
					switch p {
					case "cars.doors has type text, want T":
						want[i] = onSQLite(db, "cars.doors has type TEXT, want INTEGER", "cars.doors has type text, want bigint")
					case "foreign key K of cars deletes or changes rows without entries in the change log":
						want[i] = "foreign key " + onSQLite(db, "to owners", "cars_owner_id_fkey") + p[len("foreign key K"):]
					}
				}
				checkProblems(t, migrate.Verify(t.Context(), db), want)
				manual := tc.manual
				if manual == 0 {
					manual = len(want)
				}
				if plan := diff(t, db); len(plan.Manual) != max(manual, 0) {
					t.Errorf("%d entries for a person, want %d: %q", len(plan.Manual), manual, plan.Manual)
				}
			})
		})
	}
}

func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Error(err)
		}
		return
	}
	var schema *migrate.SchemaError
	if !errors.As(err, &schema) {
		t.Fatalf("got %v, want a SchemaError", err)
	}
	wantList(t, schema.Problems, want...)
}

// slowCar and keyedCar describe one view, slowCar as a table.
type slowCar struct {
	bun.BaseModel `bun:"table:slow_cars"`
	ID            int64 `bun:",pk"`
}

type keyedCar struct {
	bun.BaseModel `bun:"table:slow_cars"`
	store.View
	ID int64 `bun:",pk"`
}

func TestVerifyKeyOfView(t *testing.T) {
	t.Parallel()
	view := `create view slow_cars as select 1 as id`
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(slowCar{})
		up(t, db)
		runSQL(t, db, view)
		checkProblems(t, migrate.Verify(t.Context(), db), []string{"slow_cars is a view and its model describes a table"})
	})
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(keyedCar{})
		up(t, db)
		checkProblems(t, migrate.Verify(t.Context(), db), []string{"view slow_cars is missing"})
		if plan := apply(t, db); len(plan.Manual) != 1 {
			t.Errorf("want one entry for the missing view: %q", plan.Manual)
		}
		runSQL(t, db, strings.Replace(view, "1 as", "cast(1 as bigint) as", 1))
		checkProblems(t, migrate.Verify(t.Context(), db), nil)
	})
}

func TestVerifyViews(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(car{}, owner{}, fastCar{})
		up(t, db)
		plan := apply(t, db)
		if len(plan.Manual) != 1 {
			t.Errorf("want one entry for the missing view: %q", plan.Manual)
		}
		checkProblems(t, migrate.Verify(t.Context(), db), []string{"view fast_cars is missing"})
		runSQL(t, db, `create view fast_cars as select id, doors from cars`)
		checkProblems(t, migrate.Verify(t.Context(), db), []string{"fast_cars.plate is missing in the view"})
		runSQL(t, db, `drop view fast_cars`)
		runSQL(t, db, `create view fast_cars as select id, plate from cars`)
		checkProblems(t, migrate.Verify(t.Context(), db), nil)
		if plan := diff(t, db); plan.String() != "" {
			t.Errorf("a view that fits leaves %s", plan)
		}
	})
}

func TestNamesThatCannotBe(t *testing.T) {
	t.Parallel()
	type twin struct {
		bun.BaseModel `bun:"table:twins"`
		ID            int64  `bun:",pk"`
		A             string `bun:"a,unique:one"`
		BC            string `bun:"b_c,unique:one"`
		AB            string `bun:"a_b,unique:two"`
		C             string `bun:"c,unique:two"`
	}
	type long struct {
		bun.BaseModel `bun:"table:a_table_with_quite_a_long_name_for_a_table"`
		ID            int64  `bun:",pk"`
		A             int64  `bun:"and_a_column_to_match_it,unique"` // the name of its key is shortened
		Of            *owner `bun:"rel:belongs-to,join:and_a_column_to_match_it=id"`
	}
	type half struct {
		bun.BaseModel `bun:"table:halves"`
		ID            int64 `bun:",pk,autoincrement"`
		Other         int64 `bun:",pk"`
	}
	for text, model := range map[string]any{
		"both need an index twins_a_b_c_key":                       twin{},
		"longer than 63 bytes":                                     long{},
		"halves.id: only an integer that alone is the primary key": half{},
	} {
		db := connect(t, t.TempDir()+"/test.db", model)
		_, err := migrate.Diff(t.Context(), db)
		wantError(t, err, text)
	}
}
