package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/ruletag"
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

// missing returns the required columns without a value. It must run before defaults and
// zeros are filled in.
func (w *prepared) missing(row []any) []FieldError {
	var failed []FieldError
	for i, c := range w.table.Columns {
		_, gap := row[i].(absent)
		if gap && c.required && !c.initial.set && w.presetOf(c) == nil && !w.table.managed(c) {
			failed = append(failed, FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing})
		}
	}
	return failed
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
			if _, gap := row[i].(absent); gap || w.scope != nil || isZeroTime(row[i]) {
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
		if _, gap := row[i].(absent); gap {
			row[i] = c.defaultFor(w.now)
		}
	}
	return nil
}

// presets fixes columns to what the scope says. A value that was sent must
// equal it.
func (w *prepared) presets(row []any) error {
	for i := range w.guard.Presets {
		p := &w.guard.Presets[i]
		value, err := p.resolve(w.scope)
		if err != nil {
			return err
		}
		given := row[p.Column.index]
		if _, gap := given.(absent); !gap && !sameValue(p.Column.Kind, given, value) {
			return &ReadOnlyColumnError{Table: w.table.Name, Column: p.Column.Name, Preset: true}
		}
		row[p.Column.index] = value
	}
	return nil
}

// resolve returns the value of a preset. A scope without the variable cannot
// create rows.
func (p *Preset) resolve(scope *Scope) (any, error) {
	if p.Var == "" {
		return p.Column.parseValue(p.Value)
	}
	text, ok := scope.variable(p.Var)
	if !ok {
		return nil, ErrDenied
	}
	v, err := p.Column.parseText(text)
	if err != nil {
		return nil, ErrDenied
	}
	return v, nil
}

func isZeroTime(v any) bool {
	t, ok := v.(interface{ IsZero() bool })
	return v == nil || ok && t.IsZero()
}

// zeroUUID is the key of a model that has none yet.
const zeroUUID = "00000000-0000-0000-0000-000000000000"

func isZeroKey(v any) bool {
	if _, gap := v.(absent); gap {
		return true
	}
	return v == zeroUUID
}

// newKey makes a key in Go where the kind allows it; the database makes generated ones.
// The parts of a composite key are keys of other rows and cannot be generated.
func newKey(c *Column) any {
	if c.Kind == KindUUID && len(c.Table.PrimaryKey) == 1 {
		var text [36]byte
		return string(canon.AppendUUID(text[:0], newUUID()))
	}
	return absent{}
}

// prepareUpdate checks and completes the assignments of an update.
func (w *prepared) prepareUpdate() error {
	// Do not modify the caller's slice.
	sets := make([]assignment, 0, len(w.sets)+2)
	for i, a := range w.sets {
		if a.add && a.column.Kind != KindInt {
			return &ValueError{Column: a.column.Name, Code: "42804", Reason: "only integers can be added to"}
		}
		if p := w.presetOf(a.column); p != nil && !w.guard.Updatable.Has(a.column) {
			value, err := p.resolve(w.scope)
			if err != nil || !sameValue(a.column.Kind, a.value, value) {
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

func (w *request) presetOf(c *Column) *Preset {
	if w.guard == nil {
		return nil
	}
	return w.guard.preset(c)
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

// validateRow checks the columns of a row against their rules; changed limits
// the check to columns of the set.
func (w *prepared) validateRow(row []any, changed *ColumnSet) error {
	var failed []FieldError
	for i, c := range w.table.Columns {
		if changed != nil && !changed.Has(c) {
			continue
		}
		if _, gap := row[i].(absent); gap {
			continue
		}
		if f, ok := w.validateValue(c, row[i]); !ok {
			failed = append(failed, f)
		}
	}
	return w.validation(failed)
}

func (w *prepared) validateSets() error {
	var failed []FieldError
	for _, a := range w.sets {
		if a.add {
			continue
		}
		if f, ok := w.validateValue(a.column, a.value); !ok {
			failed = append(failed, f)
		}
	}
	return w.validation(failed)
}

func (w *prepared) validation(failed []FieldError) error {
	if len(failed) == 0 {
		return nil
	}
	return &ValidationError{Table: w.table.Name, Fields: failed}
}

// validateValue checks one value. required means present and not null, and for text not
// empty; the other rules apply to values that are not null.
func (w *prepared) validateValue(c *Column, v any) (FieldError, bool) {
	if v == nil {
		if c.required {
			return FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing}, false
		}
		return FieldError{}, true
	}
	if c.required && v == "" {
		return FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Empty}, false
	}
	validator := w.s.db.options.Validator
	if c.checks == "" || validator == nil {
		return FieldError{}, true
	}
	v, err := c.goValue(v)
	if err != nil {
		return FieldError{Column: c.Name, Rule: "type", Text: "does not fit its type"}, false
	}
	rule, text := validator.Check(v, c.checks)
	return FieldError{Column: c.Name, Rule: rule, Text: text}, rule == ""
}

// runHooks calls hooks one after the other.
func runHooks(ctx context.Context, hooks []hookFunc, rw *rowWrite) error {
	for _, h := range hooks {
		if err := h(ctx, rw); err != nil {
			return err
		}
	}
	return nil
}
