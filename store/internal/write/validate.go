package write

import (
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/ruletag"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// missing returns the required columns without a value. It must run before defaults and
// zeros are filled in.
func (w *prepared) missing(row []any) []fault.FieldError {
	var failed []fault.FieldError
	for i, c := range w.Table.Columns {
		_, gap := row[i].(value.Absent)
		if gap && c.Required && !c.HasDefault() && w.presetOf(c) == nil && !w.Table.Managed(c) {
			failed = append(failed, fault.FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing})
		}
	}
	return failed
}

// validateRow checks the columns of a row against their rules; changed limits
// the check to columns of the set.
func (w *prepared) validateRow(row []any, changed *schema.ColumnSet) error {
	var failed []fault.FieldError
	for i, c := range w.Table.Columns {
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
	var failed []fault.FieldError
	for _, a := range w.sets {
		if a.Add {
			continue
		}
		if f, ok := w.validateValue(a.Column, a.Value); !ok {
			failed = append(failed, f)
		}
	}
	return w.validation(failed)
}

func (w *prepared) validation(failed []fault.FieldError) error {
	if len(failed) == 0 {
		return nil
	}
	return &fault.ValidationError{Table: w.Table.Name, Fields: failed}
}

// validateValue checks one value. required means present and not null, and for text not
// empty; enum and the other rules apply to values that are not null.
func (w *prepared) validateValue(c *schema.Column, v any) (fault.FieldError, bool) {
	if v == nil {
		if c.Required {
			return fault.FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Missing}, false
		}
		return fault.FieldError{}, true
	}
	if c.Required && v == "" {
		return fault.FieldError{Column: c.Name, Rule: ruletag.Required, Text: ruletag.Empty}, false
	}
	if text, ok := v.(string); ok && c.Enum != nil && !slices.Contains(c.Enum, text) {
		return fault.FieldError{Column: c.Name, Rule: ruletag.Enum, Text: ruletag.OneOf(c.Enum)}, false
	}
	validator := w.Session.DB.Options.Validator
	if c.Checks == "" || validator == nil {
		return fault.FieldError{}, true
	}
	v, err := c.GoValue(v)
	if err != nil {
		return fault.FieldError{Column: c.Name, Rule: "type", Text: "does not fit its type"}, false
	}
	rule, text := validator.Check(v, c.Checks)
	return fault.FieldError{Column: c.Name, Rule: rule, Text: text}, rule == ""
}

// refuseNulls reports NULL in a column that has none, as the database would: a
// hook's struct could not even show it.
func (w *prepared) refuseNulls(row []any) error {
	var failed []fault.FieldError
	var null *schema.Column
	for i, c := range w.Table.Columns {
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
	return &fault.ConstraintError{Kind: fault.NotNull, Table: w.Table.Name, Columns: schema.PublicNames([]*schema.Column{null})}
}
