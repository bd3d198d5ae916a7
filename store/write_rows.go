package store

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// maxLevels is how many levels of rows go with a deleted one. It also ends cascades
// that lead in a circle.
const maxLevels = 16

// writeRows changes the rows of the table. New rows are inserted first, by one
// statement if possible.
func (w *steps) writeRows(ctx context.Context, rows []*rowWrite) error {
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

func (w *steps) insertRows(ctx context.Context, rows []*rowWrite) error {
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
func (w *steps) together(rows []*rowWrite) bool {
	itself := func(ref *Reference) bool { return ref.Target == w.table }
	if len(rows) < 2 || !w.s.DB.Dialect.Words().Arrays && !slices.ContainsFunc(w.table.ForeignKeys, itself) {
		return false
	}
	return !slices.ContainsFunc(rows, func(rw *rowWrite) bool {
		return slices.ContainsFunc(rw.new, func(v any) bool { _, gap := v.(value.Absent); return gap })
	})
}

// maxPlaceholders is the largest number of placeholders of a statement on
// SQLite. Rows beyond it need a second statement and cannot refer to it.
const maxPlaceholders = 32766

func (w *steps) insertTogether(ctx context.Context, rows []*rowWrite) error {
	for part := range slices.Chunk(rows, maxPlaceholders/len(w.table.Columns)) {
		if err := w.insertPart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (w *steps) insertPart(ctx context.Context, rows []*rowWrite) error {
	b := w.s.NewBuilder(ctx, nil, sqlgen.Access{})
	defer b.Free()
	images := make([][]any, len(rows))
	for i, rw := range rows {
		images[i] = rw.new
	}
	if err := insertInto(b, w.table, images, ""); err != nil {
		return err
	}
	return w.exec(ctx, b)
}

// insertRow inserts one row and reads back the key if the database made it.
func (w *steps) insertRow(ctx context.Context, rw *rowWrite) error {
	b := w.s.NewBuilder(ctx, nil, sqlgen.Access{})
	defer b.Free()
	if err := insertInto(b, w.table, [][]any{rw.new}, ""); err != nil {
		return err
	}
	made := slices.IndexFunc(w.table.Columns, func(col *Column) bool {
		_, gap := rw.new[col.Index].(value.Absent)
		return gap
	})
	if made < 0 {
		return w.exec(ctx, b)
	}
	col := w.table.Columns[made]
	b.Write(" returning ", col.SQLName)
	st := b.Statement(&driver.Shape{Extra: []Kind{col.Kind}})
	st.Table, st.Write = w.table.Name, true
	var r driver.Result
	if err := w.s.Query(ctx, st, &r); err != nil {
		return err
	}
	key, err := firstInt(r.Extra)
	rw.new[made] = key
	return err
}

// updateRow writes what differs between the old and the new row.
func (w *steps) updateRow(ctx context.Context, rw *rowWrite) error {
	b := w.s.NewBuilder(ctx, nil, sqlgen.Access{})
	defer b.Free()
	s := b.Trusted(w.table)
	b.Write("update ", w.table.SQLName, " as ", s.Alias, " set ")
	changed := w.differing(rw)
	first := true
	for i, col := range w.table.Columns {
		if !changed.Has(col) {
			continue
		}
		if !first {
			b.Write(", ")
		}
		first = false
		b.Write(col.SQLName, " = ")
		b.Bind(col.Kind, rw.new[i])
	}
	if first {
		return nil
	}
	b.Write(" where ")
	b.KeyEquals(s, rw.old)
	return w.exec(ctx, b)
}

func (w *steps) deleteRow(ctx context.Context, rw *rowWrite) error {
	b := w.s.NewBuilder(ctx, nil, sqlgen.Access{})
	defer b.Free()
	s := b.Trusted(w.table)
	b.Write("delete from ", w.table.SQLName, " as ", s.Alias, " where ")
	b.KeyEquals(s, rw.old)
	return w.exec(ctx, b)
}

// exec runs a statement without rows.
func (w *steps) exec(ctx context.Context, b *sqlgen.Builder) error {
	st := b.Statement(nil)
	st.Table, st.Write = w.table.Name, true
	_, err := w.s.Exec(ctx, st)
	return err
}

// cascade carries out what the model says about rows that refer to a row to be
// deleted, through the write path of their table.
func (w *steps) cascade(ctx context.Context, rw *rowWrite) error {
	depth, _ := ctx.Value(cascadeKey{}).(int)
	if depth > maxLevels {
		return &LimitError{Name: "levels of rows that are deleted with the one they refer to", Limit: maxLevels}
	}
	ctx = context.WithValue(ctx, cascadeKey{}, depth+1)
	for _, ref := range w.table.Referrers() {
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
func (w *steps) tally(rows int) error {
	if w.tallied == nil {
		if !w.deletesRows() || !hasActions(w.table) {
			return nil
		}
		w.tallied = new(int)
	}
	if *w.tallied += rows; *w.tallied > maxWrite {
		return &LimitError{Name: "rows of one write, with those that refer to what it deletes", Limit: maxWrite}
	}
	return nil
}

func (w *steps) cascadeInto(ctx context.Context, ref *Reference, old []any) error {
	child := ref.Columns[0].Table
	conds := make([]Cond, len(ref.Columns))
	for i, col := range ref.Columns {
		conds[i] = query.BoundEq(col, old[ref.Keys[i].Index])
	}
	// Rows in the bin and of other tenants refer to the row too.
	op := new(steps)
	op.request = request{
		reader: reader{s: w.s, table: child, scope: w.scope, access: sqlgen.Access{WithDeleted: true, AllTenants: true}}, actor: w.actor, logLimit: w.logLimit, now: w.now, op: OpDelete, where: And(conds...),
		tallied: w.tallied,
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
	return op.rowByRow(ctx, &out)
}
