package store_test

import (
	"cmp"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Room, Member and Item are a shared place: members may see and restore what is
// in it. Everything has a tenant, and members and items can be deleted.
type Room struct {
	bun.BaseModel `bun:"table:rooms"`
	store.Model
	store.Tenant
	store.SoftDelete
	Name    string    `bun:",notnull"`
	Members []*Member `bun:"rel:has-many,join:id=room_id"`
}

type Member struct {
	bun.BaseModel `bun:"table:members"`
	store.Model
	store.Tenant
	store.SoftDelete
	RoomID store.ID `bun:",notnull"`
	Name   string   `bun:",notnull"`
}

type Item struct {
	bun.BaseModel `bun:"table:items"`
	store.Model
	store.Tenant
	store.SoftDelete
	OwnerID store.ID `bun:",notnull"`
	RoomID  store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required"`
	Count   *int64
	Room    *Room `bun:"rel:belongs-to,join:room_id=id"`
}

// Log has the name of a common table expression, and columns with names the
// compiler could have thought of.
type Log struct {
	bun.BaseModel `bun:"table:log"`
	ID            int64  `bun:",pk,autoincrement"`
	Present       *int64 `bun:"present"`
	O0            *int64 `bun:"o0"`
	Text          string `bun:",notnull"`
}

type LogLine struct {
	bun.BaseModel `bun:"table:new"`
	ID            int64 `bun:",pk,autoincrement"`
	LogID         int64 `bun:",notnull"`
	Log           *Log  `bun:"rel:belongs-to,join:log_id=id,on_delete:CASCADE"`
}

// Mark keeps a line from being deleted.
type Mark struct {
	bun.BaseModel `bun:"table:marks"`
	ID            int64    `bun:",pk,autoincrement"`
	LineID        int64    `bun:",notnull"`
	Line          *LogLine `bun:"rel:belongs-to,join:line_id=id"`
}

// Named has a key nobody makes.
type Named struct {
	bun.BaseModel `bun:"table:named"`
	Name          string         `bun:",pk"`
	Doc           store.JSON     `bun:",notnull"`
	Price         *store.Decimal `bun:",unique"`
	Note          *string
}

// Glance is a view: its rows have no key.
type Glance struct {
	bun.BaseModel `bun:"table:glances"`
	Name          string `bun:",notnull"`
}

// reviewEngines runs a test on both engines with the models of this file.
func reviewEngines(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	open := map[string]func(t *testing.T) (*store.DB, error){
		"sqlite":   func(t *testing.T) (*store.DB, error) { return sqlite.Open(t.Context(), t.TempDir()+"/test.db", nil) },
		"postgres": func(t *testing.T) (*store.DB, error) { return postgres.Open(t.Context(), pgtest.URL(t), nil) },
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Register(Room{}, Member{}, Item{}, Log{}, LogLine{}, Mark{}, Named{}, Author{}, Post{}, Tag{}, PostTag{}); err != nil {
				t.Fatal(err)
			}
			if _, err := migrate.Auto(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			run(t, db)
		})
	}
}

// guards makes a scope of tenant "a" out of guards by table name. Guards without
// columns get those of the model.
func guards(db *store.DB, vars map[string]string, rules map[string]store.Guard) *store.Scope {
	byTable := map[*store.Table]*store.Guard{}
	for name, g := range rules {
		t := db.TableNamed(name)
		for _, c := range []*store.Cond{&g.Read, &g.Create, &g.Update, &g.UpdateCheck, &g.Delete, &g.Restore} {
			*c = must(store.Bind(t, *c))
		}
		if g.Readable == (store.ColumnSet{}) {
			g.Readable = t.PublicColumns()
		}
		if g.Creatable == (store.ColumnSet{}) {
			g.Creatable = t.CreatableColumns()
		}
		if g.Updatable == (store.ColumnSet{}) {
			g.Updatable = t.UpdatableColumns()
		}
		byTable[t] = &g
	}
	return &store.Scope{
		Actor: "actor", Tenant: "a",
		Var:   func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Guard: func(t *store.Table) *store.Guard { return byTable[t] },
	}
}

// all allows everything.
func all() store.Guard {
	return store.Guard{Read: store.True(), Create: store.True(), Update: store.True(), Delete: store.True(), Restore: store.True()}
}

func add[T any](t *testing.T, db store.Session, tenant string, row *T) *T {
	t.Helper()
	if err := store.For[T](db).Insert(store.WithTenant(t.Context(), tenant), row); err != nil {
		t.Fatal(err)
	}
	return row
}

// gateFor returns the gate of a scope, or of trusted code for nil.
func gateFor(s store.Session, table *store.Table, scope *store.Scope) access.Gate {
	if scope == nil {
		return access.Trusted(s, table)
	}
	return access.New(s, table, scope)
}

func gateInsert(t *testing.T, s store.Session, table *store.Table, scope *store.Scope, body string, ret *query.Query) (string, error) {
	t.Helper()
	g := gateFor(s, table, scope)
	in, err := g.DecodeInput([]byte(body), access.InputOptions{})
	if err != nil {
		return "", err
	}
	var out query.Rows
	err = g.Insert(t.Context(), in, query.WriteOptions{Return: ret}, &out)
	return string(out.Body), err
}

func gateUpdate(t *testing.T, s store.Session, table *store.Table, scope *store.Scope, body string, where store.Cond) (int, error) {
	t.Helper()
	g := gateFor(s, table, scope)
	p, err := g.DecodePatch([]byte(body), nil)
	if err != nil {
		return 0, err
	}
	var out query.Rows
	err = g.Update(t.Context(), p, where, query.WriteOptions{}, &out)
	return out.Count, err
}

// code is the code of an error on the wire, "" without one and "none" where an
// error has no code.
func code(err error) string {
	if err == nil {
		return ""
	}
	return cmp.Or(problem.Code(err), "none: "+err.Error())
}
