package store

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// logColumns are the columns of the change log a write fills.
const logColumns = "(tbl, op, key, old, new, actor, tenant, size)"

// logCTE writes the log rows of a one-statement write as the last CTE. Images
// of rows are PostgreSQL's own JSON; readers of the log bring them into the
// canonical form. Of an update new has only the columns that the statement sets, so
// that large values are not written twice; readers find the others in old.
func (w *statement) logCTE(b *builder) {
	row := source{table: w.table, alias: "n"}
	if w.logLimit > 0 {
		b.write(", ", logBytes, " as (select coalesce(sum(")
		w.logSizes(b)
		b.write("), 0)::bigint as bytes")
		w.logFrom(b, row)
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
	b.write("), ")
	w.logImages(b)
	b.write(", ")
	w.logTail(b, row)
	b.write(", ")
	w.logSizes(b)
	w.logFrom(b, row)
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

// logsBoth says that the log has the row before and after the write.
func (w *statement) logsBoth() bool { return w.op != OpInsert && !w.deletesRows() }

// setColumns are the columns that the statement sets; nil: all.
func (w *statement) setColumns() *ColumnSet {
	if !w.logsBoth() {
		return nil
	}
	sets := &ColumnSet{}
	for _, a := range w.sets {
		sets.Add(a.column)
	}
	return sets
}

// logFrom writes where the rows of the log come from.
func (w *statement) logFrom(b *builder, row source) {
	b.write(" from ", newRows, " n")
	if w.logsBoth() {
		b.write(" join ", oldRows, " o on ")
		b.equalKeys(row, w.table.PrimaryKey, source{alias: "o"}, w.table.PrimaryKey)
	}
}

// logImages writes the images of the row before and after the write.
func (w *statement) logImages(b *builder) {
	switch {
	case w.deletesRows():
		w.logImage(b, "n", nil)
		b.write(", null::jsonb")
	case w.logsBoth():
		w.logImage(b, "o", nil)
		b.write(", ")
		w.logImage(b, "n", w.setColumns())
	default:
		b.write("null::jsonb, ")
		w.logImage(b, "n", nil)
	}
}

// logSizes writes how many bytes both images have.
func (w *statement) logSizes(b *builder) {
	if w.logsBoth() {
		w.logSize(b, "o", nil)
		b.write(" + ")
	}
	w.logSize(b, "n", w.setColumns())
}

// logImage writes a row as JSON: the columns of the model that are not secret, or
// those among some, and nothing that only the database has.
func (w *statement) logImage(b *builder, alias string, some *ColumnSet) {
	separator := "(select to_jsonb(i) from (select "
	for _, c := range w.table.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		b.write(separator, alias, ".", c.SQLName)
		separator = ", "
	}
	if separator == ", " {
		b.write(") i)")
	} else {
		b.write("'{}'::jsonb")
	}
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

// chargeLog writes a condition on PostgreSQL that adds bytes to what the transaction
// has logged, and raises logCheck beyond the limit. The sum is in a setting of the
// transaction, so rolling back a savepoint reverts it together with the rows.
func (w *statement) chargeLog(b *builder, bytes string) {
	const setting = "'plinth.log_bytes'"
	sum := "coalesce(nullif(current_setting(" + setting + ", true), ''), '0')::bigint + " + bytes
	b.write("case when ", sum, " <= ")
	b.bind(KindInt, int64(w.logLimit))
	b.write(" then set_config(", setting, ", (", sum, ")::text, true) is not null",
		" else ('", driver.RaisePrefix, logCheck, "'||left((", sum, ")::text, 0))::int = 0 end")
}

// logSize writes how many bytes the image of a row has, see [write.logImage]. Values of
// fixed size count as much as their name and 16 bytes. The length of a text is known
// without reading it.
func (w *statement) logSize(b *builder, alias string, some *ColumnSet) {
	fixed := 16
	for _, c := range w.table.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		fixed += len(c.JSONKey) + 16
		switch c.Kind {
		case KindText, KindJSON, KindTextArray:
			b.write("coalesce(octet_length(", alias, ".", c.SQLName, "::text), 0) + ")
		case KindBytes:
			b.write("coalesce(octet_length(", alias, ".", c.SQLName, ") * 2, 0) + ") // as hexadecimal digits
		case KindDecimal:
			b.write("coalesce(pg_column_size(", alias, ".", c.SQLName, "), 0) + ")
		}
	}
	b.int(fixed)
}
