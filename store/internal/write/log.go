package write

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// logColumns are the columns of the change log that a write fills for each row.
const logColumns = "op, key, old, new, actor, tenant, size)"

// logInto begins a statement that writes the log, up to the columns that each row has.
func (w *statement) logInto(b *sqlgen.Builder) {
	if !w.Table.History {
		b.Write("insert into plinth_changes (tbl, ", logColumns, " select ")
		b.Bind(driver.KindText, w.Table.Name)
		return
	}
	b.Write("insert into plinth_changes (tbl, request, address, ", logColumns, " select ")
	b.Bind(driver.KindText, w.Table.Name)
	b.Write(", ")
	b.Bind(driver.KindText, w.origin.RequestID)
	b.Write(", ")
	if !w.origin.Address.IsValid() {
		b.Write("null")
		return
	}
	b.Bind(driver.KindText, w.origin.Address.String())
}

// logCTE writes the log rows of a one-statement write as the last CTE. Images
// of rows are PostgreSQL's own JSON; readers of the log bring them into the
// canonical form. Of an update new has only the columns that the statement sets, so
// that large values are not written twice; readers find the others in old.
func (w *statement) logCTE(b *sqlgen.Builder) {
	row := sqlgen.Source{Table: w.Table, Alias: "n"}
	if w.logLimit > 0 {
		b.Write(", ", sqlgen.LogBytes, " as (select coalesce(sum(")
		w.logSizes(b)
		b.Write("), 0)::bigint as bytes")
		w.logFrom(b, row)
		b.Write(")")
	}
	b.Write(", ", sqlgen.LogRows, " as (")
	w.logInto(b)
	b.Write(", ")
	b.Bind(driver.KindText, string(w.op))
	b.Write(", ")
	b.Write("jsonb_build_array(")
	for i, pk := range w.Table.PrimaryKey {
		if i > 0 {
			b.Write(", ")
		}
		b.Column(row, pk)
	}
	b.Write("), ")
	w.logImages(b)
	b.Write(", ")
	w.logTail(b, row)
	b.Write(", ")
	w.logSizes(b)
	w.logFrom(b, row)
	if w.logLimit > 0 {
		b.Write(" where (select ")
		w.chargeLog(b, "bytes")
		b.Write(" from ", sqlgen.LogBytes, ")")
	}
	if w.op != query.OpInsert {
		b.Write(" order by ")
		b.KeyList(row)
	}
	b.Write(")")
}

// logsBoth says that the log has the row before and after the write.
func (w *statement) logsBoth() bool { return w.op != query.OpInsert && !w.deletesRows() }

// setColumns are the columns that the statement sets; nil: all.
func (w *statement) setColumns() *schema.ColumnSet {
	if !w.logsBoth() {
		return nil
	}
	sets := &schema.ColumnSet{}
	for _, a := range w.sets {
		sets.Add(a.Column)
	}
	return sets
}

// logFrom writes where the rows of the log come from.
func (w *statement) logFrom(b *sqlgen.Builder, row sqlgen.Source) {
	b.Write(" from ", sqlgen.NewRows, " n")
	if w.logsBoth() {
		b.Write(" join ", sqlgen.OldRows, " o on ")
		b.EqualKeys(row, w.Table.PrimaryKey, sqlgen.Source{Alias: "o"}, w.Table.PrimaryKey)
	}
}

// logImages writes the images of the row before and after the write.
func (w *statement) logImages(b *sqlgen.Builder) {
	switch {
	case w.deletesRows():
		w.logImage(b, "n", nil)
		b.Write(", null::jsonb")
	case w.logsBoth():
		w.logImage(b, "o", nil)
		b.Write(", ")
		w.logImage(b, "n", w.setColumns())
	default:
		b.Write("null::jsonb, ")
		w.logImage(b, "n", nil)
	}
}

// logSizes writes how many bytes both images have.
func (w *statement) logSizes(b *sqlgen.Builder) {
	if w.logsBoth() {
		w.logSize(b, "o", nil)
		b.Write(" + ")
	}
	w.logSize(b, "n", w.setColumns())
}

// logImage writes a row as JSON: the columns of the model that are not secret, or
// those among some, and nothing that only the database has.
func (w *statement) logImage(b *sqlgen.Builder, alias string, some *schema.ColumnSet) {
	separator := "(select to_jsonb(i) from (select "
	for _, c := range w.Table.Columns {
		if c.Mode == schema.Secret || some != nil && !some.Has(c) {
			continue
		}
		b.Write(separator, alias, ".", c.SQLName)
		separator = ", "
	}
	if separator == ", " {
		b.Write(") i)")
	} else {
		b.Write("'{}'::jsonb")
	}
}

func (w *statement) logTail(b *sqlgen.Builder, row sqlgen.Source) {
	b.Bind(driver.KindText, w.actor)
	b.Write(", ")
	if t := w.Table.Tenant; t != nil {
		b.Column(row, t)
		return
	}
	b.Write("null")
}

// chargeLog writes a condition on PostgreSQL that adds bytes to what the transaction
// has logged, and raises logCheck beyond the limit. The sum is in a setting of the
// transaction, so rolling back a savepoint reverts it together with the rows.
func (w *statement) chargeLog(b *sqlgen.Builder, bytes string) {
	const setting = "'plinth.log_bytes'"
	sum := "coalesce(nullif(current_setting(" + setting + ", true), ''), '0')::bigint + " + bytes
	b.Write("case when ", sum, " <= ")
	b.Bind(driver.KindInt, int64(w.logLimit))
	b.Write(" then set_config(", setting, ", (", sum, ")::text, true) is not null",
		" else ('", driver.RaisePrefix, logCheck, "'||left((", sum, ")::text, 0))::int = 0 end")
}

// logSize writes how many bytes the image of a row has, see [write.logImage]. Values of
// fixed size count as much as their name and 16 bytes. The length of a text is known
// without reading it.
func (w *statement) logSize(b *sqlgen.Builder, alias string, some *schema.ColumnSet) {
	fixed := 16
	for _, c := range w.Table.Columns {
		if c.Mode == schema.Secret || some != nil && !some.Has(c) {
			continue
		}
		fixed += len(c.JSONKey) + 16
		switch c.Kind {
		case driver.KindText, driver.KindJSON, driver.KindTextArray:
			b.Write("coalesce(octet_length(", alias, ".", c.SQLName, "::text), 0) + ")
		case driver.KindBytes:
			b.Write("coalesce(octet_length(", alias, ".", c.SQLName, ") * 2, 0) + ") // as hexadecimal digits
		case driver.KindDecimal:
			b.Write("coalesce(pg_column_size(", alias, ".", c.SQLName, "), 0) + ")
		}
	}
	b.Int(fixed)
}
