package write

import (
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// prepare fills in what the library sets, compares presets, applies defaults
// and validates, all in Go. With hooks, validation comes after them.
func (w *prepared) prepare() error {
	switch w.op {
	case query.OpInsert:
		return w.prepareInsert()
	case query.OpUpdate:
		return w.prepareUpdate()
	case query.OpDelete:
		if d := w.Table.DeletedAt; d != nil {
			w.sets = []Assignment{{Column: d, Value: w.now}}
			w.touch()
		}
	case query.OpRestore:
		w.sets = []Assignment{{Column: w.Table.DeletedAt}}
		w.touch()
	}
	return nil
}

func (w *prepared) prepareInsert() error {
	rows := make([][]any, len(w.rows))
	for i, row := range w.rows {
		rows[i] = slices.Clone(row)
		missing, hooked := w.missing(row), w.Table.HasHooks()
		if err := w.prepareRow(rows[i]); err != nil {
			return err
		}
		if hooked {
			w.missingRequired = append(w.missingRequired, missing) // a hook may fill them
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
	t := w.Table
	var now any = w.now // allocated once
	for i, c := range t.Columns {
		switch c {
		case t.Version:
			row[i] = int64(1)
			continue
		case t.CreatedAt, t.UpdatedAt:
			if _, gap := row[i].(value.Absent); gap || w.Scope != nil || isZeroTime(row[i]) {
				row[i] = now
			}
			continue
		case t.Tenant:
			continue // set with the tenant of the statement
		}
		if w.upsert == nil { // else the row may exist
			if err := w.checkClientKey(c, row[i]); err != nil {
				return err
			}
		}
		if c.Key && isZeroKey(row[i]) {
			row[i] = newKey(c)
			continue
		}
		if _, gap := row[i].(value.Absent); gap {
			if c.NoDefault {
				return &fault.ConstraintError{Kind: fault.NotNull, Table: t.Name, Columns: schema.PublicNames([]*schema.Column{c})}
			}
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
		preset, err := p.Resolve(w.Scope)
		if err != nil {
			return err
		}
		given := row[p.Column.Index]
		if _, gap := given.(value.Absent); !gap && !value.SameValue(p.Column.Kind, given, preset) {
			return &fault.ReadOnlyColumnError{Table: w.Table.Name, Column: p.Column.Name, Preset: true}
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
func newKey(c *schema.Column) any {
	if c.Kind == driver.KindUUID && len(c.Table.PrimaryKey) == 1 {
		var text [36]byte
		return string(canon.AppendUUID(text[:0], value.NewUUID()))
	}
	return value.Absent{}
}

// prepareUpdate checks and completes the assignments of an update.
func (w *prepared) prepareUpdate() error {
	// Do not modify the caller's slice.
	sets := make([]Assignment, 0, len(w.sets)+2)
	for i, a := range w.sets {
		if a.Add && a.Column.Kind != driver.KindInt {
			return &fault.ValueError{Column: a.Column.Name, Kind: fault.ValueWrongKind, Reason: "only integers can be added to"}
		}
		if p := w.presetOf(a.Column); p != nil && !w.guard.Updatable.Has(a.Column) {
			bound, err := p.Resolve(w.Scope)
			if err != nil || !value.SameValue(a.Column.Kind, a.Value, bound) {
				return &fault.ReadOnlyColumnError{Table: w.Table.Name, Column: a.Column.Name, Preset: true}
			}
			continue // it may be sent, but only an insert writes it
		}
		if slices.ContainsFunc(w.sets[:i], func(o Assignment) bool { return o.Column == a.Column }) {
			return fmt.Errorf("store: column %s is set twice", a.Column.Name)
		}
		sets = append(sets, a)
	}
	w.sets = sets
	if !w.Table.HasHooks() {
		if err := w.validateSets(); err != nil {
			return err
		}
	}
	w.touch()
	return nil
}

// touch adds what every update sets: the version and the time.
func (w *prepared) touch() {
	if v := w.Table.Version; v != nil {
		w.sets = append(w.sets, Assignment{Column: v, Value: int64(1), Add: true})
	}
	if u := w.Table.UpdatedAt; u != nil {
		w.sets = append(w.sets, Assignment{Column: u, Value: w.now})
	}
}

// fillTenant sets the tenant of new rows.
func (w *prepared) fillTenant(tenant string) error {
	t := w.Table.Tenant
	if t == nil || w.op != query.OpInsert {
		return nil
	}
	if tenant == "" {
		if w.Scope != nil {
			return fault.ErrDenied
		}
		return fault.ErrNoTenant
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
		value := a.Value
		if a.Add {
			var err error
			if value, err = sum(row[a.Column.Index], value); err != nil {
				return nil, err
			}
		}
		row[a.Column.Index] = value
	}
	return row, nil
}

// differing returns the columns that are written: 1.00 in place of 1.0 is a change,
// though the two are equal.
func (w *prepared) differing(rw *Row) schema.ColumnSet {
	var set schema.ColumnSet
	for i, c := range w.Table.Columns {
		if !value.SameBytes(c.Kind, rw.Old[i], rw.New[i]) {
			set.Add(c)
		}
	}
	return set
}

// merged writes the given columns of the input over an existing row.
func (w *prepared) merged(old, row []any) ([]any, error) {
	update := &prepared{request{Reader: read.Reader{Table: w.Table}, now: w.now, op: query.OpUpdate}}
	for _, col := range w.Table.Columns {
		if w.upsert.sets.Has(col) {
			update.sets = append(update.sets, Assignment{Column: col, Value: row[col.Index]})
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
