package schema

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// ParseTexts reads a list of texts in the kind of the column, as one slice that
// both drivers bind.
func (c *Column) ParseTexts(texts []string) (list any, count int, err error) {
	values := make([]any, len(texts))
	for i, text := range texts {
		if values[i], err = c.ParseText(text); err != nil {
			return nil, 0, err
		}
	}
	return value.PackList(c.Kind, values), len(values), nil
}

// OperatorError returns the error of an operator that a column does not have.
func OperatorError(col *Column, why string) error {
	return &fault.ValueError{Column: col.Name, Kind: fault.ValueWrongKind, Reason: fmt.Sprintf("the operator does not fit: the column %s", why)}
}

// ParseText reads an operand as text, from a URL or a variable of the scope.
func (c *Column) ParseText(s string) (any, error) {
	v, err := c.GoType.FromText(s)
	if err != nil {
		return nil, c.ValueError(err, s)
	}
	return v, nil
}

// ParseJSON reads a value of a body, which strictjson has accepted. Null is
// nil, also where the column is not nullable: the write path reports that.
func (c *Column) ParseJSON(raw []byte) (any, error) {
	v, err := c.GoType.FromJSON(bytes.TrimSpace(raw))
	if err != nil {
		text, errText := value.UnquoteJSON(raw)
		if errText != nil {
			text = string(raw)
		}
		return nil, c.ValueError(err, text)
	}
	return v, nil
}

// ParseValue reads an operand of Go code: the field's own type, a pointer to
// it, a plain type of the kind, or text where the kind is kept as text. A nil
// pointer is nil.
func (c *Column) ParseValue(v any) (any, error) {
	x, err := c.GoType.FromGo(v)
	if err != nil {
		return nil, c.ValueError(err, "")
	}
	return x, nil
}

// ParseSet reads a value that Go code writes. It is [Column.ParseValue], but the zero of a
// nullzero field is NULL, and so is the document null where NULL can be, as when a
// whole struct is written.
func (c *Column) ParseSet(v any) (any, error) {
	x, err := c.ParseValue(v)
	if err == nil && c.Kind == driver.KindJSON && c.Nullable && value.IsNullDocument(x) {
		return nil, nil
	}
	if err == nil && x != nil && c.GoType.NullZero && value.CompareValues(c.Kind, x, c.GoType.Zero) == 0 {
		return nil, nil
	}
	return x, err
}

// ZeroValue returns the bound value of an absent column that is not nullable.
func (c *Column) ZeroValue() any { return c.GoType.Zero }

// ValueError puts a failure in PostgreSQL's words. The value is repeated only
// for columns a client may know; an empty value is not repeated either.
func (c *Column) ValueError(err error, text string) error {
	e := &fault.ValueError{Column: c.Name, Kind: fault.ValueMalformed}
	quoted := ""
	if text != "" && c.Mode < Hidden {
		quoted = ": " + value.ShortQuote(text)
	}
	name := c.GoType.PGName()
	var form value.FormError
	var syntax *strictjson.SyntaxError
	switch {
	case errors.As(err, &form):
		e.Reason = string(form)
	case errors.Is(err, value.ErrText):
		e.Kind, e.Reason = fault.ValueBadCharacter, value.ErrText.Error()
	case errors.Is(err, canon.ErrRange):
		e.Kind, e.Reason = fault.ValueOutOfRange, "value is out of range for type "+name+quoted
		if c.Kind == driver.KindTimestamp || c.Kind == driver.KindDate {
			e.Kind, e.Reason = fault.ValueTimeRange, "date/time field value out of range"+quoted
		}
	case errors.As(err, &syntax) && c.Mode < Hidden:
		e.Reason = "invalid input syntax for type json: " + syntax.Reason
	default:
		if c.Kind == driver.KindTimestamp || c.Kind == driver.KindDate {
			e.Kind = fault.ValueBadTime
		}
		e.Reason = "invalid input syntax for type " + name + quoted
	}
	return e
}

// goError is the error of a value that Go code gave: a [fault.ValueError] for one the
// column cannot hold, else the codec's own.
func (c *Column) goError(err error) error {
	var form value.FormError
	if errors.As(err, &form) || errors.Is(err, value.ErrText) || errors.Is(err, canon.ErrRange) || errors.Is(err, canon.ErrSyntax) {
		return c.ValueError(err, "")
	}
	return fmt.Errorf("store: %s.%s: %w", c.Table.Name, c.Name, err)
}

// ParseList reads the operand of query.OpIn of Go code, a slice or an array of what
// [Column.ParseValue] takes, as one slice that both drivers bind. NULL equals nothing
// and is left out.
func (c *Column) ParseList(values any) (any, error) {
	rv := reflect.ValueOf(values)
	if !rv.IsValid() || rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return nil, c.ValueError(value.FormError(fmt.Sprintf("a slice is wanted, not a %T", values)), "")
	}
	list := make([]any, 0, rv.Len())
	for i := range rv.Len() {
		v, err := c.ParseValue(rv.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	return value.PackList(c.Kind, list), nil
}

// errNoFullText is the answer of an engine without configurations.
var errNoFullText error = &fault.QueryError{Kind: fault.QueryUnsupported, Reason: "fts, plfts, phfts and wfts need PostgreSQL: use search, which both engines have"}

// CheckFullText rejects a column that is not searchable, and an engine without full
// text search.
func CheckFullText(c *Column) error {
	switch {
	case !c.Searchable:
		return OperatorError(c, "is not searchable")
	case !c.Table.registry.options.FullText:
		return errNoFullText
	}
	return nil
}
