package write

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// imagesHold lets the database evaluate a rule on rows that are not inserted yet. It
// applies the rule to the values of each row and to the tables before the write. A key
// that the database will make is NULL. A row the rule does not allow is [fault.ErrDenied].
func (w *judged) imagesHold(ctx context.Context, rows [][]any, rule query.Cond) error {
	together := 1
	if w.Session.DB.Dialect.Syntax().Arrays {
		together = len(rows) // to save round trips, as in insertRows
	}
	for len(rows) > 0 {
		if err := w.imagesAllowed(ctx, rows[:together], rule); err != nil {
			return err
		}
		rows = rows[together:]
	}
	return nil
}

func (w *judged) imagesAllowed(ctx context.Context, rows [][]any, rule query.Cond) error {
	n, err := CountImages(ctx, w.Session, w.Scope, w.Table, rows, func(b *sqlgen.Builder, alias string) error {
		return b.Rule(sqlgen.Source{Table: w.Table, Alias: alias, Trusted: true}, rule)
	})
	if err == nil && n != int64(len(rows)) {
		err = fault.ErrDenied
	}
	return err
}

// CountImages counts the rows, given by their values, for which the condition that where
// writes holds. The tables are read as they are.
func CountImages(ctx context.Context, s core.Session, scope *query.Scope, t *schema.Table, rows [][]any, where func(b *sqlgen.Builder, alias string) error) (int64, error) {
	b := s.NewBuilder(ctx, scope, sqlgen.Exemptions{})
	defer b.Free()
	b.Unindexed = true
	alias := b.Alias()
	b.Write("select count(*) from (")
	writeRows(b, t.Columns, rows)
	b.Write(") ", alias, " where ")
	if err := where(b, alias); err != nil {
		return 0, err
	}
	var r driver.Result
	if err := s.Query(ctx, b.Statement(&driver.Shape{Extra: []driver.Kind{driver.KindInt}}), &r); err != nil {
		return 0, err
	}
	return read.FirstExtra(r.Extra)
}

// writeRows writes rows as a query. Absent values are NULL.
func writeRows(b *sqlgen.Builder, columns []*schema.Column, rows [][]any) {
	rows = cloneRows(rows)
	for _, row := range rows {
		for i, v := range row {
			if _, gap := v.(value.Absent); gap {
				row[i] = nil
			}
		}
	}
	if len(rows) > 1 && b.Syntax.Arrays {
		insertArrays(b, columns, rows)
		return
	}
	for i, row := range rows {
		if i > 0 {
			b.Write(" union all ")
		}
		b.Write("select ")
		for k, col := range columns {
			if k > 0 {
				b.Write(", ")
			}
			b.Bind(col.Kind, row[col.Index])
			b.Write(" as ", col.SQLName)
		}
	}
}

// judgeImages lets the database evaluate the rules on new rows that Go could not,
// before any of the rows is inserted. Otherwise a rule that refers back to the table
// would find the new row itself and allow any write.
func (w *judged) judgeImages(ctx context.Context, open []*Row) error {
	for _, op := range []query.WriteOp{query.OpInsert, query.OpUpdate} {
		var images [][]any
		for _, rw := range open {
			if rw.Op == op {
				images = append(images, rw.New)
			}
		}
		if len(images) == 0 {
			continue
		}
		if err := w.imagesHold(ctx, images, w.ruleFor(op)); err != nil {
			return err
		}
	}
	return nil
}

// holds checks in the database whether a check holds for an existing row.
func (w *judged) holds(ctx context.Context, row []any, ch check) (bool, error) {
	b := w.Session.NewBuilder(ctx, w.Scope, sqlgen.Exemptions{})
	defer b.Free()
	s := b.Trusted(w.Table)
	b.Write("select 1 from ", w.Table.SQLName, " ", s.Alias, " where ")
	b.KeyEquals(s, row)
	b.Write(" and ")
	if err := w.checkCond(&b.CondWriter, s, ch, ""); err != nil {
		return false, err
	}
	var r driver.Result
	if err := w.Session.Query(ctx, b.Statement(&driver.Shape{Extra: []driver.Kind{driver.KindInt}}), &r); err != nil {
		return false, err
	}
	return r.Rows == 1, nil
}

// visible evaluates the read rule on a written row. A deleted row was visible when it
// was selected.
func (w *judged) visible(ctx context.Context, row []any, gone bool) (bool, error) {
	if w.guard == nil || gone {
		return true, nil
	}
	rule := w.guard.Read
	if rule.IsZero() {
		return false, nil
	}
	if result, decided := rule.Node().Evaluate(w.Scope, row); decided {
		return result == query.IsTrue, nil
	}
	return w.holds(ctx, row, check{rule: rule.Node()})
}
