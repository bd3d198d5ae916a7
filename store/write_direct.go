package store

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// runDirect writes by one statement. On SQLite that is only possible if nothing must be
// checked by the database, logged or sorted.
func (w *write) runDirect(ctx context.Context, out *Rows) error {
	checks, err := w.checks()
	if err != nil {
		return err
	}
	if !w.s.db.sql.words().with && !w.simple(checks) || (w.byKey || w.counted()) && w.filtered() || w.partial() || w.unmade(checks) || w.unseen(checks) {
		return w.runSteps(ctx, out)
	}
	b := w.s.newBuilder(ctx, w.scope, w.access)
	defer b.free()
	if err := w.fillTenant(b.tenant); err != nil {
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
	if w.s.tx == nil || len(checks) == 0 {
		err = w.runStatement(ctx, st, out)
	} else {
		// Without a savepoint no further statement could run.
		err = w.s.tx.savepoint(ctx, txFunc(func(ctx context.Context, _ *txCore) error { return w.runStatement(ctx, st, out) }))
	}
	if _, violated := errors.AsType[*ConstraintError](err); violated && ruled(checks) {
		// The constraint failed before the rule was evaluated. A caller that may not
		// write must not learn of taken keys, so the steps evaluate the rule.
		return w.runSteps(ctx, out)
	}
	return w.blamed(ctx, err)
}

// ruled reports whether the database has to evaluate a rule on the new rows.
func ruled(checks []check) bool {
	return slices.ContainsFunc(checks, func(ch check) bool { return ch.rule != nil })
}

// unmade reports whether a rule evaluated by the database reads a key that the database
// makes. In steps the row has no key yet; in one statement it would have one.
func (w *judged) unmade(checks []check) bool {
	if w.op != OpInsert || !ruled(checks) {
		return false
	}
	var read ColumnSet
	w.guard.Create.n.columns(&read)
	return slices.ContainsFunc(w.table.Columns, func(c *Column) bool {
		return c.Generated && read.Has(c) && slices.ContainsFunc(w.rows, func(row []any) bool { _, gap := row[c.index].(absent); return gap })
	})
}

// unseen reports whether the write may insert targets of its own foreign keys with a
// visibility that depends on other rows of the table. As with showsAnew, the statement
// that writes cannot check that.
func (w *judged) unseen(checks []check) bool {
	return slices.ContainsFunc(checks, func(ch check) bool {
		return ch.reference != nil && ch.reference.Target == w.table && w.guard.Read.reaches(w.table)
	})
}

// simple reports whether a plain statement with RETURNING suffices: nothing is logged
// or checked, and the answer needs no filter and no order.
func (w *statement) simple(checks []check) bool {
	if w.table.Tracked || len(checks) > 0 || w.exactly > 0 {
		return false
	}
	if !w.s.db.sql.words().with && (w.op == OpInsert && len(w.rows) > 1 || w.adds()) {
		return false
	}
	if w.ret == nil {
		return true
	}
	if w.marks() {
		return false // the answer is the row as it was
	}
	ordered := w.op == OpInsert || pinned(w.table, w.where)
	return ordered && !w.filtered()
}

// adds reports whether the write adds to a column of the application: SQLite
// would turn a sum that is too large into a float.
func (w *request) adds() bool {
	return slices.ContainsFunc(w.sets, func(a assignment) bool { return a.add && a.column != w.table.Version })
}

// filtered reports whether written rows may be hidden from the answer because
// the scope could not read them any more.
func (w *judged) filtered() bool {
	return w.ret != nil && w.guard != nil && !w.implied(w.guard.Read)
}

// runStatement runs the one statement. In the pool it is its own transaction and is
// retried after a conflict. Rolling back a wrong number of rows or an answer that is
// too large requires an explicit transaction.
func (w *statement) runStatement(ctx context.Context, st *driver.Statement, out *Rows) error {
	if (w.counted() || w.large()) && w.s.tx == nil {
		return w.s.inTx(ctx, func(ctx context.Context, tx *txCore) error {
			inner := *w
			inner.s = tx.session()
			return inner.runStatement(ctx, st, out)
		})
	}
	if w.large() {
		st.MaxBytes = w.maxBytes
	}
	for attempt := 1; ; attempt++ {
		out.result.Reset()
		err := w.execute(ctx, st, out)
		if err == nil {
			break
		}
		if w.s.tx != nil || !errors.Is(err, driver.ErrRetry) {
			return w.fail(ctx, err)
		}
		if attempt == maxAttempts {
			return conflict(err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	if w.table.Tracked && out.Count > 0 {
		w.s.logged()
	}
	return w.cardinality(out)
}

func (w *statement) execute(ctx context.Context, st *driver.Statement, out *Rows) error {
	if st.Shape == nil {
		n, err := w.s.exec(ctx, st)
		out.take()
		out.Count, out.touched = int(n), int(n)
		return err
	}
	if err := w.s.query(ctx, st, &out.result); err != nil {
		return err
	}
	if w.ret != nil && len(st.Shape.Members) == 0 {
		out.result.Body = appendEmpty(out.result.Body, out.result.Rows)
	}
	out.take()
	if len(st.Shape.Extra) == 0 || out.Count == 0 {
		return nil
	}
	n, err := firstInt(out.result.Extra)
	if w.ret == nil {
		out.Count, out.touched = int(n), int(n)
	} else if len(w.version) > 0 {
		out.Version = n
	}
	return err
}

// logged notes that the change log has new rows: for after the commit, or now.
func (s session) logged() {
	if s.tx != nil {
		s.tx.logged = true
		return
	}
	s.db.wake.signal()
}

// fillTenant sets the tenant of new rows.
func (w *prepared) fillTenant(tenant string) error {
	t := w.table.Tenant
	if t == nil || w.op != OpInsert {
		return nil
	}
	if tenant == "" {
		if w.scope != nil {
			return ErrDenied
		}
		return ErrNoTenant
	}
	if err := checkText(tenant); err != nil {
		return t.valueError(err, "")
	}
	for _, row := range w.rows {
		row[t.index] = tenant
	}
	return nil
}

// returning plans the columns of the answer. Without w.ret it is nil.
func (w *statement) returning(b *builder, s source) (*rowPlan, error) {
	if w.ret == nil {
		return nil, nil
	}
	s.guard = w.guard
	return writtenPlan(b, s, w.ret)
}

// writtenPlan plans the answer to a write, which cannot have groups.
func writtenPlan(b *builder, s source, q *Query) (*rowPlan, error) {
	plan, err := b.plan(s, q)
	if err == nil && plan.groups != nil {
		return nil, errGroupsOfRow
	}
	return plan, err
}

// compileSimple writes a bare INSERT, UPDATE or DELETE.
func (w *statement) compileSimple(b *builder) (*driver.Statement, error) {
	s := w.source(b.alias())
	if w.op == OpInsert {
		if err := insertInto(b, w.table, w.rows, s.alias); err != nil {
			return nil, err
		}
	} else if err := w.changeRows(b, s); err != nil {
		return nil, err
	}
	plan, err := w.returning(b, s)
	if err != nil {
		return nil, err
	}
	if plan == nil {
		st := b.statement(nil)
		st.Table, st.Op, st.Write = w.table.Name, string(w.op), true
		return st, nil
	}
	b.write(" returning ")
	shape, err := w.returnColumns(b, s, plan)
	if err != nil {
		return nil, err
	}
	st := b.statement(shape)
	st.Table, st.Op, st.Write = w.table.Name, string(w.op), true
	return st, nil
}

// returnColumns writes the members of the written rows and their version, and
// returns the shape that has them.
func (w *statement) returnColumns(b *builder, s source, plan *rowPlan) (*driver.Shape, error) {
	start := len(b.sql)
	if b.words.returningTable {
		s.alias = w.table.sqlName
	}
	if err := b.dialect.rowColumns(b, s, plan, false); err != nil {
		return nil, err
	}
	shape := b.newShape(plan, nil, readOptions{extra: w.version})
	if len(w.version) > 0 && !b.shares(0) {
		if len(b.sql) > start {
			b.write(", ")
		}
		b.column(s, w.version[0])
	}
	if len(b.sql) == start {
		b.bind(KindInt, int64(1)) // stands for the row
		shape.Extra, shape.Shared = []Kind{KindInt}, nil
	}
	return shape, nil
}

// changeRows writes UPDATE or DELETE with its WHERE.
func (w *statement) changeRows(b *builder, s source) error {
	if w.deletesRows() {
		b.write("delete from ", w.table.sqlName, " as ", s.alias)
	} else {
		b.write("update ", w.table.sqlName, " as ", s.alias, " set ")
		w.assign(b, s)
	}
	return w.selectRows(b, s)
}

// deletesRows reports whether rows leave the table, not only their sight.
func (w *request) deletesRows() bool {
	return w.op == OpDelete && (w.table.DeletedAt == nil || w.erase)
}

// marks reports whether rows leave the sight of others and not the table. What
// answers is the row as it was, as with rows that leave the table.
func (w *request) marks() bool { return w.op == OpDelete && !w.deletesRows() }

func (w *statement) assign(b *builder, s source) {
	for i, a := range w.sets {
		if i > 0 {
			b.write(", ")
		}
		b.write(a.column.sqlName, " = ")
		if a.add {
			b.column(s, a.column)
			b.write(" + ")
		}
		b.bind(a.column.Kind, a.value)
	}
}

// selectRows writes WHERE for the rows to be changed: standing predicates, the
// rules to read and to change them, the version, and the caller's condition.
func (w *statement) selectRows(b *builder, s source) error {
	start := len(b.sql)
	var err error
	if w.op == OpRestore {
		// Only the row itself is looked for among the deleted ones.
		b.write(" and ")
		b.column(s, w.table.DeletedAt)
		b.write(" is not null")
		err = b.limitsOfAll(s)
	} else {
		err = b.limits(s)
	}
	if err == nil && w.guard != nil && w.changeRule().n != w.guard.Read.n {
		b.write(" and ")
		err = b.rule(s, w.changeRule())
	}
	if err == nil && len(w.versions) > 0 {
		if len(w.version) == 0 {
			return ErrStale
		}
		b.write(" and ")
		b.column(s, w.version[0])
		if len(w.versions) == 1 {
			b.write(" = ")
			b.bind(KindInt, w.versions[0])
		} else {
			b.dialect.oneOf(&b.text, KindInt, w.versions)
		}
	}
	if err == nil && !w.where.IsZero() {
		b.write(" and ")
		err = b.cond(s, w.where.n)
	}
	b.whereFrom(start)
	return err
}

// changeRule returns the rule on rows to be changed.
func (w *judged) changeRule() Cond {
	switch w.op {
	case OpDelete:
		return w.guard.Delete
	case OpRestore:
		return w.guard.Restore
	}
	return w.guard.Update
}
