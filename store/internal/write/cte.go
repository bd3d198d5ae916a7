package write

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// compileCTE writes the whole write as one statement for PostgreSQL: the old
// rows locked under their rules, the change, the log, and an answer taken from
// the rows just written, or just locked where they are deleted, never from the
// table, which still looks as before.
func (w *statement) compileCTE(b *sqlgen.Builder, checks []check) (*driver.Statement, error) {
	s := w.source(b.Alias())
	if err := w.changeCTEs(b, s); err != nil {
		return nil, err
	}
	if w.Table.Tracked {
		w.logCTE(b)
	}
	result := w.source(b.Alias())
	plan, err := w.returning(b, result)
	if err != nil {
		return nil, err
	}
	rows := sqlgen.NewRows
	if w.softDeletes() {
		rows = sqlgen.OldRows
	}
	shape := &driver.Shape{Extra: []driver.Kind{driver.KindInt}} // the number of rows
	if plan == nil {
		b.Write(" select count(*)")
		if err := w.answerFilter(b, result, checks, " filter (where ", ")"); err != nil {
			return nil, err
		}
		b.Write(" from ", rows, " ", result.Alias)
	} else {
		b.Write(" select ")
		if shape, err = w.returnColumns(b, result, plan); err != nil {
			return nil, err
		}
		b.Write(" from ", rows, " ", result.Alias)
		if err := w.answerFilter(b, result, checks, " where ", ""); err != nil {
			return nil, err
		}
		if w.op != query.OpInsert {
			b.Write(" order by ")
			b.KeyList(result)
		}
	}
	st := b.Statement(shape)
	st.Table, st.Op, st.Write = w.Table.Name, string(w.op), true
	return st, nil
}

// changeCTEs writes "with old as (...), new as (...)" or only new.
func (w *statement) changeCTEs(b *sqlgen.Builder, s sqlgen.Source) error {
	if w.op == query.OpInsert {
		b.Write("with ", sqlgen.NewRows, " as (")
		if err := insertInto(b, w.Table, w.rows, s.Alias); err != nil {
			return err
		}
		b.Write(" returning ", s.Alias, ".*)")
		return nil
	}
	if !w.Table.Tracked && !w.softDeletes() && w.exactly == 0 || w.deletesRows() {
		b.Write("with ", sqlgen.NewRows, " as (")
		if err := w.changeRows(b, s); err != nil {
			return err
		}
		b.Write(" returning ", s.Alias, ".*)")
		return nil
	}
	b.Write("with ", sqlgen.OldRows, " as (select ", s.Alias, ".* from ", w.Table.SQLName, " ", s.Alias)
	if err := w.selectRows(b, s); err != nil {
		return err
	}
	if w.exactly > 0 {
		// Many at once that lock the same rows do it in one order.
		b.Write(" order by ")
		b.KeyList(s)
	}
	b.Lock(s, w.op)
	b.Write("), ", sqlgen.NewRows, " as (update ", w.Table.SQLName, " as ")
	target := b.Trusted(w.Table)
	b.Write(target.Alias, " set ")
	w.assign(b, target)
	b.Write(" from ", sqlgen.OldRows, " where ")
	b.EqualKeys(target, w.Table.PrimaryKey, sqlgen.Source{Alias: sqlgen.OldRows}, w.Table.PrimaryKey)
	if w.exactly > 0 {
		b.Write(" and (select count(*) from ", sqlgen.OldRows, ") = ")
		b.Bind(driver.KindInt, int64(w.exactly))
	}
	b.Write(" returning ", target.Alias, ".*)")
	return nil
}

// answerFilter writes the checks and the rule to read as one filter: first all
// checks, which hold or fail the statement, then the rule.
func (w *statement) answerFilter(b *sqlgen.Builder, s sqlgen.Source, checks []check, before, after string) error {
	filtered := w.filtered()
	if len(checks) == 0 && !filtered {
		return nil
	}
	b.Write(before, "case when ")
	for i, ch := range checks {
		if i > 0 {
			b.Write(" and ")
		}
		if err := w.raise(&b.CondWriter, s, ch); err != nil {
			return err
		}
	}
	if len(checks) == 0 {
		b.Write("true")
	}
	b.Write(" then ")
	if filtered {
		if err := b.Rule(s, w.guard.Read); err != nil {
			return err
		}
	} else {
		b.Write("true")
	}
	b.Write(" end", after)
	return nil
}
