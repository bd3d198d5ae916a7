package write

import (
	"context"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// logRows appends the log rows of a step-by-step write: one statement that takes
// them as a JSON array.
func (w *steps) logRows(ctx context.Context, rows []*Row) error {
	if !w.Table.Tracked || len(rows) == 0 {
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
	b := w.Session.NewBuilder(ctx, nil, sqlgen.Exemptions{})
	defer b.Free()
	w.logInto(b)
	order := b.Dialect.LogRows(&b.Writer, string(body))
	if w.logLimit > 0 && b.Syntax.WritableCTE {
		b.Write(" where (select ")
		w.chargeLog(b, strconv.Itoa(total)+"::bigint")
		b.Write(")")
	}
	b.Write(order)
	st := b.Statement(nil)
	st.Table, st.Op, st.Write = "plinth_changes", "insert", true
	if _, err := w.Session.Exec(ctx, st); err != nil {
		return w.fail(ctx, err)
	}
	w.Session.Logged()
	return nil
}

// appendLogRow appends one entry as JSON, and returns the size of its images too. As with
// [write.logCTE], new has only what differs from old.
func (w *steps) appendLogRow(dst []byte, rw *Row) ([]byte, int) {
	row := rw.New
	var some *schema.ColumnSet
	switch {
	case row == nil:
		row = rw.Old
	case rw.Old != nil:
		changed := w.differing(rw)
		some = &changed
	}
	dst = append(dst, `{"op":`...)
	dst = value.AppendValue(dst, driver.KindText, string(rw.Op))
	dst = append(dst, `,"key":`...)
	dst = w.Table.AppendKey(dst, row)
	start := len(dst)
	dst = append(dst, `,"old":`...)
	dst = w.Table.AppendImage(dst, rw.Old, nil)
	dst = append(dst, `,"new":`...)
	dst = w.Table.AppendImage(dst, rw.New, some)
	size := len(dst) - start
	dst = append(dst, `,"size":`...)
	dst = strconv.AppendInt(dst, int64(size), 10)
	dst = append(dst, `,"actor":`...)
	dst = value.AppendValue(dst, driver.KindText, w.actor)
	if t := w.Table.Tenant; t != nil {
		dst = append(dst, `,"tenant":`...)
		dst = value.AppendValue(dst, t.Kind, row[t.Index])
	}
	return append(dst, '}'), size
}

// chargeSteps is chargeLog for SQLite, where rows are logged from Go.
func (w *steps) chargeSteps(size int) error {
	if w.logLimit == 0 || w.Session.DB.Dialect.Syntax().WritableCTE {
		return nil
	}
	if w.Session.Tx.Bytes += size; w.Session.Tx.Bytes <= w.logLimit {
		return nil
	}
	err := w.logLimitError()
	w.Session.Fail(err) // the rows are written, and must not stay without a log
	return err
}
