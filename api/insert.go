package api

import (
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// insertRows answers POST of /{table}: new rows, one or many, or with
// Prefer: resolution rows that may exist.
func insertRows(x *exchange) error {
	w, err := x.beginWrite()
	if err != nil {
		return err
	}
	if !w.read.Filter.IsZero() {
		return &problem.Error{Code: problem.NotImplemented, Message: "filters have no meaning for new rows", Hint: "Leave them out."}
	}
	gate := x.gate()
	in, err := x.newRows(gate, access.InputOptions{
		Columns: w.read.Columns, MissingDefault: w.prefer.Missing == pgrst.MissingDefault,
		Upsert: w.prefer.Resolution != pgrst.ResolutionNone, MaxRows: x.s.limits.Rows,
	})
	if err != nil {
		return err
	}
	if err := w.limitReturned(in.Len()); err != nil {
		return err
	}
	opts := w.options()
	locate := w.prefer.Return == pgrst.ReturnHeadersOnly && in.Len() == 1 && x.keyReadable()
	if locate {
		opts.Return = x.keyQuery()
	}
	rows := x.s.getRows()
	defer x.s.putRows(rows)
	if w.prefer.Resolution == pgrst.ResolutionNone {
		err = gate.Insert(x.context(), in, opts, rows)
	} else {
		err = gate.Upsert(x.context(), in, query.UpsertOptions{
			WriteOptions: opts, Conflict: w.read.OnConflict, Ignore: w.prefer.Resolution == pgrst.IgnoreDuplicates,
		}, rows)
	}
	if err != nil {
		return err
	}
	if locate && rows.Count == 1 {
		setLocation(x, rows.Body)
	}
	created := w.prefer.Resolution == pgrst.ResolutionNone || rows.Inserted > 0 || in.Len() == 0
	return x.sendWritten(w, rows, created)
}

// setLocation sets Location of a new row from its key as JSON object.
func setLocation(x *exchange, row []byte) {
	doc, err := strictjson.Parse(row, strictjson.Limits{})
	if err != nil {
		return // the row is stored; the header is a courtesy
	}
	var columns, values []string
	for name, v := range doc.Members() {
		text, ok := v.Text()
		if !ok {
			text = string(v.Raw())
		}
		columns, values = append(columns, string(name)), append(values, text)
	}
	x.set("Location", pgrst.Location(x.link(x.relative, ""), columns, values))
}
