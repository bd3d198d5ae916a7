package api

import (
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store"
)

// newRows reads new rows from a body of JSON or CSV, or one from a form.
func (x *exchange) newRows(gate store.Gate, opts store.InputOptions) (*store.Input, error) {
	media, body, err := x.bodyOf(mediaJSON, mediaCSV, mediaForm)
	if err != nil {
		return nil, err
	}
	switch media {
	case mediaCSV:
		names, rows, err := pgrst.ParseCSV(body, x.s.limits)
		if err != nil {
			return nil, err
		}
		opts.Null = pgrst.NullWord
		return gate.DecodeTexts(names, rows, opts)
	case mediaForm:
		names, values, err := pgrst.ParseForm(string(body), x.s.limits)
		if err != nil {
			return nil, err
		}
		return gate.DecodeTexts(names, func(yield func([]string, error) bool) { yield(values, nil) }, opts)
	}
	return gate.DecodeInput(body, opts)
}
