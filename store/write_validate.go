package store

import (
	"github.com/seed-7694ebf6/plinth/internal/ruletag"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// missing returns the required columns without a value. It must run before defaults and
// zeros are filled in.
func (w *prepared) missing(row []any) []FieldError {
	var failed []FieldError
	for i, c := range w.table.Columns {
		_, gap := row[i].(value.Absent)
		if gap && c.Required && !c.HasDefault() && w.presetOf(c) == nil && !w.table.Managed(c) {
			failed = append(failed, FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing})
		}
	}
	return failed
}

// validateRow checks the columns of a row against their rules; changed limits
// the check to columns of the set.
func (w *prepared) validateRow(row []any, changed *ColumnSet) error {
	var failed []FieldError
	for i, c := range w.table.Columns {
		if changed != nil && !changed.Has(c) {
			continue
		}
		if _, gap := row[i].(value.Absent); gap {
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
		if c.Required {
			return FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing}, false
		}
		return FieldError{}, true
	}
	if c.Required && v == "" {
		return FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Empty}, false
	}
	validator := w.s.DB.Options.Validator
	if c.Checks == "" || validator == nil {
		return FieldError{}, true
	}
	v, err := c.GoValue(v)
	if err != nil {
		return FieldError{Column: c.Name, Rule: "type", Text: "does not fit its type"}, false
	}
	rule, text := validator.Check(v, c.Checks)
	return FieldError{Column: c.Name, Rule: rule, Text: text}, rule == ""
}

// refuseNulls reports NULL in a column that has none, as the database would: a
// hook's struct could not even show it.
func (w *prepared) refuseNulls(row []any) error {
	var failed []FieldError
	var null *Column
	for i, c := range w.table.Columns {
		if row == nil || row[i] != nil || c.Nullable || c.Key {
			continue
		}
		null = c
		if f, ok := w.validateValue(c, nil); !ok {
			failed = append(failed, f)
		}
	}
	if null == nil {
		return nil
	}
	if err := w.validation(failed); err != nil {
		return err
	}
	return &ConstraintError{Kind: NotNull, Table: w.table.Name, Columns: schema.PublicNames([]*Column{null})}
}
