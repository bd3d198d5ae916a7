package store

import (
	"context"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// logRows appends the log rows of a step-by-step write: one statement that takes
// them as a JSON array.
func (w *steps) logRows(ctx context.Context, rows []*rowWrite) error {
	if !w.table.Tracked || len(rows) == 0 {
		return nil
	}
	body, total := []byte{'['}, 0
	for i, rw := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		var n int
		body, n = w.appendLogRow(body, rw)
		total += n
	}
	body = append(body, ']')
	if err := w.chargeSteps(total); err != nil {
		return err
	}
	b := w.s.NewBuilder(ctx, nil, sqlgen.Access{})
	defer b.Free()
	b.Write("insert into plinth_changes ", logColumns, " select ")
	b.Bind(KindText, w.table.Name)
	order := b.Dialect.LogRows(&b.Text, string(body))
	if w.logLimit > 0 && b.Words.With {
		b.Write(" where (select ")
		w.chargeLog(b, strconv.Itoa(total)+"::bigint")
		b.Write(")")
	}
	b.Write(order)
	st := b.Statement(nil)
	st.Table, st.Op, st.Write = "plinth_changes", "insert", true
	if _, err := w.s.Exec(ctx, st); err != nil {
		return w.fail(ctx, err)
	}
	w.s.Logged()
	return nil
}

// appendLogRow appends one entry as JSON, and returns the size of its images too. As with
// [write.logCTE], new has only what differs from old.
func (w *steps) appendLogRow(dst []byte, rw *rowWrite) ([]byte, int) {
	row := rw.new
	var some *ColumnSet
	switch {
	case row == nil:
		row = rw.old
	case rw.old != nil:
		changed := w.differing(rw)
		some = &changed
	}
	dst = append(dst, `{"op":`...)
	dst = value.AppendValue(dst, KindText, string(rw.op))
	dst = append(dst, `,"key":`...)
	dst = w.table.AppendKey(dst, row)
	start := len(dst)
	dst = append(dst, `,"old":`...)
	dst = w.table.AppendImage(dst, rw.old, nil)
	dst = append(dst, `,"new":`...)
	dst = w.table.AppendImage(dst, rw.new, some)
	size := len(dst) - start
	dst = append(dst, `,"size":`...)
	dst = strconv.AppendInt(dst, int64(size), 10)
	dst = append(dst, `,"actor":`...)
	dst = value.AppendValue(dst, KindText, w.actor)
	if t := w.table.Tenant; t != nil {
		dst = append(dst, `,"tenant":`...)
		dst = value.AppendValue(dst, t.Kind, row[t.Index])
	}
	return append(dst, '}'), size
}

// chargeSteps is chargeLog for SQLite, where rows are logged from Go.
func (w *steps) chargeSteps(size int) error {
	if w.logLimit == 0 || w.s.DB.Dialect.Words().With {
		return nil
	}
	if w.s.Tx.Bytes += size; w.s.Tx.Bytes <= w.logLimit {
		return nil
	}
	err := w.logLimitError()
	w.s.Fail(err) // the rows are written, and must not stay without a log
	return err
}
