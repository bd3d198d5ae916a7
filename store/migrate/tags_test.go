package migrate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// parcel has a tag of every kind.
type parcel struct {
	bun.BaseModel `bun:"table:parcels" plinth:"index=owner|weight,index=owner where done = false and weight > 3,unique=tenant_id|slug,unique=owner where main,check=sent_at >= made_at or sent_at is null,check=note is not null or status <> 'lost'"`
	store.Model
	store.Tenant
	store.SoftDelete
	Slug   string `bun:",notnull"`
	Owner  string `bun:",notnull" plinth:"index"`
	Main   bool
	Done   bool
	Status string    `bun:",notnull,default:'open'" plinth:"enum=open|done|lost"`
	Mood   *string   `plinth:"enum='it''s'|''|naïve|'a, b | c'|\"x\"|back\\slash"`
	Weight int32     `plinth:"check=weight >= -5 and weight <= 500"`
	Price  string    `bun:"type:numeric" plinth:"check=price > -0.50"`
	Ratio  float64   `plinth:"check=ratio <> 1e-7 and ratio < -2.5 or ratio >= 0"`
	MadeAt time.Time `bun:",notnull" plinth:"check=made_at > '2020-01-01T00:00:00Z',index=made_at where made_at > '2021-05-06T07:08:09.123456+02:00'"`
	SentAt *time.Time
	Day    string          `bun:"type:date,default:'2026-01-02'" plinth:"check=day in ('2026-01-02', '2026-01-03')"`
	Ref    *store.ID       `bun:"type:uuid" plinth:"check=ref <> '00000000-0000-0000-0000-000000000000'"`
	Note   *string         `plinth:"check=note < 'zz' and (note <> '' or note is null)"`
	Extra  json.RawMessage `bun:"type:jsonb,nullzero" plinth:"check=extra is not null or blob is null"`
	Blob   []byte          `bun:",nullzero"`

	// The names of index and check would be too long.
	VeryLongNameOfAColumnThatIsAlmostAsLongAsPostgresKeepsIt0123 *string `bun:"very_long_name_of_a_column_that_is_almost_as_long_as_postgres" plinth:"index,enum=a|b"`
}

// TestTagsConverge creates what tags ask for, after which nothing must be left to do.
func TestTagsConverge(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(parcel{})
		plan := diff(t, db)
		golden(t, "tags."+db.Capabilities().Engine+".sql", plan.String())
		converges(t, db)
		for _, c := range db.Table(parcel{}).Checks {
			if len(c.Name) > 63 {
				t.Errorf("%s is longer than PostgreSQL keeps", c.Name)
			}
		}
	})
}

// converges applies the plan, which has no manual part, and wants an empty one after it.
func converges(t *testing.T, db *store.DB) {
	t.Helper()
	if plan := apply(t, db); len(plan.Manual) > 0 {
		t.Errorf("manual: %q", plan.Manual)
	}
	if again := diff(t, db).String(); again != "" {
		t.Errorf("after Auto there is still to do:\n%s", again)
	}
	if err := migrate.Verify(t.Context(), db); err != nil {
		t.Error(err)
	}
}

// version returns a model of table items with fields as a migration would see them.
func version(table string, fields ...reflect.StructField) any {
	all := append([]reflect.StructField{
		{Name: "BaseModel", Type: reflect.TypeFor[bun.BaseModel](), Anonymous: true, Tag: reflect.StructTag(`bun:"table:items" ` + table)},
		field[int64]("ID", `bun:",pk"`),
	}, fields...)
	return reflect.New(reflect.StructOf(all)).Elem().Interface()
}

func field[T any](name, tag string) reflect.StructField {
	return reflect.StructField{Name: name, Type: reflect.TypeFor[T](), Tag: reflect.StructTag(tag)}
}

// TestTagsChange lets a model with rows get other tags. The rows are ids 1 and 2 with the
// statuses open and done.
func TestTagsChange(t *testing.T) {
	t.Parallel()
	status := func(tag string) reflect.StructField {
		return field[string]("Status", `bun:",notnull" plinth:"`+tag+`"`)
	}
	before := version("", status("enum=open|done"))
	for _, tt := range []struct {
		name       string
		after      any
		statements int
		manual     []string // a part of each line
	}{
		{"no change in another order", version("", status("enum=done|open")), 0, nil},
		{"one more value", version("", status("enum=open|done|lost")), 2, nil},
		{"one value less that no row has", version("", status("enum=open|done|x"), field[int64]("N", "")), 3, nil},
		{"one value less", version("", status("enum=open")), 0, []string{"check items_status_check of items is not (status = 'open'): rows break it: change them, then alter table"}},
		{"no enum", version("", field[string]("Status", `bun:",notnull"`)), 0, []string{"check items_status_check of items is in no tag: tag a column with check=status in ('open', 'done'), or when"}},
		{"the same as check", version(`plinth:"check=status in ('done', 'open')"`, field[string]("Status", `bun:",notnull"`)), 0, nil},
		{"a second check", version(`plinth:"check=id > 0 and status <> ''"`, status("enum=open|done")), 1, nil},
		{"a check that a row breaks", version(`plinth:"check=id > 1"`, status("enum=open|done")), 0, []string{"items has no check (id > 1): rows break it"}},
		{"a new column with an enum", version("", status("enum=open|done"), field[string]("Mood", `bun:",notnull,default:'a'" plinth:"enum=a|b"`)), 2, nil},
		{"a new column that can be NULL", version("", status("enum=open|done"), field[*string]("Mood", `plinth:"enum=a|b"`)), 2, nil},
		{"a new column without a default", version("", status("enum=open|done"), field[string]("Mood", `bun:",notnull" plinth:"enum=a|b"`)), 0, []string{"items.mood is missing: existing rows would break its check (mood in ('a', 'b')): give the column a default"}},
		{"a new column with a check", version("", status("enum=open|done"), field[int64]("N", `bun:",notnull" plinth:"check=n >= 0"`)), 2, nil},
		{"a check of a new column and an old one", version(`plinth:"check=n < id"`, status("enum=open|done"), field[int64]("N", `bun:",notnull"`)), 2, nil},
		{"a check of both that breaks", version(`plinth:"check=n > id"`, status("enum=open|done"), field[int64]("N", `bun:",notnull"`)), 1, []string{"items has no check (n > id): rows break it"}},
		{"an index", version("", status("enum=open|done,index")), 1, nil},
		{"a partial index", version(`plinth:"index=id where status = 'open'"`, status("enum=open|done")), 1, nil},
		{"a unique key", version(`plinth:"unique=status"`, status("enum=open|done")), 1, nil},
		{"a partial unique key of a new column", version(`plinth:"unique=n where n > 0"`, status("enum=open|done"), field[int64]("N", `bun:",notnull"`)), 2, nil},
		{"a partial unique key that rows break", version(`plinth:"unique=n where n = 0"`, status("enum=open|done"), field[int64]("N", `bun:",notnull"`)), 1, []string{"items has no unique index on (n) where n = 0: rows have the same values"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, open func(...any) *store.DB) {
				db := open(before)
				apply(t, db)
				runSQL(t, db, `insert into items (id, status) values (1, 'open'), (2, 'done')`)
				db = open(tt.after)
				plan := diff(t, db)
				if len(plan.Statements) != tt.statements || len(plan.Manual) != len(tt.manual) {
					t.Fatalf("%d statements and %d manual, want %d and %d:\n%s", len(plan.Statements), len(plan.Manual), tt.statements, len(tt.manual), plan)
				}
				for i, want := range tt.manual {
					if !strings.HasPrefix(plan.Manual[i], want) {
						t.Errorf("manual %q, want %q", plan.Manual[i], want)
					}
				}
				apply(t, db)
				if again := diff(t, db); len(again.Statements) > 0 || len(again.Manual) != len(tt.manual) {
					t.Errorf("after Auto there is still to do:\n%s", again)
				}
			})
		})
	}
}

// TestChecksOfOthers reads checks that were written by hand.
func TestChecksOfOthers(t *testing.T) {
	t.Parallel()
	model := version(`plinth:"check=n > 0 and (n < 9 or n = 100)"`, field[int64]("N", `bun:",notnull"`))
	for check, known := range map[string]bool{
		`check ((N > 0) AND ((n < 9) or 100 = "n"))`:                true,
		`constraint any_name check (0 < n and n in (100) or n < 0)`: false,
		`check (abs(n) > 0)`:                     false,
		`check (n > 0) check (n < 9 or n = 100)`: false,
	} {
		engines(t, func(t *testing.T, open func(...any) *store.DB) {
			db := open(model)
			up(t, db)
			if onSQLite(db, "s", "p") == "s" {
				check = strings.ReplaceAll(check, "(N >", "(n >") // SQLite keeps the spelling
			}
			runSQL(t, db, `create table items (id bigint primary key, n bigint not null `+check+`)`)
			if plan := diff(t, db); known != (len(plan.Statements) == 0) {
				t.Errorf("%s:\n%s", check, plan)
			}
		})
	}
}

// TestRandomTags generates conditions and enums, whose second diff has to be empty on both
// engines.
func TestRandomTags(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		model := version("plinth:"+strconv.Quote("check="+randomCondition(r, 3)+",index=id where "+randomCondition(r, 2)),
			field[string]("A", `bun:",notnull" plinth:`+strconv.Quote("enum="+randomEnum(r))),
			field[*int64]("B", ""), field[*string]("C", `bun:"type:numeric"`), field[bool]("D", ""), field[*time.Time]("E", ""),
			field[float64]("F", ""), field[*string]("G", `bun:"type:date"`), field[*store.ID]("H", `bun:"type:uuid"`), field[string]("Z", ""))
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, open func(...any) *store.DB) {
				db := open(model)
				converges(t, db)
				if t.Failed() {
					t.Logf("%+v", reflect.TypeOf(model))
				}
			})
		})
	}
}

func randomEnum(r *rand.Rand) string {
	pieces := []string{"a", "'", " ", "é", "|", ",", "(", "\\", `"`, "\n", "%", "?", "$1", "--", "", "😀", "::text", "e'"}
	var values []string
	for range 1 + r.IntN(5) {
		text := strconv.Itoa(len(values))
		for range r.IntN(4) {
			text += pieces[r.IntN(len(pieces))]
		}
		values = append(values, "'"+strings.ReplaceAll(text, "'", "''")+"'")
	}
	return strings.Join(values, "|")
}

func randomCondition(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		joiner := []string{" and ", " or "}[r.IntN(2)]
		return "(" + randomCondition(r, depth-1) + joiner + randomCondition(r, depth-1) + ")"
	}
	constants := map[string][]string{
		"a": {"''", "'x''y'", `'\\n'`, "'é'"}, "b": {"0", "-7", "9000000000", "'5'"}, "c": {"0", "-1.50", "1e3", "123456789012345678901234567890.5"},
		"d": {"true", "false"}, "e": {"'2026-01-02T03:04:05Z'", "'1969-12-31 23:59:59.5+02:00'"}, "f": {"0", "-0.1", "1e300", "2.5e-8"},
		"g": {"'2026-01-02'", "'1900-02-28'"}, "h": {"'01890000-0000-7000-8000-00000000000a'", "'FFFFFFFF-0000-7000-8000-00000000000a'"}, "z": {"'z'"},
	}
	names := strings.Split("abcdefghz", "")
	name := names[r.IntN(len(names))]
	list := constants[name]
	switch r.IntN(5) {
	case 0:
		return name + []string{" is null", " is not null"}[r.IntN(2)]
	case 1:
		return name + " in (" + strings.Join(list, ", ") + ")"
	case 2:
		if name == "a" || name == "z" {
			return "a <= z"
		}
	case 3:
		if name == "d" {
			return []string{"d", "not d"}[r.IntN(2)]
		}
	}
	op := []string{"=", "<>", "<", "<=", ">", ">="}[r.IntN(6)]
	if name == "d" {
		op = "="
	}
	if r.IntN(4) == 0 {
		return list[r.IntN(len(list))] + " " + op + " " + name
	}
	return name + " " + op + " " + list[r.IntN(len(list))]
}

// TestChecksMeanTheSame gives both engines the same rows under the same random checks.
func TestChecksMeanTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	values := map[string][]string{
		"a": {"''", "'x''y'", "'\\n'", "'é'", "'Z'", "'z'"}, "b": {"null", "0", "-7", "5", "9000000000"}, "c": {"null", "'0'", "'-1.5'", "'-1.50'", "'9'", "'10'", "'1000'"},
		"d": {"true", "false"}, "e": {"null", "'2026-01-02T03:04:05.000000+00:00'", "'2026-01-02T03:04:05.000001+00:00'", "'1969-12-31T21:59:59.500000+00:00'"},
		"f": {"0", "-0.1", "1e300", "2.5e-8", "3"}, "g": {"null", "'2026-01-02'", "'1900-02-28'"},
		"h": {"null", "'01890000-0000-7000-8000-00000000000a'", "'ffffffff-0000-7000-8000-00000000000a'"}, "z": {"'z'", "'a'", "''"},
	}
	names := strings.Split("abcdefghz", "")
	accepted, refused := 0, 0
	for range 25 {
		check := randomCondition(r, 3)
		model := version("plinth:"+strconv.Quote("check="+check),
			field[string]("A", `bun:",notnull"`), field[*int64]("B", ""), field[*string]("C", `bun:"type:numeric"`), field[bool]("D", ""), field[*time.Time]("E", ""),
			field[float64]("F", ""), field[*string]("G", `bun:"type:date"`), field[*store.ID]("H", `bun:"type:uuid"`), field[string]("Z", ""))
		lite, pg := connect(t, filepath.Join(t.TempDir(), "test.db"), model), connect(t, pgtest.URL(t), model)
		apply(t, lite)
		apply(t, pg)
		for id := range 40 {
			row := []string{strconv.Itoa(id)}
			for _, name := range names {
				row = append(row, values[name][r.IntN(len(values[name]))])
			}
			insert := "insert into items (id, a, b, c, d, e, f, g, h, z) values (" + strings.Join(row, ", ") + ")"
			_, errLite := lite.Bun().DB.ExecContext(t.Context(), insert)
			_, errPG := pg.Bun().DB.ExecContext(t.Context(), insert)
			if (errLite == nil) != (errPG == nil) {
				t.Errorf("check %s of %s: SQLite %v, PostgreSQL %v", check, insert, errLite, errPG)
			}
			if errPG == nil {
				accepted++
			} else {
				refused++
			}
		}
	}
	if accepted < 100 || refused < 100 {
		t.Errorf("%d rows were accepted and %d refused: the checks decide too little", accepted, refused)
	}
}

// TestTagsOnOtherTypes adds checks to columns of types that other programs chose.
func TestTagsOnOtherTypes(t *testing.T) {
	t.Parallel()
	model := version(`plinth:"check=n in (1, 2, -3) and f > -0.5,index=n where s <> 'x'"`, field[string]("S", `bun:",notnull" plinth:"enum=a|b|'it''s'"`),
		field[int64]("N", `bun:",notnull"`), field[float64]("F", `bun:",notnull"`), field[bool]("Order", `plinth:"check=not \"order\" or n > 0"`))
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(model)
		up(t, db)
		runSQL(t, db, onSQLite(db, `create table items (id bigint primary key, s varchar(9) not null, n smallint not null, f float not null, "order" BOOLEAN not null)`,
			`create domain short as varchar(9) collate "C"; create table items (id bigint primary key, s short not null, n smallint not null, f real not null, "order" boolean not null)`))
		converges(t, db)
	})
}
