package write

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// run is the one write path: it prepares the rows in Go and then writes either
// by one statement or step by step in a transaction. Both ways do the same.
func (w *write) run(ctx context.Context, out *query.Rows) error {
	if w.guard != nil && w.upsert == nil && w.actionRule().IsZero() {
		return fault.ErrDenied // before any row is matched: an empty match would look like success
	}
	if err := w.prepare(); err != nil {
		return w.withoutHidden(err)
	}
	if err := w.checkCondition(ctx); err != nil {
		return err
	}
	out.Result.Reset()
	read.FillRows(out)
	if w.op == query.OpInsert && len(w.rows) == 0 {
		return w.cardinality(out)
	}
	written := w.runSteps
	if w.direct() {
		written = w.runDirect
	}
	if err := written(ctx, out); err != nil {
		w.Session.Fail(err)
		return w.withoutHidden(err)
	}
	if w.byKey && out.Touched == 0 {
		return w.whyNoRow(ctx)
	}
	return nil
}

// whyNoRow returns why a write by key matched no row.
func (w *write) whyNoRow(ctx context.Context) error {
	var out query.Rows
	q, opts := &query.Query{Select: []query.Selected{}, Where: w.where}, query.ReadOptions{Single: true}
	if err := w.Read(ctx, q, w.StatementOptions(q, opts), opts, &out); err != nil {
		return err
	}
	switch {
	case out.Count == 0:
		return fault.ErrNotFound
	case len(w.versions) > 0 && (len(w.version) == 0 || !slices.Contains(w.versions, out.Version)):
		return fault.ErrStale
	case w.Scope != nil && w.op != query.OpRestore:
		return fault.ErrDenied
	}
	return fault.ErrNotFound // a row that is there is none to restore
}

// direct reports whether one statement suffices: no hook runs, and nothing else must be
// read or written with it or after it. Without PostgreSQL's WITH it also requires that
// nothing must be checked or logged.
func (w *write) direct() bool {
	if w.Table.HasHooks() || w.upsert != nil || w.readsBack() || w.readRuleDependsOnOtherRows() {
		return false
	}
	if w.deletesRows() && hasActions(w.Table) {
		return false
	}
	return w.op != query.OpUpdate || len(w.sets) > 0
}

// runDirect writes by one statement. On SQLite that is only possible if nothing must be
// checked by the database, logged or sorted.
func (w *write) runDirect(ctx context.Context, out *query.Rows) error {
	checks, err := w.checks()
	if err != nil {
		return err
	}
	if !w.Session.DB.Dialect.Syntax().WritableCTE && !w.simple(checks) || (w.byKey || w.counted()) && w.filtered() || w.writesPartOfKey() || w.usesGeneratedKey(checks) || w.targetMayBeInSameWrite(checks) || w.op == query.OpInsert && w.movesSequence() {
		return w.runSteps(ctx, out)
	}
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
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
	if w.Session.Tx == nil || len(checks) == 0 {
		err = w.runStatement(ctx, st, out)
	} else {
		// Without a savepoint no further statement could run.
		err = w.Session.Tx.Savepoint(ctx, core.TxFunc(func(ctx context.Context, _ *core.Tx) error { return w.runStatement(ctx, st, out) }))
	}
	if _, violated := errors.AsType[*fault.ConstraintError](err); violated && hasRule(checks) {
		// The constraint failed before the rule was evaluated. A caller that may not
		// write must not learn of taken keys, so the steps evaluate the rule.
		return w.runSteps(ctx, out)
	}
	return w.withTargetError(ctx, err)
}
