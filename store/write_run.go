package store

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// run is the one write path: it prepares the rows in Go and then writes either
// by one statement or step by step in a transaction. Both ways do the same.
func (w *write) run(ctx context.Context, out *Rows) error {
	if w.guard != nil && w.upsert == nil && w.actionRule().IsZero() {
		return ErrDenied // before any row is matched: an empty match would look like success
	}
	if err := w.prepare(); err != nil {
		return w.narrowed(err)
	}
	if err := w.checkCondition(ctx); err != nil {
		return err
	}
	out.Result.Reset()
	takeRows(out)
	if w.op == OpInsert && len(w.rows) == 0 {
		return w.cardinality(out)
	}
	written := w.runSteps
	if w.direct() {
		written = w.runDirect
	}
	if err := written(ctx, out); err != nil {
		w.s.Fail(err)
		return w.narrowed(err)
	}
	if w.byKey && out.Touched == 0 {
		return w.missed(ctx)
	}
	return nil
}

// missed returns why a write by key matched no row.
func (w *write) missed(ctx context.Context) error {
	var out Rows
	q, opts := &Query{Select: []Selected{}, Where: w.where}, ReadOptions{Single: true}
	if err := w.read(ctx, q, w.readOptions(q, opts), opts, &out); err != nil {
		return err
	}
	switch {
	case out.Count == 0:
		return ErrNotFound
	case len(w.versions) > 0 && (len(w.version) == 0 || !slices.Contains(w.versions, out.Version)):
		return ErrStale
	case w.scope != nil && w.op != OpRestore:
		return ErrDenied
	}
	return ErrNotFound // a row that is there is none to restore
}

// direct reports whether one statement suffices: no hook runs, and nothing else must be
// read or written with it or after it. Without PostgreSQL's WITH it also requires that
// nothing must be checked or logged.
func (w *write) direct() bool {
	if w.table.HasHooks() || w.upsert != nil || w.readsBack() || w.showsAnew() {
		return false
	}
	if w.deletesRows() && hasActions(w.table) {
		return false
	}
	return w.op != OpUpdate || len(w.sets) > 0
}

// runDirect writes by one statement. On SQLite that is only possible if nothing must be
// checked by the database, logged or sorted.
func (w *write) runDirect(ctx context.Context, out *Rows) error {
	checks, err := w.checks()
	if err != nil {
		return err
	}
	if !w.s.DB.Dialect.Words().With && !w.simple(checks) || (w.byKey || w.counted()) && w.filtered() || w.partial() || w.unmade(checks) || w.unseen(checks) {
		return w.runSteps(ctx, out)
	}
	b := w.s.NewBuilder(ctx, w.scope, w.access)
	defer b.Free()
	if err := w.fillTenant(b.Tenant); err != nil {
		return err
	}
	var st *driver.Statement
	if w.simple(checks) {
		st, err = w.compileSimple(b)
	} else {
		st, err = w.compileCTE(b, checks)
	}
	if err != nil {
		return err
	}
	if w.s.Tx == nil || len(checks) == 0 {
		err = w.runStatement(ctx, st, out)
	} else {
		// Without a savepoint no further statement could run.
		err = w.s.Tx.Savepoint(ctx, core.TxFunc(func(ctx context.Context, _ *core.Tx) error { return w.runStatement(ctx, st, out) }))
	}
	if _, violated := errors.AsType[*ConstraintError](err); violated && ruled(checks) {
		// The constraint failed before the rule was evaluated. A caller that may not
		// write must not learn of taken keys, so the steps evaluate the rule.
		return w.runSteps(ctx, out)
	}
	return w.blamed(ctx, err)
}
