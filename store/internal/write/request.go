package write

import (
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// source is the table of the write under an alias, with the guard of the write.
func (w *request) source(alias string) sqlgen.Source {
	return sqlgen.Source{Table: w.Table, Alias: alias, Guard: w.guard, Trusted: w.guard == nil}
}

// deletesRows reports whether rows leave the table.
func (w *request) deletesRows() bool {
	return w.op == query.OpDelete && (w.Table.DeletedAt == nil || w.hardDelete)
}

// softDeletes reports whether the write marks rows as deleted. The answer has the row as
// it was, as with rows that leave the table.
func (w *request) softDeletes() bool { return w.op == query.OpDelete && !w.deletesRows() }

// counted reports whether the number of rows may roll back the write.
func (w *request) counted() bool { return w.exactlyOne || w.maxRows != nil }

// large reports whether the answer of one statement may be too large, because its rows
// are not counted or columns repeat. Other answers are as large as the input and need
// no transaction that can be rolled back.
func (w *request) large() bool {
	if w.ret == nil || w.maxBytes == 0 {
		return false
	}
	if w.op != query.OpInsert && !query.Pinned(w.Table, w.where) {
		return true
	}
	for i, sel := range w.ret.Select {
		if slices.ContainsFunc(w.ret.Select[:i], func(other query.Selected) bool { return other.Column == sel.Column }) {
			return true
		}
	}
	return false
}

func (w *request) cardinality(out *query.Rows) error {
	if w.maxRows != nil && out.Touched > *w.maxRows {
		return &fault.MaxAffectedError{Rows: out.Touched}
	}
	if w.exactlyOne && (out.Touched != 1 || out.Count != 1) {
		return &fault.CardinalityError{Rows: max(out.Touched, out.Count)}
	}
	return nil
}

// readsBack reports whether the answer needs more than the written rows.
func (w *request) readsBack() bool {
	return w.ret != nil && (len(w.ret.With) > 0 || len(w.ret.Order) > 0)
}

func (w *request) wrote(c *schema.Column) bool {
	if w.op == query.OpInsert {
		return w.given.Has(c)
	}
	for _, a := range w.sets {
		if a.Column == c {
			return true
		}
	}
	return false
}

func (w *request) presetOf(c *schema.Column) *query.Preset {
	if w.guard == nil {
		return nil
	}
	return w.guard.Preset(c)
}

// adds reports whether the write adds to a column of the application: SQLite
// would turn a sum that is too large into a float.
func (w *request) adds() bool {
	return slices.ContainsFunc(w.sets, func(a Assignment) bool { return a.Add && a.Column != w.Table.Version })
}

func (w *request) setsAny(columns *schema.ColumnSet) bool {
	return slices.ContainsFunc(w.sets, func(a Assignment) bool { return columns.Has(a.Column) })
}

// touches reports whether the update sets a column the rule reads.
func (w *request) touches(n *query.Node) bool {
	var read schema.ColumnSet
	n.Columns(&read)
	return w.setsAny(&read)
}

// partialRow is the new row as far as the update says; the rest is absent and
// leaves a rule that reads it undecided.
func (w *request) partialRow() []any {
	row := make([]any, len(w.Table.Columns))
	for i := range row {
		row[i] = value.Absent{}
	}
	for _, a := range w.sets {
		if !a.Add {
			row[a.Column.Index] = a.Value
		}
	}
	return row
}

// givenRows returns what the write gives: its new rows, or the values for those that
// are there.
func (w *request) givenRows() [][]any {
	if w.op == query.OpInsert {
		return w.rows
	}
	return [][]any{w.partialRow()}
}

// references returns the values the write puts into a foreign key, one list for
// each row, without those that have a NULL.
func (w *request) references(ref *schema.Reference) [][]any {
	var keys [][]any
	for _, row := range w.givenRows() {
		if key, whole := valuesOf(ref.Columns, row); whole {
			keys = append(keys, key)
		}
	}
	return keys
}

func (w *request) newRow(op query.WriteOp, old, new []any) *Row {
	return &Row{Op: op, Table: w.Table, Tx: w.Session.Tx, Scope: w.Scope, Cascade: w.cascade, Old: old, New: new}
}

// gapsOf returns the missing required columns of a new row, before hooks may fill them.
func (w *request) missingRequiredOf(i int) []fault.FieldError {
	if w.missingRequired == nil {
		return nil
	}
	return w.missingRequired[i]
}

// hasVersion reports whether a row has the version the write demands, if it does.
func (w *request) hasVersion(row []any) bool {
	if len(w.versions) == 0 {
		return true
	}
	if len(w.version) == 0 {
		return false
	}
	version, ok := row[w.version[0].Index].(int64)
	return ok && slices.Contains(w.versions, version)
}

// keyText returns the conflict key of a row as text, empty if it has a NULL,
// which conflicts with nothing.
func (w *request) keyText(row []any) string {
	var dst []byte
	for _, k := range w.upsert.keys {
		v := row[k.Index]
		if _, gap := v.(value.Absent); gap || v == nil {
			return ""
		}
		dst = append(appendKeyValue(dst, k.Kind, v), ',')
	}
	return string(dst)
}

func (w *request) logLimitError() error {
	return &fault.LimitError{Name: "bytes in the change log for one request", Limit: w.logLimit}
}

// valuesOf returns the values of columns in a row. They are not whole if one is NULL or not
// given.
func valuesOf(columns []*schema.Column, row []any) (values []any, whole bool) {
	values = make([]any, len(columns))
	for i, c := range columns {
		values[i] = row[c.Index]
		if _, gap := values[i].(value.Absent); gap || values[i] == nil {
			return nil, false
		}
	}
	return values, true
}

// appendKeyValue appends a value so that equal ones are equal texts.
func appendKeyValue(dst []byte, k driver.Kind, v any) []byte {
	if s, ok := v.(string); ok && k == driver.KindDecimal && strings.Contains(s, ".") {
		v = strings.TrimRight(strings.TrimRight(s, "0"), ".") // 1.50 is 1.5
	}
	return value.AppendValue(dst, k, v)
}

// hasActions reports whether deleting a row deletes or changes others.
func hasActions(t *schema.Table) bool {
	for _, ref := range t.Referrers() {
		if ref.OnDelete != schema.Restrict {
			return true
		}
	}
	return false
}

func cloneRows(rows [][]any) [][]any {
	clone := make([][]any, len(rows))
	for i, row := range rows {
		clone[i] = slices.Clone(row)
	}
	return clone
}

// newImages returns the rows as a write leaves them, without those it deletes.
func newImages(rows []*Row) [][]any {
	images := make([][]any, 0, len(rows))
	for _, rw := range rows {
		if rw.New != nil {
			images = append(images, rw.New)
		}
	}
	return images
}

// logCheck is the name that a statement raises when it would log too much.
const logCheck = "log"
