package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// runSteps writes row by row in a transaction, with everything a write can have:
// hooks, cascades, upserts, answers with relations.
func (w *steps) runSteps(ctx context.Context, out *Rows) error {
	if w.s.tx != nil {
		return w.rowByRow(ctx, out)
	}
	return w.s.inTx(ctx, func(ctx context.Context, tx *txCore) error {
		inner := *w
		inner.s = tx.session()
		inner.rows = cloneRows(w.rows) // the transaction may be run again
		return inner.rowByRow(ctx, out)
	})
}

func cloneRows(rows [][]any) [][]any {
	clone := make([][]any, len(rows))
	for i, row := range rows {
		clone[i] = slices.Clone(row)
	}
	return clone
}

func (w *steps) rowByRow(ctx context.Context, out *Rows) error {
	out.result.Reset()
	out.take()
	if err := w.checkAnswer(ctx); err != nil {
		return err
	}
	rows, err := w.plannedRows(ctx, out)
	if err != nil {
		return err
	}
	for _, rw := range rows {
		if err := w.before(ctx, rw); err != nil {
			return err
		}
	}
	open, err := w.judgeRows(rows)
	if err != nil {
		return err
	}
	if err := w.judgeTargets(ctx, newImages(rows)); err != nil {
		return err
	}
	if err := w.judgeImages(ctx, open); err != nil {
		return err
	}
	if w.op == OpDelete && w.readsBack() {
		// They can be read with their relations as long as they are there.
		if err := w.readBack(ctx, rows, out); err != nil {
			return err
		}
	}
	if err := w.writeRows(ctx, rows); err != nil {
		return w.fail(ctx, err)
	}
	if err := w.checkBrought(ctx, rows); err != nil {
		return err
	}
	for _, rw := range rows {
		if err := runHooks(ctx, hooksOf(w.table).after, rw); err != nil {
			return err
		}
	}
	if err := w.logRows(ctx, rows); err != nil {
		return err
	}
	if err := w.answer(ctx, rows, out); err != nil {
		return err
	}
	return w.cardinality(out)
}

// plannedRows returns the rows of the write, with the old row, if there is one, and the
// intended new row.
func (w *steps) plannedRows(ctx context.Context, out *Rows) ([]*rowWrite, error) {
	if w.op == OpInsert {
		if err := w.fillTenant(tenantOf(ctx, w.scope)); err != nil {
			return nil, err
		}
		if w.upsert != nil {
			return w.upsertRows(ctx, out)
		}
		rows := make([]*rowWrite, len(w.rows))
		for i, row := range w.rows {
			rows[i] = w.newRow(OpInsert, nil, row)
			rows[i].gaps = w.gapsOf(i)
		}
		return rows, nil
	}
	old, err := w.lockRows(ctx)
	if err != nil || w.exactly > 0 && len(old) != w.exactly {
		return nil, err
	}
	rows := make([]*rowWrite, len(old))
	for i, row := range old {
		changed, err := w.changed(row)
		if err != nil {
			return nil, err
		}
		rows[i] = w.newRow(w.op, row, changed)
	}
	return rows, nil
}

func (w *request) newRow(op WriteOp, old, new []any) *rowWrite {
	return &rowWrite{op: op, table: w.table, tx: w.s.tx, scope: w.scope, old: old, new: new}
}

// gapsOf returns the missing required columns of a new row, before hooks may fill them.
func (w *request) gapsOf(i int) []FieldError {
	if w.gaps == nil {
		return nil
	}
	return w.gaps[i]
}

// changed applies the assignments to a row. A row that leaves the table has no
// new one.
func (w *prepared) changed(row []any) ([]any, error) {
	if w.deletesRows() {
		return nil, nil
	}
	row = slices.Clone(row)
	for _, a := range w.sets {
		value := a.value
		if a.add {
			var err error
			if value, err = sum(row[a.column.index], value); err != nil {
				return nil, err
			}
		}
		row[a.column.index] = value
	}
	return row, nil
}

// sum adds integers as PostgreSQL does: NULL stays NULL, and what is too large
// is an error.
func sum(a, b any) (any, error) {
	x, known := a.(int64)
	y, also := b.(int64)
	if !known || !also {
		return nil, nil
	}
	if s := x + y; (s > x) == (y > 0) {
		return s, nil
	}
	return nil, errValueRefused
}

// lockRows reads the rows to be changed, in key order, and locks them.
func (w *steps) lockRows(ctx context.Context) ([][]any, error) {
	b := w.s.newBuilder(ctx, w.scope, w.access)
	defer b.free()
	s := w.source(b.alias())
	b.write("select ")
	if err := b.dialect.rowColumns(b, s, wholePlan(w.table), false); err != nil {
		return nil, err
	}
	b.write(" from ", w.table.sqlName, " ", s.alias)
	if err := w.selectRows(b, s); err != nil {
		return nil, err
	}
	b.write(" order by ")
	b.keyList(s)
	b.write(" limit ")
	b.int(maxWrite + 1)
	b.lock(s)
	return w.readWhole(ctx, b)
}

// maxWriteBytes is the size of the rows, as JSON, that one write may touch: they are
// held in memory and copied to the log. It does not limit a single row written by key.
const maxWriteBytes = 32 << 20

// readWhole runs a statement that selects whole rows and reads them as bound
// values.
func (w *steps) readWhole(ctx context.Context, b *builder) ([][]any, error) {
	var r driver.Result
	st := b.statement(&driver.Shape{Members: wholePlan(w.table).members})
	st.Table, st.Op = w.table.Name, "select"
	if !pinned(w.table, w.where) {
		st.MaxBytes = maxWriteBytes
	}
	err := w.s.query(ctx, st, &r)
	if errors.Is(err, ErrTooLarge) {
		return nil, &LimitError{Name: "bytes of the rows of one write", Limit: maxWriteBytes}
	}
	if err != nil {
		return nil, err
	}
	if r.Rows > maxWrite {
		return nil, &LimitError{Name: "rows of one write", Limit: maxWrite}
	}
	return w.table.parseRows(r.Body)
}

// parseRows reads canonical rows with all columns of the table.
func (t *Table) parseRows(body []byte) ([][]any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	doc, err := strictjson.Parse(slices.Concat([]byte{'['}, body, []byte{']'}), strictjson.Limits{Depth: 64, Digits: 1 << 17, Growth: -1})
	if err != nil {
		return nil, fmt.Errorf("store: rows of %s: %w", t.Name, err)
	}
	var rows [][]any
	for _, v := range doc.Elements() {
		row := make([]any, len(t.Columns))
		i := 0
		for _, member := range v.Members() {
			if row[i], err = t.Columns[i].parseJSON(member.Raw()); err != nil {
				return nil, err
			}
			if row[i] == nil && t.Columns[i].Kind == KindJSON && !t.Columns[i].Nullable {
				row[i] = "null" // the document
			}
			i++
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// before runs the hooks on a row and then validates the result.
func (w *steps) before(ctx context.Context, rw *rowWrite) error {
	if !w.table.HasHooks() {
		return nil
	}
	if err := w.refuseNulls(rw.new); err != nil {
		return err
	}
	given := slices.Clone(rw.new)
	if err := runHooks(ctx, hooksOf(w.table).before, rw); err != nil {
		return err
	}
	unfilled := slices.DeleteFunc(slices.Clone(rw.gaps), func(f FieldError) bool {
		c := w.table.Column(f.Column)
		return !sameValue(c.Kind, given[c.index], rw.new[c.index])
	})
	if err := w.validation(unfilled); err != nil {
		return err
	}
	switch rw.op {
	case OpInsert:
		return w.validateRow(rw.new, nil)
	case OpUpdate:
		changed := w.differing(rw)
		return w.validateRow(rw.new, &changed)
	}
	return nil
}

// refuseNulls reports NULL in a column that has none, as the database would: a
// hook's struct could not even show it.
func (w *prepared) refuseNulls(row []any) error {
	var failed []FieldError
	var null *Column
	for i, c := range w.table.Columns {
		if row == nil || row[i] != nil || c.Nullable || c.Key {
			continue
		}
		null = c
		if f, ok := w.validateValue(c, nil); !ok {
			failed = append(failed, f)
		}
	}
	if null == nil {
		return nil
	}
	if err := w.validation(failed); err != nil {
		return err
	}
	return &ConstraintError{Kind: NotNull, Table: w.table.Name, Columns: publicNames([]*Column{null})}
}

// differing returns the columns that are written: 1.00 in place of 1.0 is a change,
// though the two are equal.
func (w *prepared) differing(rw *rowWrite) ColumnSet {
	var set ColumnSet
	for i, c := range w.table.Columns {
		if !sameBytes(c.Kind, rw.old[i], rw.new[i]) {
			set.Add(c)
		}
	}
	return set
}

// judgeRows evaluates the rules on new rows in Go where possible, and returns the rows
// that the database must check.
func (w *judged) judgeRows(rows []*rowWrite) (open []*rowWrite, err error) {
	if w.guard == nil {
		return nil, nil
	}
	for _, rw := range rows {
		rule := w.ruleFor(rw.op)
		if rule.IsZero() || rw.new == nil {
			if rw.op == OpInsert || rw.op == OpUpdate {
				return nil, ErrDenied
			}
			continue
		}
		undecided, err := w.judge(rule, rw.new)
		if err != nil {
			return nil, err
		}
		if undecided {
			open = append(open, rw)
		}
	}
	return open, nil
}

// ruleFor returns the rule on the row a write leaves.
func (w *judged) ruleFor(op WriteOp) Cond {
	switch op {
	case OpInsert:
		return w.guard.Create
	case OpUpdate:
		guard := w.guard
		if guard.UpdateCheck.IsZero() {
			return guard.Update
		}
		return guard.UpdateCheck
	}
	return True()
}

// judgeImages lets the database evaluate the rules on new rows that Go could not,
// before any of the rows is inserted. Otherwise a rule that refers back to the table
// would find the new row itself and allow any write.
func (w *judged) judgeImages(ctx context.Context, open []*rowWrite) error {
	for _, op := range []WriteOp{OpInsert, OpUpdate} {
		var images [][]any
		for _, rw := range open {
			if rw.op == op {
				images = append(images, rw.new)
			}
		}
		if len(images) == 0 {
			continue
		}
		if err := w.imagesHold(ctx, images, w.ruleFor(op)); err != nil {
			return err
		}
	}
	return nil
}

// checkBrought checks the foreign keys of written rows to rows inserted by the same
// write.
func (w *judged) checkBrought(ctx context.Context, rows []*rowWrite) error {
	if w.guard == nil {
		return nil
	}
	brought := w.brought(newImages(rows))
	for _, rw := range rows {
		if rw.op != OpInsert && rw.op != OpUpdate {
			continue
		}
		for _, ref := range w.table.ForeignKeys {
			key, whole := writtenKey(ref, rw.new)
			if !whole || !w.checksKey(ref) || !brought[targetName(ref, key)] {
				continue
			}
			if ok, err := w.holds(ctx, rw.new, check{reference: ref}); err != nil {
				return err
			} else if !ok {
				return w.missingTarget(ref)
			}
		}
	}
	return nil
}

// newImages returns the rows as a write leaves them, without those it deletes.
func newImages(rows []*rowWrite) [][]any {
	images := make([][]any, 0, len(rows))
	for _, rw := range rows {
		if rw.new != nil {
			images = append(images, rw.new)
		}
	}
	return images
}

// holds checks in the database whether a check holds for an existing row.
func (w *judged) holds(ctx context.Context, row []any, ch check) (bool, error) {
	b := w.s.newBuilder(ctx, w.scope, access{})
	defer b.free()
	s := b.trusted(w.table)
	b.write("select 1 from ", w.table.sqlName, " ", s.alias, " where ")
	b.keyEquals(s, row)
	b.write(" and ")
	if err := w.checkCond(&b.conds, s, ch, ""); err != nil {
		return false, err
	}
	var r driver.Result
	if err := w.s.query(ctx, b.statement(&driver.Shape{Extra: []Kind{KindInt}}), &r); err != nil {
		return false, err
	}
	return r.Rows == 1, nil
}
