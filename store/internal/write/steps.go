package write

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// runSteps writes row by row in a transaction, with everything a write can have:
// hooks, cascades, upserts, answers with relations.
func (w *steps) runSteps(ctx context.Context, out *query.Rows) error {
	if w.Session.Tx != nil {
		return w.rowByRow(ctx, out)
	}
	return w.Session.RunTx(ctx, func(ctx context.Context, tx *core.Tx) error {
		inner := *w
		inner.Session = core.SessionOf(tx)
		inner.rows = cloneRows(w.rows) // the transaction may be run again
		return inner.rowByRow(ctx, out)
	})
}

func (w *steps) rowByRow(ctx context.Context, out *query.Rows) error {
	out.Result.Reset()
	read.FillRows(out)
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
	if w.op == query.OpDelete && w.readsBack() {
		// They can be read with their relations as long as they are there.
		if err := w.readBack(ctx, rows, out); err != nil {
			return err
		}
	}
	if err := w.writeRows(ctx, rows); err != nil {
		return w.fail(ctx, err)
	}
	if err := w.checkOwnTargets(ctx, rows); err != nil {
		return err
	}
	for _, rw := range rows {
		if err := runHooks(ctx, hooksOf(w.Table).After, rw); err != nil {
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
func (w *steps) plannedRows(ctx context.Context, out *query.Rows) ([]*Row, error) {
	if w.op == query.OpInsert {
		if err := w.fillTenant(sqlgen.TenantOf(ctx, w.Scope)); err != nil {
			return nil, err
		}
		if w.upsert != nil {
			return w.upsertRows(ctx, out)
		}
		rows := make([]*Row, len(w.rows))
		for i, row := range w.rows {
			rows[i] = w.newRow(query.OpInsert, nil, row)
			rows[i].gaps = w.missingRequiredOf(i)
		}
		return rows, nil
	}
	old, err := w.lockRows(ctx)
	if err != nil || w.exactly > 0 && len(old) != w.exactly {
		return nil, err
	}
	rows := make([]*Row, len(old))
	for i, row := range old {
		changed, err := w.changed(row)
		if err != nil {
			return nil, err
		}
		rows[i] = w.newRow(w.op, row, changed)
	}
	return rows, nil
}

// lockRows reads the rows to be changed, in key order, and locks them.
func (w *steps) lockRows(ctx context.Context) ([][]any, error) {
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	s := w.source(b.Alias())
	b.Write("select ")
	if err := b.Dialect.RowColumns(b, s, sqlgen.WholePlan(w.Table), false); err != nil {
		return nil, err
	}
	b.Write(" from ", w.Table.SQLName, " ", s.Alias)
	if err := w.selectRows(b, s); err != nil {
		return nil, err
	}
	b.Write(" order by ")
	b.KeyList(s)
	b.Write(" limit ")
	b.Int(maxWrite + 1)
	b.Lock(s, w.op)
	return w.readWhole(ctx, b)
}

// maxWriteBytes is the size of the rows, as JSON, that one write may touch: they are
// held in memory and copied to the log. It does not limit a single row written by key.
const maxWriteBytes = 32 << 20

// readWhole runs a statement that selects whole rows and reads them as bound
// values.
func (w *steps) readWhole(ctx context.Context, b *sqlgen.Builder) ([][]any, error) {
	var r driver.Result
	st := b.Statement(&driver.Shape{Members: sqlgen.WholePlan(w.Table).Members})
	st.Table, st.Op = w.Table.Name, "select"
	if !query.Pinned(w.Table, w.where) {
		st.MaxBytes = maxWriteBytes
	}
	err := w.Session.Query(ctx, st, &r)
	if errors.Is(err, fault.ErrTooLarge) {
		return nil, &fault.LimitError{Name: "bytes of the rows of one write", Limit: maxWriteBytes}
	}
	if err != nil {
		return nil, err
	}
	if r.Rows > maxWrite {
		return nil, &fault.LimitError{Name: "rows of one write", Limit: maxWrite}
	}
	return schema.RowsOf(w.Table, r.Body)
}

// before runs the hooks on a row and then validates the result.
func (w *steps) before(ctx context.Context, rw *Row) error {
	if !w.Table.HasHooks() {
		return nil
	}
	if err := w.refuseNulls(rw.New); err != nil {
		return err
	}
	given := slices.Clone(rw.New)
	if err := runHooks(ctx, hooksOf(w.Table).Before, rw); err != nil {
		return err
	}
	unfilled := slices.DeleteFunc(slices.Clone(rw.gaps), func(f fault.FieldError) bool {
		c := w.Table.Column(f.Column)
		return !value.SameValue(c.Kind, given[c.Index], rw.New[c.Index])
	})
	if err := w.validation(unfilled); err != nil {
		return err
	}
	switch rw.Op {
	case query.OpInsert:
		return w.validateRow(rw.New, nil)
	case query.OpUpdate:
		changed := w.differing(rw)
		return w.validateRow(rw.New, &changed)
	}
	return nil
}
