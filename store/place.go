package store

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// place is where a path leads to in a document.
type place struct {
	path  string // as printed
	steps []any  // string or int64, as both engines bind them
	text  bool   // as text instead of JSON
}

// placed returns a column for the value at a place in its documents, a document or a text.
func (c *Column) placed(p *place) (*Column, error) {
	if c.Kind != KindJSON {
		return nil, operatorError(c, "is not a document, so a path cannot select in it")
	}
	for _, step := range p.steps {
		if key, ok := step.(string); ok && value.CheckText(key) != nil {
			return nil, c.valueError(value.ErrText, "")
		}
	}
	at := *c
	at.place = p
	at.jsonKey = value.JSONKey(c.Name + p.path)
	at.Nullable, at.Kind, at.goType = true, KindJSON, documentPlace
	if p.text {
		at.Kind, at.goType = KindText, textPlace
	}
	return &at, nil
}

// documentPlace and textPlace are the types of what paths lead to.
var (
	documentPlace = value.GoType{Kind: KindJSON, Nullable: true}
	textPlace     = value.StringType(reflect.TypeFor[string](), 0)
)

// of returns the value of a column in a row of bound values: what its place
// holds, if it has one.
func (c *Column) of(row []any) any {
	v := row[c.index]
	doc, ok := v.(string)
	if c.place == nil || !ok {
		return v
	}
	found, err := jsonb.At([]byte(doc), c.place.steps...)
	if err != nil || found == nil {
		return nil
	}
	if !c.place.text {
		return string(found)
	}
	if text, ok := jsonb.Text(found); ok {
		return text
	}
	return nil
}
