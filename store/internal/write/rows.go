package write

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// maxLevels is how many levels of rows go with a deleted one. It also ends cascades
// that lead in a circle.
const maxLevels = 16

// writeRows changes the rows of the table. New rows are inserted first, by one
// statement if possible.
func (w *steps) writeRows(ctx context.Context, rows []*Row) error {
	if err := w.countCascade(len(rows)); err != nil {
		return err
	}
	var fresh, known []*Row
	for _, rw := range rows {
		if rw.Op == query.OpInsert {
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
		if rw.New == nil {
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

func (w *steps) insertRows(ctx context.Context, rows []*Row) error {
	if err := w.moveSequence(ctx, rows); err != nil {
		return err
	}
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
func (w *steps) together(rows []*Row) bool {
	itself := func(ref *schema.Reference) bool { return ref.Target == w.Table }
	if len(rows) < 2 || !w.Session.DB.Dialect.Syntax().Arrays && !slices.ContainsFunc(w.Table.ForeignKeys, itself) {
		return false
	}
	return !slices.ContainsFunc(rows, func(rw *Row) bool {
		return slices.ContainsFunc(rw.New, func(v any) bool { _, gap := v.(value.Absent); return gap })
	})
}

// maxPlaceholders is the largest number of placeholders of a statement on
// SQLite. Rows beyond it need a second statement and cannot refer to it.
const maxPlaceholders = 32766

func (w *steps) insertTogether(ctx context.Context, rows []*Row) error {
	for part := range slices.Chunk(rows, maxPlaceholders/len(w.Table.Columns)) {
		if err := w.insertPart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (w *steps) insertPart(ctx context.Context, rows []*Row) error {
	b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
	defer b.Free()
	images := make([][]any, len(rows))
	for i, rw := range rows {
		images[i] = rw.New
	}
	if err := insertInto(b, w.Table, images, ""); err != nil {
		return err
	}
	return w.exec(ctx, b)
}

// insertRow inserts one row and reads back the key if the database made it.
func (w *steps) insertRow(ctx context.Context, rw *Row) error {
	b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
	defer b.Free()
	if err := insertInto(b, w.Table, [][]any{rw.New}, ""); err != nil {
		return err
	}
	made := slices.IndexFunc(w.Table.Columns, func(col *schema.Column) bool {
		_, gap := rw.New[col.Index].(value.Absent)
		return gap
	})
	if made < 0 {
		return w.exec(ctx, b)
	}
	col := w.Table.Columns[made]
	b.Write(" returning ", col.SQLName)
	st := b.Statement(&driver.Shape{Extra: []driver.Kind{col.Kind}})
	st.Table, st.Write = w.Table.Name, true
	var r driver.Result
	if err := w.Session.Query(ctx, st, &r); err != nil {
		return err
	}
	key, err := read.FirstExtra(r.Extra)
	rw.New[made] = key
	return err
}

// updateRow writes what differs between the old and the new row.
func (w *steps) updateRow(ctx context.Context, rw *Row) error {
	b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
	defer b.Free()
	s := b.Trusted(w.Table)
	b.Write("update ", w.Table.SQLName, " as ", s.Alias, " set ")
	changed := w.differing(rw)
	first := true
	for i, col := range w.Table.Columns {
		if !changed.Has(col) {
			continue
		}
		if !first {
			b.Write(", ")
		}
		first = false
		b.Write(col.SQLName, " = ")
		b.Bind(col.Kind, rw.New[i])
	}
	if first {
		return nil
	}
	b.Write(" where ")
	b.KeyEquals(s, rw.Old)
	return w.exec(ctx, b)
}

func (w *steps) deleteRow(ctx context.Context, rw *Row) error {
	b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
	defer b.Free()
	s := b.Trusted(w.Table)
	b.Write("delete from ", w.Table.SQLName, " as ", s.Alias, " where ")
	b.KeyEquals(s, rw.Old)
	return w.exec(ctx, b)
}

// exec runs a statement without rows.
func (w *steps) exec(ctx context.Context, b *sqlgen.Builder) error {
	st := b.Statement(nil)
	st.Table, st.Write = w.Table.Name, true
	_, err := w.Session.Exec(ctx, st)
	return err
}

// cascade carries out what the model says about rows that refer to a row to be
// deleted, through the write path of their table.
func (w *steps) cascade(ctx context.Context, rw *Row) error {
	depth, _ := ctx.Value(cascadeKey{}).(int)
	if depth > maxLevels {
		return &fault.LimitError{Name: "levels of rows that are deleted with the one they refer to", Limit: maxLevels}
	}
	ctx = context.WithValue(ctx, cascadeKey{}, depth+1)
	for _, ref := range w.Table.Referrers() {
		if ref.OnDelete == schema.Restrict {
			continue
		}
		if err := w.cascadeInto(ctx, ref, rw.Old); err != nil {
			return err
		}
	}
	return nil
}

// cascadeKey leads to the level of a row. It is in the context because hooks can
// delete too.
type cascadeKey struct{}

// countCascade counts the rows that are written because of one delete, its own included: a
// write for each of them is no bound for all.
func (w *steps) countCascade(rows int) error {
	if w.cascaded == nil {
		if !w.deletesRows() || !hasActions(w.Table) {
			return nil
		}
		w.cascaded = new(int)
	}
	if *w.cascaded += rows; *w.cascaded > maxWrite {
		return &fault.LimitError{Name: "rows of one write, with those that refer to what it deletes", Limit: maxWrite}
	}
	return nil
}

func (w *steps) cascadeInto(ctx context.Context, ref *schema.Reference, old []any) error {
	child := ref.Columns[0].Table
	conds := make([]query.Cond, len(ref.Columns))
	for i, col := range ref.Columns {
		conds[i] = query.BoundEq(col, old[ref.Keys[i].Index])
	}
	// Rows in the bin and of other tenants refer to the row too.
	op := new(steps)
	op.request = request{
		Reader: read.Reader{Session: w.Session, Table: child, Scope: w.Scope, Exemptions: sqlgen.Exemptions{WithDeleted: true, AllTenants: true}}, actor: w.actor, origin: w.origin, logLimit: w.logLimit, now: w.now, op: query.OpDelete, where: query.And(conds...),
		cascaded: w.cascaded, cascade: true,
	}
	if ref.OnDelete == schema.SetNull {
		op.op = query.OpUpdate
		for _, col := range ref.Columns {
			op.sets = append(op.sets, Assignment{Column: col})
		}
		op.touch()
	} else if child.DeletedAt != nil {
		op.hardDelete = true
	}
	var out query.Rows
	return op.rowByRow(ctx, &out)
}
