package store

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// maxLevels is how many levels of rows go with a deleted one. It also ends cascades
// that lead in a circle.
const maxLevels = 16

// writeRows changes the rows of the table. New rows are inserted first, by one
// statement if possible.
func (w *write) writeRows(ctx context.Context, rows []*rowWrite) error {
	if err := w.tally(len(rows)); err != nil {
		return err
	}
	var fresh, known []*rowWrite
	for _, rw := range rows {
		if rw.op == OpInsert {
			fresh = append(fresh, rw)
		} else {
			known = append(known, rw)
		}
	}
	if err := w.insertRows(ctx, fresh); err != nil {
		return err
	}
	for _, rw := range known {
		var err error
		if rw.new == nil {
			if err = w.cascade(ctx, rw); err == nil {
				err = w.deleteRow(ctx, rw)
			}
		} else {
			err = w.updateRow(ctx, rw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *write) insertRows(ctx context.Context, rows []*rowWrite) error {
	if w.together(rows) {
		return w.insertTogether(ctx, rows)
	}
	for _, rw := range rows {
		if err := w.insertRow(ctx, rw); err != nil {
			return err
		}
	}
	return nil
}

// together reports whether new rows are inserted by one statement: on PostgreSQL
// to save round trips, and on both engines where rows of one write may refer to
// each other, since foreign keys are checked at the end of a statement. SQLite is
// faster row by row, and keys the database makes are read back one by one.
func (w *write) together(rows []*rowWrite) bool {
	itself := func(ref *Reference) bool { return ref.Target == w.table }
	if len(rows) < 2 || !w.s.db.dialect.Postgres() && !slices.ContainsFunc(w.table.ForeignKeys, itself) {
		return false
	}
	return !slices.ContainsFunc(rows, func(rw *rowWrite) bool {
		return slices.ContainsFunc(rw.new, func(v any) bool { _, gap := v.(absent); return gap })
	})
}

// maxPlaceholders is the largest number of placeholders of a statement on
// SQLite. Rows beyond it need a second statement and cannot refer to it.
const maxPlaceholders = 32766

func (w *write) insertTogether(ctx context.Context, rows []*rowWrite) error {
	for part := range slices.Chunk(rows, maxPlaceholders/len(w.table.Columns)) {
		if err := w.insertPart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) insertPart(ctx context.Context, rows []*rowWrite) error {
	c := w.s.newCompiler(ctx, nil, access{})
	defer c.free()
	many := &write{table: w.table, rows: make([][]any, len(rows))}
	for i, rw := range rows {
		many.rows[i] = rw.new
	}
	if err := many.insertInto(c, ""); err != nil {
		return err
	}
	return w.exec(ctx, c)
}

// insertRow inserts one row and reads back the key if the database made it.
func (w *write) insertRow(ctx context.Context, rw *rowWrite) error {
	c := w.s.newCompiler(ctx, nil, access{})
	defer c.free()
	one := &write{table: w.table, rows: [][]any{rw.new}}
	if err := one.insertInto(c, ""); err != nil {
		return err
	}
	made := slices.IndexFunc(w.table.Columns, func(col *Column) bool {
		_, gap := rw.new[col.index].(absent)
		return gap
	})
	if made < 0 {
		return w.exec(ctx, c)
	}
	col := w.table.Columns[made]
	c.write(" returning ", col.sqlName)
	st := c.statement(&driver.Shape{Extra: []Kind{col.Kind}})
	st.Table, st.Write = w.table.Name, true
	var r driver.Result
	if err := w.s.query(ctx, st, &r); err != nil {
		return err
	}
	key, err := firstInt(r.Extra)
	rw.new[made] = key
	return err
}

// updateRow writes what differs between the old and the new row.
func (w *write) updateRow(ctx context.Context, rw *rowWrite) error {
	c := w.s.newCompiler(ctx, nil, access{})
	defer c.free()
	s := source{table: w.table, alias: c.alias()}
	c.write("update ", w.table.sqlName, " as ", s.alias, " set ")
	changed := w.differing(rw)
	first := true
	for i, col := range w.table.Columns {
		if !changed.Has(col) {
			continue
		}
		if !first {
			c.write(", ")
		}
		first = false
		c.write(col.sqlName, " = ")
		c.bind(col.Kind, rw.new[i])
	}
	if first {
		return nil
	}
	c.write(" where ")
	c.keyEquals(s, rw.old)
	return w.exec(ctx, c)
}

func (w *write) deleteRow(ctx context.Context, rw *rowWrite) error {
	c := w.s.newCompiler(ctx, nil, access{})
	defer c.free()
	s := source{table: w.table, alias: c.alias()}
	c.write("delete from ", w.table.sqlName, " as ", s.alias, " where ")
	c.keyEquals(s, rw.old)
	return w.exec(ctx, c)
}

// exec runs a statement without rows.
func (w *write) exec(ctx context.Context, c *compiler) error {
	st := c.statement(nil)
	st.Table, st.Write = w.table.Name, true
	_, err := w.s.exec(ctx, st)
	return err
}

// cascade carries out what the model says about rows that refer to a row to be
// deleted, through the write path of their table.
func (w *write) cascade(ctx context.Context, rw *rowWrite) error {
	depth, _ := ctx.Value(cascadeKey{}).(int)
	if depth > maxLevels {
		return &LimitError{Name: "levels of rows that are deleted with the one they refer to", Limit: maxLevels}
	}
	ctx = context.WithValue(ctx, cascadeKey{}, depth+1)
	for _, ref := range w.table.referrers() {
		if ref.OnDelete == Restrict {
			continue
		}
		if err := w.cascadeInto(ctx, ref, rw.old); err != nil {
			return err
		}
	}
	return nil
}

// cascadeKey leads to the level of a row. It is in the context because hooks can
// delete too.
type cascadeKey struct{}

// tally counts the rows that are written because of one delete, its own included: a
// write for each of them is no bound for all.
func (w *write) tally(rows int) error {
	if w.tallied == nil {
		if !w.deletesRows() || !w.table.hasActions() {
			return nil
		}
		w.tallied = new(int)
	}
	if *w.tallied += rows; *w.tallied > maxWrite {
		return &LimitError{Name: "rows of one write, with those that refer to what it deletes", Limit: maxWrite}
	}
	return nil
}

func (w *write) cascadeInto(ctx context.Context, ref *Reference, old []any) error {
	child := ref.Columns[0].Table
	conds := make([]Cond, len(ref.Columns))
	for i, col := range ref.Columns {
		conds[i] = boundEq(col, old[ref.Keys[i].index])
	}
	// Rows in the bin and of other tenants refer to the row too.
	op := &write{
		s: w.s, table: child, scope: w.scope, actor: w.actor, logLimit: w.logLimit, now: w.now, op: OpDelete, where: And(conds...), trusting: trustedCond,
		access: access{withDeleted: true, allTenants: true}, tallied: w.tallied,
	}
	if ref.OnDelete == SetNull {
		op.op = OpUpdate
		for _, col := range ref.Columns {
			op.sets = append(op.sets, assignment{column: col})
		}
		op.touch()
	} else if child.DeletedAt != nil {
		op.erase = true
	}
	var out Rows
	return op.steps(ctx, &out)
}

// boundEq compares a column with a bound value.
func boundEq(col *Column, v any) Cond {
	n := &node{kind: nodeCompare, name: col.Name, column: col, op: OpEq, operand: operand{kind: operandValue, value: v}}
	return Cond{n}
}

// answer fills the answer from the written rows. Plain rows come from Go. Relations or
// an order require a read in the same transaction, which for deleted rows ran before
// the delete.
func (w *write) answer(ctx context.Context, rows []*rowWrite, out *Rows) error {
	out.touched = len(rows)
	if len(rows) == 1 && len(w.version) > 0 && rows[0].new != nil {
		out.Version, _ = rows[0].new[w.version[0].index].(int64)
	}
	gone := w.op == OpDelete
	switch {
	case w.ret == nil:
		out.Count = len(rows)
		return nil
	case !w.readsBack():
		return w.appendRows(ctx, rows, out)
	case gone:
		return nil
	}
	return w.readBack(ctx, rows, out)
}

// checkCondition resolves the names in the filter of the answer, which selects
// nothing: relations without a member in the answer have left theirs there.
func (w *write) checkCondition(ctx context.Context) error {
	if w.ret == nil || w.ret.Where.IsZero() || w.ret.Where.n == w.where.n {
		return nil
	}
	c := w.s.newCompiler(ctx, w.scope, w.access)
	defer c.free()
	return c.cond(source{table: w.table, alias: c.alias(), guard: w.guard}, w.ret.Where.n, w.trusting)
}

// checkAnswer resolves the names in the answer before anything is written: a
// wrong one is a mistake also where no row comes back.
func (w *write) checkAnswer(ctx context.Context) error {
	if w.ret == nil {
		return nil
	}
	c := w.s.newCompiler(ctx, w.scope, w.access)
	defer c.free()
	if !w.readsBack() {
		_, err := writtenPlan(c, source{table: w.table, guard: w.guard}, w.ret)
		return err
	}
	q := *w.ret
	q.Where, q.Limit, q.Offset, q.After, q.Count = Cond{}, nil, 0, "", false
	_, err := c.read(w.table, &q, readOptions{})
	return err
}

// readsBack reports whether the answer needs more than the written rows.
func (w *write) readsBack() bool {
	return w.ret != nil && (len(w.ret.With) > 0 || len(w.ret.Order) > 0)
}

// appendRows fills the answer with the plain rows that the scope can see.
func (w *write) appendRows(ctx context.Context, rows []*rowWrite, out *Rows) error {
	c := w.s.newCompiler(ctx, w.scope, w.access)
	defer c.free()
	plan, err := writtenPlan(c, source{table: w.table, guard: w.guard}, &Query{Select: w.ret.Select})
	if err != nil {
		return err
	}
	gone := w.op == OpDelete
	out.Body, out.Count = out.result.Body[:0], 0
	for _, rw := range rows {
		row := rw.new
		if gone {
			row = rw.old
		}
		visible, err := w.visible(ctx, row, gone)
		if err != nil {
			return err
		}
		if !visible {
			continue
		}
		if out.Body, err = w.appendRow(out.Body, plan, row, out.Count > 0); err != nil {
			return err
		}
		out.Count++
	}
	out.result.Body = out.Body
	return nil
}

// visible evaluates the read rule on a written row. A deleted row was visible when it
// was selected.
func (w *write) visible(ctx context.Context, row []any, gone bool) (bool, error) {
	if w.guard == nil || gone {
		return true, nil
	}
	rule := w.guard.Read
	if rule.IsZero() {
		return false, nil
	}
	if result, decided := rule.n.evaluate(w.scope, row); decided {
		return result == isTrue, nil
	}
	return w.holds(ctx, row, check{rule: rule.n})
}

// appendRow appends the planned columns of a row as JSON object.
func (w *write) appendRow(dst []byte, plan *rowPlan, row []any, comma bool) (_ []byte, err error) {
	if comma {
		dst = append(dst, ',')
	}
	dst = append(dst, '{')
	for i, pc := range plan.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, plan.members[i].Key...)
		if dst, err = appendCast(dst, pc, pc.column.of(row)); err != nil {
			return dst, err
		}
		if w.maxBytes > 0 && len(dst) > w.maxBytes {
			return dst, ErrTooLarge
		}
	}
	return append(dst, '}'), nil
}

// appendCast appends a value after the cast of its column.
func appendCast(dst []byte, pc planColumn, v any) ([]byte, error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	switch pc.cast {
	case "int":
		return appendValue(dst, KindInt, int64(btoi(v == true))), nil
	case "date":
		text := appendValue(nil, KindTimestamp, v)
		return append(append(dst, text[:len(`"2006-01-02`)]...), '"'), nil
	case "int8", "float8", "numeric", "bool":
		parsed, err := jsonb.Cast(v.(string), pc.cast)
		if err != nil {
			return dst, errValueRefused
		}
		return append(dst, parsed...), nil
	case castText:
		text := appendValue(nil, pc.column.Kind, v)
		if text[0] == '"' && pc.column.Kind != KindJSON {
			return append(dst, text...), nil
		}
		return strictjson.AppendStringBytes(dst, text), nil
	}
	return appendValue(dst, pc.column.Kind, v), nil
}

// readBack reads the written rows through the guard, with relations. Without an
// order of the query they come in the order of the write.
func (w *write) readBack(ctx context.Context, rows []*rowWrite, out *Rows) error {
	out.Body, out.Count = out.result.Body[:0], 0
	q := *w.ret
	q.Limit, q.Offset, q.After, q.Count = nil, 0, "", false
	keys := make([]Cond, len(rows))
	for i, rw := range rows {
		row := rw.new
		if row == nil {
			row = rw.old
		}
		keys[i] = w.table.keyCond(row)
	}
	if len(keys) == 0 {
		return nil // a condition without keys would select every row
	}
	if len(q.Order) > 0 {
		keys = []Cond{Or(keys...)}
	}
	spent := 0
	for _, key := range keys {
		if w.budget > 0 && spent >= w.budget {
			return errBudget(w.ret, w.budget)
		}
		n, err := w.readWritten(ctx, &q, key, max(w.budget-spent, 0), out)
		if err != nil {
			return err
		}
		spent += n
	}
	return nil
}

// readWritten reads the rows of a key and returns how many there were on all levels.
func (w *write) readWritten(ctx context.Context, q *Query, key Cond, budget int, out *Rows) (int, error) {
	c := w.s.newCompiler(ctx, w.scope, w.access)
	defer c.free()
	q.Where = key
	c.budget = budget
	shape, err := c.read(w.table, q, readOptions{})
	if err != nil {
		return 0, err
	}
	var r driver.Result
	st := c.statement(shape)
	if w.maxBytes > 0 {
		st.MaxBytes = max(w.maxBytes-len(out.Body), 1) // 0 would be no limit
	}
	if err := w.s.query(ctx, st, &r); errors.Is(err, errTooManyRows) {
		return 0, errBudget(w.ret, w.budget)
	} else if err != nil {
		return 0, err
	}
	if r.Rows > 0 && out.Count > 0 {
		out.Body = append(out.Body, ',')
	}
	out.Body = append(out.Body, r.Body...)
	out.Count += r.Rows
	out.result.Body = out.Body
	return max(r.All, r.Rows), nil
}
