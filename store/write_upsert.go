package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// upsertRows splits the rows of an upsert: those that exist become updates, checked by
// the rules for updates. It reads what exists without the guard, but a row the scope
// may not change only ever says that its key is taken.
func (w *steps) upsertRows(ctx context.Context, out *Rows) ([]*rowWrite, error) {
	if err := w.mayCreate(ctx); err != nil {
		return nil, err
	}
	existing, err := w.existing(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(w.rows))
	rows := make([]*rowWrite, 0, len(w.rows))
	for i, row := range w.rows {
		key := w.keyText(row)
		if seen[key] && key != "" {
			if w.upsert.ignore {
				continue
			}
			return nil, &QueryError{Code: "21000", Reason: "ON CONFLICT DO UPDATE command cannot affect row a second time"}
		}
		seen[key] = true
		old := existing[key]
		if old == nil || key == "" {
			if w.upsert.known {
				return nil, ErrStale
			}
			if err := w.chosenKey(row); err != nil {
				return nil, err
			}
			rw := w.newRow(OpInsert, nil, row)
			rw.gaps = w.gapsOf(i)
			rows = append(rows, rw)
			out.Inserted++
			continue
		}
		if err := w.mayReplace(ctx, old, row); err != nil {
			return nil, w.outOfReach(row, err)
		}
		if w.upsert.fresh || !w.hasVersion(old) {
			return nil, ErrStale
		}
		if w.upsert.ignore {
			continue
		}
		merged, err := w.merged(old, row)
		if err != nil {
			return nil, err
		}
		rows = append(rows, w.newRow(OpUpdate, old, merged))
	}
	return rows, nil
}

// outOfReach is the answer for a row that exists and that the scope may not see
// or change: as far as it can be, that for one that does not exist.
func (w *judged) outOfReach(row []any, err error) error {
	if w.upsert.known {
		return ErrStale
	}
	if w.upsert.fresh {
		err = ErrStale
	}
	return cmp.Or(w.chosenKey(row), err)
}

// hasVersion reports whether a row has the version the write demands, if it does.
func (w *request) hasVersion(row []any) bool {
	if len(w.versions) == 0 {
		return true
	}
	if len(w.version) == 0 {
		return false
	}
	version, ok := row[w.version[0].index].(int64)
	return ok && slices.Contains(w.versions, version)
}

// chosenKey rejects a new row with a client's value for a key that the database makes.
// The error is the same as for an existing row that the scope may not update.
func (w *judged) chosenKey(row []any) error {
	if w.guard == nil {
		return nil
	}
	for i, c := range w.table.Columns {
		if _, gap := row[i].(absent); c.Generated && !gap && !w.guard.Creatable.Has(c) {
			return &ReadOnlyColumnError{Table: w.table.Name, Column: c.Name}
		}
	}
	return nil
}

// mayCreate rejects rows the scope could not create before existing keys are looked up.
// Otherwise the answer would reveal which keys exist.
func (w *judged) mayCreate(ctx context.Context) error {
	if w.guard == nil {
		return nil
	}
	if w.guard.Create.IsZero() {
		return ErrDenied
	}
	var open [][]any
	for _, row := range w.rows {
		undecided, err := w.judge(w.guard.Create, row)
		if err != nil {
			return err
		}
		if undecided {
			open = append(open, row)
		}
	}
	if err := w.judgeTargets(ctx, w.rows); err != nil {
		return err
	}
	return w.imagesHold(ctx, open, w.guard.Create)
}

// keyText returns the conflict key of a row as text, empty if it has a NULL,
// which conflicts with nothing.
func (w *request) keyText(row []any) string {
	var dst []byte
	for _, k := range w.upsert.keys {
		v := row[k.index]
		if _, gap := v.(absent); gap || v == nil {
			return ""
		}
		dst = append(appendKeyValue(dst, k.Kind, v), ',')
	}
	return string(dst)
}

// appendKeyValue appends a value so that equal ones are equal texts.
func appendKeyValue(dst []byte, k Kind, v any) []byte {
	if s, ok := v.(string); ok && k == KindDecimal && strings.Contains(s, ".") {
		v = strings.TrimRight(strings.TrimRight(s, "0"), ".") // 1.50 is 1.5
	}
	return appendValue(dst, k, v)
}

// existing locks and reads the rows that have the conflict keys of the input,
// of whichever tenant: keys hold for all of them.
func (w *steps) existing(ctx context.Context) (map[string][]any, error) {
	rowsWithKey := slices.DeleteFunc(slices.Clone(w.rows), func(row []any) bool { return w.keyText(row) == "" })
	if len(rowsWithKey) == 0 {
		return nil, nil
	}
	b := w.s.newBuilder(ctx, w.scope, w.access)
	defer b.free()
	s := b.trusted(w.table)
	b.write("select ")
	if err := b.dialect.rowColumns(b, s, wholePlan(w.table), false); err != nil {
		return nil, err
	}
	b.write(" from ", w.table.sqlName, " ", s.alias, " where ")
	if err := w.keysMatch(b, s, rowsWithKey); err != nil {
		return nil, err
	}
	b.allTenants = true
	if err := b.limits(s); err != nil {
		return nil, err
	}
	b.write(" order by ")
	b.keyList(s)
	b.lock(s)
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

// keysMatch writes that a row has the conflict key of one of the rows. For a key
// of one column the statement is the same for any number of rows.
func (w *statement) keysMatch(b *builder, s source, rows [][]any) error {
	if k := w.upsert.keys[0]; len(w.upsert.keys) == 1 && listable(k.Kind) {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[k.index]
		}
		b.comparable(s, k, false)
		b.dialect.oneOf(&b.text, k.Kind, packList(k.Kind, values))
		return nil
	}
	return b.balanced(len(rows), " or ", func(i int) error {
		b.equalValues(s, w.upsert.keys, func(j int) any { return rows[i][w.upsert.keys[j].index] })
		return nil
	})
}

// mayReplace rejects an existing row that the scope may not see or change. The error is
// always that of a taken key, so it does not reveal the reason.
func (w *judged) mayReplace(ctx context.Context, old, row []any) error {
	taken := &ConstraintError{Kind: Unique, Table: w.table.Name, Columns: columnNames(w.upsert.keys)}
	if t := w.table.Tenant; t != nil && old[t.index] != row[t.index] {
		return taken
	}
	if w.guard == nil {
		return nil
	}
	guard := w.guard
	rules := []Cond{guard.Read, guard.Update}
	if w.upsert.ignore {
		rules = rules[:1]
	}
	for _, rule := range rules {
		if rule.IsZero() {
			return taken
		}
		result, decided := rule.n.evaluate(w.scope, old)
		if !decided {
			ok, err := w.holds(ctx, old, check{rule: rule.n})
			if err != nil {
				return err
			}
			result = truthOf(ok)
		}
		if result != isTrue {
			return taken
		}
	}
	return nil
}

// merged writes the given columns of the input over an existing row.
func (w *prepared) merged(old, row []any) ([]any, error) {
	update := &prepared{request{reader: reader{table: w.table}, now: w.now, op: OpUpdate}}
	for _, col := range w.table.Columns {
		if w.upsert.sets.Has(col) {
			update.sets = append(update.sets, assignment{column: col, value: row[col.index]})
		}
	}
	update.touch()
	return update.changed(old)
}
