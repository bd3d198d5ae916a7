package store

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

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
	ordered := w.op == OpInsert || query.Pinned(w.table, w.where)
	return ordered && !w.filtered()
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
		out.Result.Reset()
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
		takeRows(out)
		out.Count, out.Touched = int(n), int(n)
		return err
	}
	if err := w.s.query(ctx, st, &out.Result); err != nil {
		return err
	}
	if w.ret != nil && len(st.Shape.Members) == 0 {
		out.Result.Body = appendEmpty(out.Result.Body, out.Result.Rows)
	}
	takeRows(out)
	if len(st.Shape.Extra) == 0 || out.Count == 0 {
		return nil
	}
	n, err := firstInt(out.Result.Extra)
	if w.ret == nil {
		out.Count, out.Touched = int(n), int(n)
	} else if len(w.version) > 0 {
		out.Version = n
	}
	return err
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
		s.alias = w.table.SQLName
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
		b.write("delete from ", w.table.SQLName, " as ", s.alias)
	} else {
		b.write("update ", w.table.SQLName, " as ", s.alias, " set ")
		w.assign(b, s)
	}
	return w.selectRows(b, s)
}

func (w *statement) assign(b *builder, s source) {
	for i, a := range w.sets {
		if i > 0 {
			b.write(", ")
		}
		b.write(a.column.SQLName, " = ")
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
	if err == nil && w.guard != nil && w.changeRule().Node() != w.guard.Read.Node() {
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
		err = b.cond(s, w.where.Node())
	}
	b.whereFrom(start)
	return err
}

// raise writes an expression that is true, or fails the statement with the name
// of the check. The column in the text keeps PostgreSQL from evaluating the
// failure while it plans.
func (w *statement) raise(c *conds, s source, ch check) error {
	c.write("case when ")
	if err := w.checkCond(c, s, ch, newRows); err != nil {
		return err
	}
	c.write(" then true else ('", driver.RaisePrefix, w.checkName(ch), "'||left(")
	c.column(s, w.table.PrimaryKey[0])
	c.write("::text, 0))::int = 0 end")
	return nil
}

// keysMatch writes that a row has the conflict key of one of the rows. For a key
// of one column the statement is the same for any number of rows.
func (w *statement) keysMatch(b *builder, s source, rows [][]any) error {
	if k := w.upsert.keys[0]; len(w.upsert.keys) == 1 && value.Listable(k.Kind) {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[k.Index]
		}
		b.comparable(s, k, false)
		b.dialect.oneOf(&b.text, k.Kind, value.PackList(k.Kind, values))
		return nil
	}
	return b.balanced(len(rows), " or ", func(i int) error {
		b.equalValues(s, w.upsert.keys, func(j int) any { return rows[i][w.upsert.keys[j].Index] })
		return nil
	})
}

// checkCondition resolves the names in the filter of the answer, which selects
// nothing: relations without a member in the answer have left theirs there.
func (w *statement) checkCondition(ctx context.Context) error {
	if w.ret == nil || w.ret.Where.IsZero() || w.ret.Where.Node() == w.where.Node() {
		return nil
	}
	b := w.s.newBuilder(ctx, w.scope, w.access)
	defer b.free()
	return b.cond(w.source(b.alias()), w.ret.Where.Node())
}
