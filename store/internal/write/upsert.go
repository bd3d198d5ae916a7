package write

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// upsertRows splits the rows of an upsert: those that exist become updates, checked by
// the rules for updates. It reads what exists without the guard, but a row the scope
// may not change only ever says that its key is taken.
func (w *steps) upsertRows(ctx context.Context, out *query.Rows) ([]*Row, error) {
	if err := w.mayCreate(ctx); err != nil {
		return nil, err
	}
	existing, err := w.existing(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(w.rows))
	rows := make([]*Row, 0, len(w.rows))
	for i, row := range w.rows {
		key := w.keyText(row)
		if seen[key] && key != "" {
			if w.upsert.ignore {
				continue
			}
			return nil, &fault.QueryError{Kind: fault.QueryRowTwice, Reason: "ON CONFLICT DO UPDATE command cannot affect row a second time"}
		}
		seen[key] = true
		old := existing[key]
		if old == nil || key == "" {
			if w.upsert.mustUpdate {
				return nil, fault.ErrStale
			}
			if err := w.chosenKey(row); err != nil {
				return nil, err
			}
			rw := w.newRow(query.OpInsert, nil, row)
			rw.gaps = w.missingRequiredOf(i)
			rows = append(rows, rw)
			out.Inserted++
			continue
		}
		if err := w.mayReplace(ctx, old, row); err != nil {
			return nil, w.outOfReach(row, err)
		}
		if w.upsert.mustInsert || !w.hasVersion(old) {
			return nil, fault.ErrStale
		}
		if w.upsert.ignore {
			continue
		}
		merged, err := w.merged(old, row)
		if err != nil {
			return nil, err
		}
		rows = append(rows, w.newRow(query.OpUpdate, old, merged))
	}
	return rows, nil
}

// existing locks and reads the rows that have the conflict keys of the input,
// of whichever tenant: keys hold for all of them.
func (w *steps) existing(ctx context.Context) (map[string][]any, error) {
	rowsWithKey := slices.DeleteFunc(slices.Clone(w.rows), func(row []any) bool { return w.keyText(row) == "" })
	if len(rowsWithKey) == 0 {
		return nil, nil
	}
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	s := b.Trusted(w.Table)
	b.Write("select ")
	if err := b.Dialect.RowColumns(b, s, sqlgen.WholePlan(w.Table), false); err != nil {
		return nil, err
	}
	b.Write(" from ", w.Table.SQLName, " ", s.Alias, " where ")
	if err := w.keysMatch(b, s, rowsWithKey); err != nil {
		return nil, err
	}
	b.AllTenants = true
	if err := b.Limits(s); err != nil {
		return nil, err
	}
	b.Write(" order by ")
	b.KeyList(s)
	b.Lock(s, query.OpUpdate)
	rows, err := w.readWhole(ctx, b)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]any, len(rows))
	for _, row := range rows {
		found[w.keyText(row)] = row
	}
	return found, nil
}
