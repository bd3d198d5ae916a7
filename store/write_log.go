package store

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
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
		b.WriteString(alias + "." + c.SQLName)
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
func (w *statement) logSize(alias string, some *ColumnSet) string {
	var b strings.Builder
	fixed := 16
	for _, c := range w.table.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		fixed += len(c.JSONKey) + 16
		column := alias + "." + c.SQLName
		switch c.Kind {
		case KindText, KindJSON, KindTextArray:
			b.WriteString("coalesce(octet_length(" + column + "::text), 0) + ")
		case KindBytes:
			b.WriteString("coalesce(octet_length(" + column + ") * 2, 0) + ") // as hexadecimal digits
		case KindDecimal:
			b.WriteString("coalesce(pg_column_size(" + column + "), 0) + ")
		}
	}
	return b.String() + strconv.Itoa(fixed)
}
