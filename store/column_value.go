package store

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// parseTexts reads a list of texts in the kind of the column, as one slice that
// both drivers bind.
func (c *Column) parseTexts(texts []string) (list any, count int, err error) {
	values := make([]any, len(texts))
	for i, text := range texts {
		if values[i], err = c.parseText(text); err != nil {
			return nil, 0, err
		}
	}
	return value.PackList(c.Kind, values), len(values), nil
}

func operatorError(col *Column, why string) error {
	return &ValueError{Column: col.Name, Code: "42804", Reason: fmt.Sprintf("the operator does not fit: the column %s", why)}
}

// parseText reads an operand as text, from a URL or a variable of the scope.
func (c *Column) parseText(s string) (any, error) {
	v, err := c.goType.FromText(s)
	if err != nil {
		return nil, c.valueError(err, s)
	}
	return v, nil
}

// parseJSON reads a value of a body, which strictjson has accepted. Null is
// nil, also where the column is not nullable: the write path reports that.
func (c *Column) parseJSON(raw []byte) (any, error) {
	v, err := c.goType.FromJSON(bytes.TrimSpace(raw))
	if err != nil {
		text, errText := value.UnquoteJSON(raw)
		if errText != nil {
			text = string(raw)
		}
		return nil, c.valueError(err, text)
	}
	return v, nil
}

// parseValue reads an operand of Go code: the field's own type, a pointer to
// it, a plain type of the kind, or text where the kind is kept as text. A nil
// pointer is nil.
func (c *Column) parseValue(v any) (any, error) {
	x, err := c.goType.FromGo(v)
	if err != nil {
		return nil, c.valueError(err, "")
	}
	return x, nil
}

// parseSet reads a value that Go code writes. It is parseValue, but the zero of a
// nullzero field is NULL, and so is the document null where NULL can be, as when a
// whole struct is written.
func (c *Column) parseSet(v any) (any, error) {
	x, err := c.parseValue(v)
	if err == nil && c.Kind == KindJSON && c.Nullable && value.IsNullDocument(x) {
		return nil, nil
	}
	if err == nil && x != nil && c.goType.NullZero && value.CompareValues(c.Kind, x, c.goType.Zero) == 0 {
		return nil, nil
	}
	return x, err
}

// zeroValue returns the bound value of an absent column that is not nullable.
func (c *Column) zeroValue() any { return c.goType.Zero }

// valueError puts a failure in PostgreSQL's words. The value is repeated only
// for columns a client may know; an empty value is not repeated either.
func (c *Column) valueError(err error, text string) error {
	e := &ValueError{Column: c.Name, Code: "22P02"}
	quoted := ""
	if text != "" && c.Mode < Hidden {
		quoted = ": " + value.ShortQuote(text)
	}
	name := c.goType.PGName()
	var form value.FormError
	var syntax *strictjson.SyntaxError
	switch {
	case errors.As(err, &form):
		e.Reason = string(form)
	case errors.Is(err, value.ErrText):
		e.Code, e.Reason = "22021", value.ErrText.Error()
	case errors.Is(err, canon.ErrRange):
		e.Code, e.Reason = "22003", "value is out of range for type "+name+quoted
		if c.Kind == KindTimestamp || c.Kind == KindDate {
			e.Code, e.Reason = "22008", "date/time field value out of range"+quoted
		}
	case errors.As(err, &syntax) && c.Mode < Hidden:
		e.Reason = "invalid input syntax for type json: " + syntax.Reason
	default:
		if c.Kind == KindTimestamp || c.Kind == KindDate {
			e.Code = "22007"
		}
		e.Reason = "invalid input syntax for type " + name + quoted
	}
	return e
}

// goError is the error of a value that Go code gave: a [ValueError] for one the
// column cannot hold, else the codec's own.
func (c *Column) goError(err error) error {
	var form value.FormError
	if errors.As(err, &form) || errors.Is(err, value.ErrText) || errors.Is(err, canon.ErrRange) || errors.Is(err, canon.ErrSyntax) {
		return c.valueError(err, "")
	}
	return fmt.Errorf("store: %s.%s: %w", c.Table.Name, c.Name, err)
}

// parseList reads the operand of OpIn of Go code, a slice or an array of what
// parseValue takes, as one slice that both drivers bind. NULL equals nothing
// and is left out.
func (c *Column) parseList(values any) (any, error) {
	rv := reflect.ValueOf(values)
	if !rv.IsValid() || rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return nil, c.valueError(value.FormError(fmt.Sprintf("a slice is wanted, not a %T", values)), "")
	}
	list := make([]any, 0, rv.Len())
	for i := range rv.Len() {
		v, err := c.parseValue(rv.Index(i).Interface())
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
var errNoFullText error = &QueryError{Code: "PGRST127", Reason: "fts, plfts, phfts and wfts need PostgreSQL: use search, which both engines have"}

// checkFullText rejects a column that is not searchable, and an engine without full
// text search.
func checkFullText(c *Column) error {
	switch {
	case !c.Searchable:
		return operatorError(c, "is not searchable")
	case !c.Table.registry.options.FullText:
		return errNoFullText
	}
	return nil
}
