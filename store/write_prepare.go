package store

import (
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// prepare fills in what the library sets, compares presets, applies defaults
// and validates, all in Go. With hooks, validation comes after them.
func (w *prepared) prepare() error {
	switch w.op {
	case OpInsert:
		return w.prepareInsert()
	case OpUpdate:
		return w.prepareUpdate()
	case OpDelete:
		if d := w.table.DeletedAt; d != nil {
			w.sets = []assignment{{column: d, value: w.now}}
			w.touch()
		}
	case OpRestore:
		w.sets = []assignment{{column: w.table.DeletedAt}}
		w.touch()
	}
	return nil
}

func (w *prepared) prepareInsert() error {
	rows := make([][]any, len(w.rows))
	for i, row := range w.rows {
		rows[i] = slices.Clone(row)
		missing, hooked := w.missing(row), w.table.HasHooks()
		if err := w.prepareRow(rows[i]); err != nil {
			return err
		}
		if hooked {
			w.gaps = append(w.gaps, missing) // a hook may fill them
			continue
		}
		if err := w.validation(missing); err != nil {
			return err
		}
		if err := w.validateRow(rows[i], nil); err != nil {
			return err
		}
	}
	w.rows = rows
	return nil
}

// prepareRow completes one new row: presets, what the library sets, defaults.
func (w *prepared) prepareRow(row []any) error {
	if w.guard != nil {
		if err := w.presets(row); err != nil {
			return err
		}
	}
	t := w.table
	var now any = w.now // allocated once
	for i, c := range t.Columns {
		switch c {
		case t.Version:
			row[i] = int64(1)
			continue
		case t.CreatedAt, t.UpdatedAt:
			if _, gap := row[i].(value.Absent); gap || w.scope != nil || isZeroTime(row[i]) {
				row[i] = now
			}
			continue
		case t.Tenant:
			continue // set with the tenant of the statement
		}
		if c.Key && isZeroKey(row[i]) {
			row[i] = newKey(c)
			continue
		}
		if _, gap := row[i].(value.Absent); gap {
			row[i] = c.DefaultAt(w.now)
		}
	}
	return nil
}

// presets fixes columns to what the scope says. A value that was sent must
// equal it.
func (w *prepared) presets(row []any) error {
	for i := range w.guard.Presets {
		p := &w.guard.Presets[i]
		preset, err := p.Resolve(w.scope)
		if err != nil {
			return err
		}
		given := row[p.Column.Index]
		if _, gap := given.(value.Absent); !gap && !value.SameValue(p.Column.Kind, given, preset) {
			return &ReadOnlyColumnError{Table: w.table.Name, Column: p.Column.Name, Preset: true}
		}
		row[p.Column.Index] = preset
	}
	return nil
}

func isZeroTime(v any) bool {
	t, ok := v.(interface{ IsZero() bool })
	return v == nil || ok && t.IsZero()
}

// zeroUUID is the key of a model that has none yet.
const zeroUUID = "00000000-0000-0000-0000-000000000000"

func isZeroKey(v any) bool {
	if _, gap := v.(value.Absent); gap {
		return true
	}
	return v == zeroUUID
}

// newKey makes a key in Go where the kind allows it; the database makes generated ones.
// The parts of a composite key are keys of other rows and cannot be generated.
func newKey(c *Column) any {
	if c.Kind == KindUUID && len(c.Table.PrimaryKey) == 1 {
		var text [36]byte
		return string(canon.AppendUUID(text[:0], value.NewUUID()))
	}
	return value.Absent{}
}

// prepareUpdate checks and completes the assignments of an update.
func (w *prepared) prepareUpdate() error {
	// Do not modify the caller's slice.
	sets := make([]assignment, 0, len(w.sets)+2)
	for i, a := range w.sets {
		if a.add && a.column.Kind != KindInt {
			return &fault.ValueError{Column: a.column.Name, Kind: fault.ValueWrongKind, Reason: "only integers can be added to"}
		}
		if p := w.presetOf(a.column); p != nil && !w.guard.Updatable.Has(a.column) {
			bound, err := p.Resolve(w.scope)
			if err != nil || !value.SameValue(a.column.Kind, a.value, bound) {
				return &ReadOnlyColumnError{Table: w.table.Name, Column: a.column.Name, Preset: true}
			}
			continue // it may be sent, but only an insert writes it
		}
		if slices.ContainsFunc(w.sets[:i], func(o assignment) bool { return o.column == a.column }) {
			return fmt.Errorf("store: column %s is set twice", a.column.Name)
		}
		sets = append(sets, a)
	}
	w.sets = sets
	if !w.table.HasHooks() {
		if err := w.validateSets(); err != nil {
			return err
		}
	}
	w.touch()
	return nil
}

// touch adds what every update sets: the version and the time.
func (w *prepared) touch() {
	if v := w.table.Version; v != nil {
		w.sets = append(w.sets, assignment{column: v, value: int64(1), add: true})
	}
	if u := w.table.UpdatedAt; u != nil {
		w.sets = append(w.sets, assignment{column: u, value: w.now})
	}
}

// fillTenant sets the tenant of new rows.
func (w *prepared) fillTenant(tenant string) error {
	t := w.table.Tenant
	if t == nil || w.op != OpInsert {
		return nil
	}
	if tenant == "" {
		if w.scope != nil {
			return ErrDenied
		}
		return ErrNoTenant
	}
	if err := value.CheckText(tenant); err != nil {
		return t.ValueError(err, "")
	}
	for _, row := range w.rows {
		row[t.Index] = tenant
	}
	return nil
}

// changed applies the assignments to a row. A row that leaves the table has no
// new one.
func (w *prepared) changed(row []any) ([]any, error) {
	if w.deletesRows() {
		return nil, nil
	}
	row = slices.Clone(row)
	for _, a := range w.sets {
		value := a.value
		if a.add {
			var err error
			if value, err = sum(row[a.column.Index], value); err != nil {
				return nil, err
			}
		}
		row[a.column.Index] = value
	}
	return row, nil
}

// differing returns the columns that are written: 1.00 in place of 1.0 is a change,
// though the two are equal.
func (w *prepared) differing(rw *rowWrite) ColumnSet {
	var set ColumnSet
	for i, c := range w.table.Columns {
		if !value.SameBytes(c.Kind, rw.old[i], rw.new[i]) {
			set.Add(c)
		}
	}
	return set
}

// merged writes the given columns of the input over an existing row.
func (w *prepared) merged(old, row []any) ([]any, error) {
	update := &prepared{request{reader: reader{table: w.table}, now: w.now, op: OpUpdate}}
	for _, col := range w.table.Columns {
		if w.upsert.sets.Has(col) {
			update.sets = append(update.sets, assignment{column: col, value: row[col.Index]})
		}
	}
	update.touch()
	return update.changed(old)
}

// sum adds integers as PostgreSQL does: NULL stays NULL, and what is too large
// is an error.
func sum(a, b any) (any, error) {
	x, known := a.(int64)
	y, also := b.(int64)
	if !known || !also {
		return nil, nil
	}
	if s := x + y; (s > x) == (y > 0) {
		return s, nil
	}
	return nil, fault.ErrOutOfRange
}
