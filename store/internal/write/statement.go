package write

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// simple reports whether a plain statement with RETURNING suffices: nothing is logged
// or checked, and the answer needs no filter and no order.
func (w *statement) simple(checks []check) bool {
	if w.Table.Tracked || len(checks) > 0 || w.exactly > 0 {
		return false
	}
	if !w.Session.DB.Dialect.Syntax().WritableCTE && (w.op == query.OpInsert && len(w.rows) > 1 || w.adds()) {
		return false
	}
	if w.ret == nil {
		return true
	}
	if w.softDeletes() {
		return false // the answer is the row as it was
	}
	ordered := w.op == query.OpInsert || query.Pinned(w.Table, w.where)
	return ordered && !w.filtered()
}

// runStatement runs the one statement. In the pool it is its own transaction and is
// retried after a conflict. Rolling back a wrong number of rows or an answer that is
// too large requires an explicit transaction.
func (w *statement) runStatement(ctx context.Context, st *driver.Statement, out *query.Rows) error {
	if (w.counted() || w.large()) && w.Session.Tx == nil {
		return w.Session.RunTx(ctx, func(ctx context.Context, tx *core.Tx) error {
			inner := *w
			inner.Session = core.SessionOf(tx)
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
		if w.Session.Tx != nil || !errors.Is(err, driver.ErrRetry) {
			return w.fail(ctx, err)
		}
		if attempt == core.MaxAttempts {
			return core.Conflict(err)
		}
		if err := core.Pause(ctx, attempt); err != nil {
			return err
		}
	}
	if w.Table.Tracked && out.Count > 0 {
		w.Session.Logged()
	}
	return w.cardinality(out)
}

func (w *statement) execute(ctx context.Context, st *driver.Statement, out *query.Rows) error {
	if st.Shape == nil {
		n, err := w.Session.Exec(ctx, st)
		read.FillRows(out)
		out.Count, out.Touched = int(n), int(n)
		return err
	}
	if err := w.Session.Query(ctx, st, &out.Result); err != nil {
		return err
	}
	if w.ret != nil && len(st.Shape.Members) == 0 {
		out.Result.Body = read.AppendEmpty(out.Result.Body, out.Result.Rows)
	}
	read.FillRows(out)
	if len(st.Shape.Extra) == 0 || out.Count == 0 {
		return nil
	}
	n, err := read.FirstExtra(out.Result.Extra)
	if w.ret == nil {
		out.Count, out.Touched = int(n), int(n)
	} else if len(w.version) > 0 {
		out.Version = n
	}
	return err
}

// returning plans the columns of the answer. Without w.ret it is nil.
func (w *statement) returning(b *sqlgen.Builder, s sqlgen.Source) (*sqlgen.RowPlan, error) {
	if w.ret == nil {
		return nil, nil
	}
	s.Guard = w.guard
	return writtenPlan(b, s, w.ret)
}

// writtenPlan plans the answer to a write, which cannot have groups.
func writtenPlan(b *sqlgen.Builder, s sqlgen.Source, q *query.Query) (*sqlgen.RowPlan, error) {
	plan, err := b.Plan(s, q)
	if err == nil && plan.Groups != nil {
		return nil, sqlgen.ErrGroupsOfRow
	}
	return plan, err
}

// compileSimple writes a bare INSERT, UPDATE or DELETE.
func (w *statement) compileSimple(b *sqlgen.Builder) (*driver.Statement, error) {
	s := w.source(b.Alias())
	if w.op == query.OpInsert {
		if err := insertInto(b, w.Table, w.rows, s.Alias); err != nil {
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
		st := b.Statement(nil)
		st.Table, st.Op, st.Write = w.Table.Name, string(w.op), true
		return st, nil
	}
	b.Write(" returning ")
	shape, err := w.returnColumns(b, s, plan)
	if err != nil {
		return nil, err
	}
	st := b.Statement(shape)
	st.Table, st.Op, st.Write = w.Table.Name, string(w.op), true
	return st, nil
}

// returnColumns writes the members of the written rows and their version, and
// returns the shape that has them.
func (w *statement) returnColumns(b *sqlgen.Builder, s sqlgen.Source, plan *sqlgen.RowPlan) (*driver.Shape, error) {
	start := len(b.SQL)
	if b.Syntax.ReturningTable {
		s.Alias = w.Table.SQLName
	}
	if err := b.Dialect.RowColumns(b, s, plan, false); err != nil {
		return nil, err
	}
	shape := b.NewShape(plan, nil, sqlgen.StatementOptions{Extra: w.version})
	if len(w.version) > 0 && !b.Shares(0) {
		if len(b.SQL) > start {
			b.Write(", ")
		}
		b.Column(s, w.version[0])
	}
	if len(b.SQL) == start {
		b.Bind(driver.KindInt, int64(1)) // stands for the row
		shape.Extra, shape.Shared = []driver.Kind{driver.KindInt}, nil
	}
	return shape, nil
}

// changeRows writes UPDATE or DELETE with its WHERE.
func (w *statement) changeRows(b *sqlgen.Builder, s sqlgen.Source) error {
	if w.deletesRows() {
		b.Write("delete from ", w.Table.SQLName, " as ", s.Alias)
	} else {
		b.Write("update ", w.Table.SQLName, " as ", s.Alias, " set ")
		w.assign(b, s)
	}
	return w.selectRows(b, s)
}

func (w *statement) assign(b *sqlgen.Builder, s sqlgen.Source) {
	for i, a := range w.sets {
		if i > 0 {
			b.Write(", ")
		}
		b.Write(a.Column.SQLName, " = ")
		if a.Add {
			b.Column(s, a.Column)
			b.Write(" + ")
		}
		b.Bind(a.Column.Kind, a.Value)
	}
}

// selectRows writes WHERE for the rows to be changed: standing predicates, the
// rules to read and to change them, the version, and the caller's condition.
func (w *statement) selectRows(b *sqlgen.Builder, s sqlgen.Source) error {
	start := len(b.SQL)
	var err error
	if w.op == query.OpRestore {
		// Only the row itself is looked for among the deleted ones.
		b.Write(" and ")
		b.Column(s, w.Table.DeletedAt)
		b.Write(" is not null")
		err = b.LimitsOfAll(s)
	} else {
		err = b.Limits(s)
	}
	if err == nil && w.guard != nil && w.changeRule().Node() != w.guard.Read.Node() {
		b.Write(" and ")
		err = b.Rule(s, w.changeRule())
	}
	if err == nil && len(w.versions) > 0 {
		if len(w.version) == 0 {
			return fault.ErrStale
		}
		b.Write(" and ")
		b.Column(s, w.version[0])
		if len(w.versions) == 1 {
			b.Write(" = ")
			b.Bind(driver.KindInt, w.versions[0])
		} else {
			b.Dialect.OneOf(&b.Writer, driver.KindInt, w.versions)
		}
	}
	if err == nil && !w.where.IsZero() {
		b.Write(" and ")
		err = b.Cond(s, w.where.Node())
	}
	b.WhereFrom(start)
	return err
}

// raise writes an expression that is true, or fails the statement with the name
// of the check. The column in the text keeps PostgreSQL from evaluating the
// failure while it plans.
func (w *statement) raise(c *sqlgen.CondWriter, s sqlgen.Source, ch check) error {
	c.Write("case when ")
	if err := w.checkCond(c, s, ch, sqlgen.NewRows); err != nil {
		return err
	}
	c.Write(" then true else ('", driver.RaisePrefix, w.checkName(ch), "'||left(")
	c.Column(s, w.Table.PrimaryKey[0])
	c.Write("::text, 0))::int = 0 end")
	return nil
}

// keysMatch writes that a row has the conflict key of one of the rows. For a key
// of one column the statement is the same for any number of rows.
func (w *statement) keysMatch(b *sqlgen.Builder, s sqlgen.Source, rows [][]any) error {
	if k := w.upsert.keys[0]; len(w.upsert.keys) == 1 && value.Listable(k.Kind) {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[k.Index]
		}
		b.Comparable(s, k, false)
		b.Dialect.OneOf(&b.Writer, k.Kind, value.PackList(k.Kind, values))
		return nil
	}
	return b.Balanced(len(rows), " or ", func(i int) error {
		b.EqualValues(s, w.upsert.keys, func(j int) any { return rows[i][w.upsert.keys[j].Index] })
		return nil
	})
}

// checkCondition resolves the names in the filter of the answer, which selects
// nothing: relations without a member in the answer have left theirs there.
func (w *statement) checkCondition(ctx context.Context) error {
	if w.ret == nil || w.ret.Where.IsZero() || w.ret.Where.Node() == w.where.Node() {
		return nil
	}
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	return b.Cond(w.source(b.Alias()), w.ret.Where.Node())
}
