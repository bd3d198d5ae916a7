package store

import (
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// insertInto writes INSERT ... VALUES. For many rows on PostgreSQL it writes SELECT
// over one array for each column, so that the text does not depend on the number of
// rows.
func insertInto(b *builder, t *Table, rows [][]any, alias string) error {
	columns, err := insertColumns(t, rows)
	if err != nil {
		return err
	}
	b.write("insert into ", t.SQLName)
	if alias != "" {
		b.write(" as ", alias)
	}
	b.write(" (")
	for i, col := range columns {
		if i > 0 {
			b.write(", ")
		}
		b.write(col.SQLName)
	}
	b.write(")")
	if len(columns) == 0 {
		// Only a generated key: there is no column to name.
		b.sql = b.sql[:len(b.sql)-len(" ()")]
		b.write(" default values")
		return nil
	}
	if len(rows) > 1 && b.words.arrays {
		insertArrays(b, columns, rows)
		return nil
	}
	b.write(" values ")
	for i, row := range rows {
		if i > 0 {
			b.write(", ")
		}
		b.write("(")
		for j, col := range columns {
			if j > 0 {
				b.write(", ")
			}
			b.bind(col.Kind, row[col.Index])
		}
		b.write(")")
	}
	return nil
}

// insertColumns returns the columns that are given; the database makes the
// others, which must be absent in every row.
func insertColumns(t *Table, rows [][]any) ([]*Column, error) {
	columns := make([]*Column, 0, len(t.Columns))
	for _, col := range t.Columns {
		gaps := 0
		for _, row := range rows {
			if _, gap := row[col.Index].(value.Absent); gap {
				gaps++
			}
		}
		switch gaps {
		case 0:
			columns = append(columns, col)
		case len(rows):
		default:
			return nil, &BodyError{Reason: "give " + col.Name + " in every row or in none"}
		}
	}
	return columns, nil
}

// insertArrays writes SELECT over unnest. An array of arrays cannot have rows
// of different length, so text arrays travel as JSON.
func insertArrays(b *builder, columns []*Column, rows [][]any) {
	b.write(" select ")
	for i, col := range columns {
		if i > 0 {
			b.write(", ")
		}
		name := "c" + strconv.Itoa(i)
		if col.Kind == KindTextArray {
			b.write("case when i.", name, " is not null then array(select jsonb_array_elements_text(i.", name, ")) end")
		} else {
			b.write("i.", name)
		}
		b.write(" as ", col.SQLName)
	}
	b.write(" from unnest(")
	for i, col := range columns {
		if i > 0 {
			b.write(", ")
		}
		kind := col.Kind
		values := make([]any, len(rows))
		for j, row := range rows {
			values[j] = row[col.Index]
			if list, ok := values[j].([]string); ok && kind == KindTextArray {
				values[j] = string(value.AppendValue(nil, kind, list))
			}
		}
		if kind == KindTextArray {
			kind = KindJSON
		}
		b.placeholder(values)
		b.write("::", pgTypes[kind], "[]")
	}
	b.write(") with ordinality as i(")
	for i := range columns {
		b.write("c", strconv.Itoa(i), ", ")
	}
	b.write("n) order by i.n")
}

// compileCTE writes the whole write as one statement for PostgreSQL: the old
// rows locked under their rules, the change, the log, and an answer taken from
// the rows just written, or just locked where they are deleted, never from the
// table, which still looks as before.
func (w *statement) compileCTE(b *builder, checks []check) (*driver.Statement, error) {
	s := w.source(b.alias())
	if err := w.changeCTEs(b, s); err != nil {
		return nil, err
	}
	if w.table.Tracked {
		w.logCTE(b)
	}
	result := w.source(b.alias())
	plan, err := w.returning(b, result)
	if err != nil {
		return nil, err
	}
	rows := newRows
	if w.marks() {
		rows = oldRows
	}
	shape := &driver.Shape{Extra: []Kind{KindInt}} // the number of rows
	if plan == nil {
		b.write(" select count(*)")
		if err := w.answerFilter(b, result, checks, " filter (where ", ")"); err != nil {
			return nil, err
		}
		b.write(" from ", rows, " ", result.alias)
	} else {
		b.write(" select ")
		if shape, err = w.returnColumns(b, result, plan); err != nil {
			return nil, err
		}
		b.write(" from ", rows, " ", result.alias)
		if err := w.answerFilter(b, result, checks, " where ", ""); err != nil {
			return nil, err
		}
		if w.op != OpInsert {
			b.write(" order by ")
			b.keyList(result)
		}
	}
	st := b.statement(shape)
	st.Table, st.Op, st.Write = w.table.Name, string(w.op), true
	return st, nil
}

// changeCTEs writes "with old as (...), new as (...)" or only new.
func (w *statement) changeCTEs(b *builder, s source) error {
	if w.op == OpInsert {
		b.write("with ", newRows, " as (")
		if err := insertInto(b, w.table, w.rows, s.alias); err != nil {
			return err
		}
		b.write(" returning ", s.alias, ".*)")
		return nil
	}
	if !w.table.Tracked && !w.marks() && w.exactly == 0 || w.deletesRows() {
		b.write("with ", newRows, " as (")
		if err := w.changeRows(b, s); err != nil {
			return err
		}
		b.write(" returning ", s.alias, ".*)")
		return nil
	}
	b.write("with ", oldRows, " as (select ", s.alias, ".* from ", w.table.SQLName, " ", s.alias)
	if err := w.selectRows(b, s); err != nil {
		return err
	}
	if w.exactly > 0 {
		// Many at once that lock the same rows do it in one order.
		b.write(" order by ")
		b.keyList(s)
	}
	b.write(" for update of ", s.alias, "), ", newRows, " as (update ", w.table.SQLName, " as ")
	target := b.trusted(w.table)
	b.write(target.alias, " set ")
	w.assign(b, target)
	b.write(" from ", oldRows, " where ")
	b.equalKeys(target, w.table.PrimaryKey, source{alias: oldRows}, w.table.PrimaryKey)
	if w.exactly > 0 {
		b.write(" and (select count(*) from ", oldRows, ") = ")
		b.bind(KindInt, int64(w.exactly))
	}
	b.write(" returning ", target.alias, ".*)")
	return nil
}

// answerFilter writes the checks and the rule to read as one filter: first all
// checks, which hold or fail the statement, then the rule.
func (w *statement) answerFilter(b *builder, s source, checks []check, before, after string) error {
	filtered := w.filtered()
	if len(checks) == 0 && !filtered {
		return nil
	}
	b.write(before, "case when ")
	for i, ch := range checks {
		if i > 0 {
			b.write(" and ")
		}
		if err := w.raise(&b.conds, s, ch); err != nil {
			return err
		}
	}
	if len(checks) == 0 {
		b.write("true")
	}
	b.write(" then ")
	if filtered {
		if err := b.rule(s, w.guard.Read); err != nil {
			return err
		}
	} else {
		b.write("true")
	}
	b.write(" end", after)
	return nil
}
