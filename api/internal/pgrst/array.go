package pgrst

import (
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// ParseArray reads an array of one dimension as PostgreSQL writes it:
// {a,"b, c",NULL}. A nil element is NULL.
func ParseArray(text string, lim Limits) ([]*string, error) {
	list := []*string{}
	for e, err := range canon.Elements(text) {
		if wrong, ok := errors.AsType[*canon.ArrayError](err); ok {
			s := scanner{what: "array", text: text}
			return nil, s.unexpectedAt(wrong.At, wrong.Want)
		}
		if len(list) == lim.In {
			return nil, &LimitError{Limit: "array", Max: lim.In, Unit: "elements"}
		}
		element := &e.Text
		if e.Null {
			element = nil
		}
		list = append(list, element)
	}
	return list, nil
}
