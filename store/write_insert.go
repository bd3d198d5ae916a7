package store

import (
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// insertInto writes INSERT ... VALUES. For many rows on PostgreSQL it writes SELECT
// over one array for each column, so that the text does not depend on the number of
// rows.
func (w *write) insertInto(c *compiler, alias string) error {
	columns, err := w.insertColumns()
	if err != nil {
		return err
	}
	c.write("insert into ", w.table.sqlName)
	if alias != "" {
		c.write(" as ", alias)
	}
	c.write(" (")
	for i, col := range columns {
		if i > 0 {
			c.write(", ")
		}
		c.write(col.sqlName)
	}
	c.write(")")
	if len(columns) == 0 {
		// Only a generated key: there is no column to name.
		c.sql = c.sql[:len(c.sql)-len(" ()")]
		c.write(" default values")
		return nil
	}
	if len(w.rows) > 1 && c.pg {
		w.insertArrays(c, columns)
		return nil
	}
	c.write(" values ")
	for i, row := range w.rows {
		if i > 0 {
			c.write(", ")
		}
		c.write("(")
		for j, col := range columns {
			if j > 0 {
				c.write(", ")
			}
			c.bind(col.Kind, row[col.index])
		}
		c.write(")")
	}
	return nil
}

// insertColumns returns the columns that are given; the database makes the
// others, which must be absent in every row.
func (w *write) insertColumns() ([]*Column, error) {
	columns := make([]*Column, 0, len(w.table.Columns))
	for _, col := range w.table.Columns {
		gaps := 0
		for _, row := range w.rows {
			if _, gap := row[col.index].(absent); gap {
				gaps++
			}
		}
		switch gaps {
		case 0:
			columns = append(columns, col)
		case len(w.rows):
		default:
			return nil, &BodyError{"give " + col.Name + " in every row or in none"}
		}
	}
	return columns, nil
}

// insertArrays writes SELECT over unnest. An array of arrays cannot have rows
// of different length, so text arrays travel as JSON.
func (w *write) insertArrays(c *compiler, columns []*Column) {
	c.write(" select ")
	for i, col := range columns {
		if i > 0 {
			c.write(", ")
		}
		name := "c" + strconv.Itoa(i)
		if col.Kind == KindTextArray {
			c.write("case when i.", name, " is not null then array(select jsonb_array_elements_text(i.", name, ")) end")
		} else {
			c.write("i.", name)
		}
		c.write(" as ", col.sqlName)
	}
	c.write(" from unnest(")
	for i, col := range columns {
		if i > 0 {
			c.write(", ")
		}
		kind := col.Kind
		values := make([]any, len(w.rows))
		for j, row := range w.rows {
			values[j] = row[col.index]
			if list, ok := values[j].([]string); ok && kind == KindTextArray {
				values[j] = string(appendValue(nil, kind, list))
			}
		}
		if kind == KindTextArray {
			kind = KindJSON
		}
		c.placeholder(values)
		c.write("::", pgTypes[kind], "[]")
	}
	c.write(") with ordinality as i(")
	for i := range columns {
		c.write("c", strconv.Itoa(i), ", ")
	}
	c.write("n) order by i.n")
}

// compileCTE writes the whole write as one statement for PostgreSQL: the old
// rows locked under their rules, the change, the log, and an answer taken from
// the rows just written, or just locked where they are deleted, never from the
// table, which still looks as before.
func (w *write) compileCTE(c *compiler, checks []check) (*driver.Statement, error) {
	s := source{table: w.table, alias: c.alias(), guard: w.guard}
	if err := w.changeCTEs(c, s); err != nil {
		return nil, err
	}
	if w.table.Tracked {
		w.logCTE(c)
	}
	result := source{table: w.table, alias: c.alias(), guard: w.guard}
	plan, err := w.returning(c, result)
	if err != nil {
		return nil, err
	}
	rows := newRows
	if w.marks() {
		rows = oldRows
	}
	shape := &driver.Shape{Extra: []Kind{KindInt}} // the number of rows
	if plan == nil {
		c.write(" select count(*)")
		if err := w.answerFilter(c, result, checks, " filter (where ", ")"); err != nil {
			return nil, err
		}
		c.write(" from ", rows, " ", result.alias)
	} else {
		c.write(" select ")
		if shape, err = w.returnColumns(c, result, plan); err != nil {
			return nil, err
		}
		c.write(" from ", rows, " ", result.alias)
		if err := w.answerFilter(c, result, checks, " where ", ""); err != nil {
			return nil, err
		}
		if w.op != OpInsert {
			c.write(" order by ")
			c.keyList(result)
		}
	}
	st := c.statement(shape)
	st.Table, st.Op, st.Write = w.table.Name, string(w.op), true
	return st, nil
}

// changeCTEs writes "with old as (...), new as (...)" or only new.
func (w *write) changeCTEs(c *compiler, s source) error {
	if w.op == OpInsert {
		c.write("with ", newRows, " as (")
		if err := w.insertInto(c, s.alias); err != nil {
			return err
		}
		c.write(" returning ", s.alias, ".*)")
		return nil
	}
	if !w.table.Tracked && !w.marks() && w.exactly == 0 || w.deletesRows() {
		c.write("with ", newRows, " as (")
		if err := w.changeRows(c, s); err != nil {
			return err
		}
		c.write(" returning ", s.alias, ".*)")
		return nil
	}
	c.write("with ", oldRows, " as (select ", s.alias, ".* from ", w.table.sqlName, " ", s.alias)
	if err := w.selectRows(c, s); err != nil {
		return err
	}
	if w.exactly > 0 {
		// Many at once that lock the same rows do it in one order.
		c.write(" order by ")
		c.keyList(s)
	}
	c.write(" for update of ", s.alias, "), ", newRows, " as (update ", w.table.sqlName, " as ")
	target := source{table: w.table, alias: c.alias()}
	c.write(target.alias, " set ")
	w.assign(c, target)
	c.write(" from ", oldRows, " where ")
	c.equalKeys(target, w.table.PrimaryKey, source{alias: oldRows}, w.table.PrimaryKey)
	if w.exactly > 0 {
		c.write(" and (select count(*) from ", oldRows, ") = ")
		c.bind(KindInt, int64(w.exactly))
	}
	c.write(" returning ", target.alias, ".*)")
	return nil
}

// answerFilter writes the checks and the rule to read as one filter: first all
// checks, which hold or fail the statement, then the rule.
func (w *write) answerFilter(c *compiler, s source, checks []check, before, after string) error {
	filtered := w.filtered()
	if len(checks) == 0 && !filtered {
		return nil
	}
	c.write(before, "case when ")
	for i, ch := range checks {
		if i > 0 {
			c.write(" and ")
		}
		if err := c.raise(w, s, ch); err != nil {
			return err
		}
	}
	if len(checks) == 0 {
		c.write("true")
	}
	c.write(" then ")
	if filtered {
		if err := c.ruleAlone(s, w.guard.Read); err != nil {
			return err
		}
	} else {
		c.write("true")
	}
	c.write(" end", after)
	return nil
}

func (c *compiler) keyList(s source) {
	for i, pk := range s.table.PrimaryKey {
		if i > 0 {
			c.write(", ")
		}
		c.column(s, pk)
		c.collate(pk, true)
	}
}
