package schema

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Place is where a path leads to in a document.
type Place struct {
	Path  string // as printed
	Steps []any  // string or int64, as both engines bind them
	Text  bool   // as text instead of JSON
}

// At returns a column for the value at a place in its documents, a document or a text.
func (c *Column) At(p *Place) (*Column, error) {
	if c.Kind != driver.KindJSON {
		return nil, OperatorError(c, "is not a document, so a path cannot select in it")
	}
	for _, step := range p.Steps {
		if key, ok := step.(string); ok && value.CheckText(key) != nil {
			return nil, c.ValueError(value.ErrText, "")
		}
	}
	at := *c
	at.Place = p
	at.JSONKey = value.JSONKey(c.Name + p.Path)
	at.Nullable, at.Kind, at.GoType = true, driver.KindJSON, documentPlace
	if p.Text {
		at.Kind, at.GoType = driver.KindText, textPlace
	}
	return &at, nil
}

// documentPlace and textPlace are the types of what paths lead to.
var (
	documentPlace = value.GoType{Kind: driver.KindJSON, Nullable: true}
	textPlace     = value.StringType(reflect.TypeFor[string](), 0)
)

// ValueIn returns the value of a column in a row of bound values: what its place
// holds, if it has one.
func (c *Column) ValueIn(row []any) any {
	v := row[c.Index]
	doc, ok := v.(string)
	if c.Place == nil || !ok {
		return v
	}
	found, err := jsonb.At([]byte(doc), c.Place.Steps...)
	if err != nil || found == nil {
		return nil
	}
	if !c.Place.Text {
		return string(found)
	}
	if text, ok := jsonb.Text(found); ok {
		return text
	}
	return nil
}
