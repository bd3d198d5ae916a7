package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// guardFor opens a table to a scope as far as its model says, with the given
// rules bound to the table.
func guardFor(t *testing.T, table *store.Table, g store.Guard) *store.Guard {
	t.Helper()
	for _, rule := range []*store.Cond{&g.Read, &g.Create, &g.Update, &g.UpdateCheck, &g.Delete, &g.Restore} {
		*rule = value(store.Bind(table, *rule))(t)
	}
	g.Readable, g.Creatable, g.Updatable = table.PublicColumns(), table.CreatableColumns(), table.UpdatableColumns()
	return &g
}

// scopeOf returns the scope of a caller: the variable principal.id is its name.
func scopeOf(actor, tenant string, guards ...*tableGuard) *store.Scope {
	return &store.Scope{
		Actor: actor, Tenant: tenant,
		Var: func(name string) (string, bool) { return actor, name == "principal.id" },
		Guard: func(table *store.Table) *store.Guard {
			for _, g := range guards {
				if g.table == table {
					return g.guard
				}
			}
			return nil
		},
	}
}

// tableGuard is a guard and its table.
type tableGuard struct {
	table *store.Table
	guard *store.Guard
}

// open lets a scope do everything the model allows.
func open(t *testing.T, table *store.Table) *tableGuard {
	t.Helper()
	all := store.True()
	return &tableGuard{table, guardFor(t, table, store.Guard{Read: all, Create: all, Update: all, Delete: all, Restore: all})}
}
