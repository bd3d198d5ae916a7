package store

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
)

// place is where a path leads to in a document.
type place struct {
	path  string // as printed
	steps []any  // string or int64, as both engines bind them
	text  bool   // as text instead of JSON
}

// documentPlace and textPlace are the types of what paths lead to.
var (
	documentPlace = goType{kind: KindJSON, nullable: true}
	textPlace     = stringType(reflect.TypeFor[string](), 0)
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
