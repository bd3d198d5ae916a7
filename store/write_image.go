package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// imagesHold lets the database evaluate a rule on rows that are not inserted yet. It
// applies the rule to the values of each row and to the tables before the write. A key
// that the database will make is NULL. A row the rule does not allow is [ErrDenied].
func (w *judged) imagesHold(ctx context.Context, rows [][]any, rule Cond) error {
	together := 1
	if w.s.db.sql.words().arrays {
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

func (w *judged) imagesAllowed(ctx context.Context, rows [][]any, rule Cond) error {
	b := w.s.newBuilder(ctx, w.scope, access{})
	defer b.free()
	s := b.trusted(w.table)
	b.unindexed = true
	b.write("select count(*) from (")
	writeImages(b, w.table, rows)
	b.write(") ", s.alias, " where ")
	if err := b.rule(s, rule); err != nil {
		return err
	}
	var r driver.Result
	if err := w.s.query(ctx, b.statement(&driver.Shape{Extra: []Kind{KindInt}}), &r); err != nil {
		return err
	}
	if n, err := firstInt(r.Extra); err != nil {
		return err
	} else if n != int64(len(rows)) {
		return ErrDenied
	}
	return nil
}

// writeImages writes rows as a query, many on PostgreSQL alone.
func writeImages(b *builder, t *Table, rows [][]any) {
	rows = cloneRows(rows)
	for _, row := range rows {
		for i, v := range row {
			if _, gap := v.(absent); gap {
				row[i] = nil
			}
		}
	}
	if len(rows) > 1 {
		insertArrays(b, t.Columns, rows)
		return
	}
	b.write("select ")
	for i, col := range t.Columns {
		if i > 0 {
			b.write(", ")
		}
		b.bind(col.Kind, rows[0][i])
		b.write(" as ", col.sqlName)
	}
}
