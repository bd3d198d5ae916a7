package changelog_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Author has a hidden and a secret column.
type Author struct {
	bun.BaseModel `bun:"table:authors"`
	store.Model
	Name  string  `bun:",notnull" validate:"required"`
	Email *string `bun:",unique" plinth:"hidden"`
	Hash  string  `bun:",notnull" plinth:"secret"`
}

type Tag struct {
	bun.BaseModel `bun:"table:tags"`
	ID            int64  `bun:",pk,autoincrement"`
	Name          string `bun:",notnull,unique"`
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), run, storetest.Models(Author{}, Tag{}))
}

// must returns v or ends the test by a panic that names the error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// guarded makes a scope of tenant "a" with a guard for one table. Without columns the guard
// gets those of the model.
func guarded(table *store.Table, vars map[string]string, g store.Guard) *store.Scope {
	for _, c := range []*store.Cond{&g.Read, &g.Create, &g.Update, &g.UpdateCheck, &g.Delete, &g.Restore} {
		*c = must(store.Bind(table, *c))
	}
	if g.Readable == (store.ColumnSet{}) {
		g.Readable = table.PublicColumns()
	}
	return &store.Scope{
		Actor: "actor", Tenant: "a",
		Var: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Guard: func(t *store.Table) *store.Guard {
			if t != table {
				return nil
			}
			return &g
		},
	}
}
