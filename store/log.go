package store

import (
	"context"
	"strconv"
	"strings"
)

// logColumns are the columns of the change log a write fills.
const logColumns = "(tbl, op, key, old, new, actor, tenant, size)"

// logCTE writes the log rows of a one-statement write as the last CTE. Images
// of rows are PostgreSQL's own JSON; readers of the log bring them into the
// canonical form. Of an update new has only the columns that the statement sets, so
// that large values are not written twice; readers find the others in old.
func (w *statement) logCTE(b *builder) {
	row, old, image := source{table: w.table, alias: "n"}, "null::jsonb", w.logImage("n", nil)
	size := w.logSize("n", nil)
	joined := w.op != OpInsert && !w.deletesRows()
	switch {
	case w.deletesRows():
		old, image = image, "null::jsonb"
	case joined:
		var sets ColumnSet
		for _, a := range w.sets {
			sets.Add(a.column)
		}
		old, image = w.logImage("o", nil), w.logImage("n", &sets)
		size = w.logSize("o", nil) + " + " + w.logSize("n", &sets)
	}
	from := func() {
		b.write(" from ", newRows, " n")
		if joined {
			b.write(" join ", oldRows, " o on ")
			b.equalKeys(row, w.table.PrimaryKey, source{alias: "o"}, w.table.PrimaryKey)
		}
	}
	if w.logLimit > 0 {
		b.write(", ", logBytes, " as (select coalesce(sum(", size, "), 0)::bigint as bytes")
		from()
		b.write(")")
	}
	b.write(", ", logRows, " as (insert into plinth_changes ", logColumns, " select ")
	w.logHead(b)
	b.write("jsonb_build_array(")
	for i, pk := range w.table.PrimaryKey {
		if i > 0 {
			b.write(", ")
		}
		b.column(row, pk)
	}
	b.write("), ", old, ", ", image, ", ")
	w.logTail(b, row)
	b.write(", ", size)
	from()
	if w.logLimit > 0 {
		b.write(" where (select ")
		w.chargeLog(b, "bytes")
		b.write(" from ", logBytes, ")")
	}
	if w.op != OpInsert {
		b.write(" order by ")
		b.keyList(row)
	}
	b.write(")")
}

// logImage writes a row as JSON: the columns of the model that are not secret, or
// those among some, and nothing that only the database has.
func (w *statement) logImage(alias string, some *ColumnSet) string {
	var b strings.Builder
	b.WriteString("(select to_jsonb(i) from (select ")
	start := b.Len()
	for _, c := range w.table.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		if b.Len() > start {
			b.WriteString(", ")
		}
		b.WriteString(alias + "." + c.sqlName)
	}
	if b.Len() == start {
		return "'{}'::jsonb"
	}
	b.WriteString(") i)")
	return b.String()
}

func (w *statement) logHead(b *builder) {
	b.bind(KindText, w.table.Name)
	b.write(", ")
	b.bind(KindText, string(w.op))
	b.write(", ")
}

func (w *statement) logTail(b *builder, row source) {
	b.bind(KindText, w.actor)
	b.write(", ")
	if t := w.table.Tenant; t != nil {
		b.column(row, t)
		return
	}
	b.write("null")
}

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
	b := w.s.newBuilder(ctx, nil, access{})
	defer b.free()
	b.write("insert into plinth_changes ", logColumns, " select ")
	b.bind(KindText, w.table.Name)
	order := b.dialect.logRows(&b.text, string(body))
	if w.logLimit > 0 && b.words.with {
		b.write(" where (select ")
		w.chargeLog(b, strconv.Itoa(total)+"::bigint")
		b.write(")")
	}
	b.write(order)
	st := b.statement(nil)
	st.Table, st.Op, st.Write = "plinth_changes", "insert", true
	if _, err := w.s.exec(ctx, st); err != nil {
		return w.fail(ctx, err)
	}
	w.s.logged()
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
	dst = appendValue(dst, KindText, string(rw.op))
	dst = append(dst, `,"key":`...)
	dst = w.table.appendKey(dst, row)
	start := len(dst)
	dst = append(dst, `,"old":`...)
	dst = w.table.appendImage(dst, rw.old, nil)
	dst = append(dst, `,"new":`...)
	dst = w.table.appendImage(dst, rw.new, some)
	size := len(dst) - start
	dst = append(dst, `,"size":`...)
	dst = strconv.AppendInt(dst, int64(size), 10)
	dst = append(dst, `,"actor":`...)
	dst = appendValue(dst, KindText, w.actor)
	if t := w.table.Tenant; t != nil {
		dst = append(dst, `,"tenant":`...)
		dst = appendValue(dst, t.Kind, row[t.index])
	}
	return append(dst, '}'), size
}

// appendImage appends a row as JSON object without secret columns, or null. A set leaves
// out all other columns.
func (t *Table) appendImage(dst []byte, row []any, some *ColumnSet) []byte {
	if row == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	first := true
	for i, c := range t.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, c.jsonKey...)
		dst = appendValue(dst, c.Kind, row[i])
	}
	return append(dst, '}')
}
