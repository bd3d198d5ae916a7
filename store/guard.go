package store

import "github.com/seed-7694ebf6/plinth/internal/seed"

// dropGuard returns the guard, or an open one where a seeded fault drops it.
func dropGuard(t *Table, g *Guard, part seed.Part) *Guard {
	if !seed.Dropped(part) {
		return g
	}
	all := t.AllColumns()
	open := True()
	return &Guard{
		Read: open, Create: open, Update: open, Delete: open, Restore: open,
		Readable: all, Creatable: all, Updatable: all, Aggregable: all, AnyTarget: all,
	}
}

// dropReturned returns the rule on returned rows, or an open one where a seeded
// fault drops it.
func dropReturned(rule Cond) Cond {
	if seed.Dropped(seed.Returned) {
		return True()
	}
	return rule
}

// returnGuard returns the guard on the columns of returned rows.
func (w *write) returnGuard() *Guard {
	if w.guard == nil {
		return nil
	}
	return dropGuard(w.table, w.guard, seed.Returned)
}

// updateGuard returns the guard for rows that the write changes: in an upsert
// those that exist.
func (w *write) updateGuard() *Guard {
	if w.upsert == nil {
		return w.guard
	}
	return dropGuard(w.table, w.guard, seed.Upsert)
}

// actionRule returns the rule on the rows a write is for: the new ones of an
// insert, else those there are.
func (w *write) actionRule() Cond {
	if w.op == OpInsert {
		return w.guard.Create
	}
	return w.changeRule()
}
