package changelog

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// parseLogged parses a logged row with limits wide enough for every row the database
// accepted. A rejected row would stop a reader permanently.
func parseLogged(raw []byte) (strictjson.Value, error) {
	return strictjson.Parse(raw, strictjson.Limits{Depth: 1000, Digits: 200_000, Growth: -1, LastWins: true})
}

// loggedRow converts a row of the change log to the canonical form of the table's
// columns. Rows written by PostgreSQL and rows written by the store give the same
// bytes. Null gives nil. Without a registered table the row gets the canonical form of
// a document.
//
// The model may have changed since. Columns that it lacks follow at the end, values
// that its columns would reject are kept, and a column that became secret is left out.
func loggedRow(t *schema.Table, raw []byte) (json.RawMessage, error) {
	doc, err := parseLogged(raw)
	switch {
	case err != nil:
		return nil, err
	case doc.Kind() == strictjson.Null:
		return nil, nil
	case t == nil || doc.Kind() != strictjson.Object:
		return doc.AppendCanonical(nil), nil
	}
	type member struct {
		name  string
		value strictjson.Value
	}
	known := make([]*strictjson.Value, len(t.Columns))
	var others []member
	for name, v := range doc.Members() {
		if c := t.Column(string(name)); c != nil {
			known[c.Index] = &v
		} else {
			others = append(others, member{string(name), v})
		}
	}
	slices.SortFunc(others, func(a, b member) int { return strings.Compare(a.name, b.name) })

	dst := append(make([]byte, 0, len(raw)+16), '{')
	for i, c := range t.Columns {
		if known[i] != nil && c.Mode != schema.Secret {
			dst = appendLogged(c, append(comma(dst), c.JSONKey...), *known[i])
		}
	}
	for _, m := range others {
		dst = append(strictjson.AppendString(comma(dst), m.name), ':')
		dst = m.value.AppendCanonical(dst)
	}
	return append(dst, '}'), nil
}

// loggedNew is loggedRow for the image after a change. The image of an update has only
// the changed columns; the others are taken from old.
func loggedNew(t *schema.Table, old, raw []byte) (json.RawMessage, error) {
	before, err := parseLogged(old)
	if err != nil || before.Kind() != strictjson.Object {
		return loggedRow(t, raw)
	}
	after, err := parseLogged(raw)
	if err != nil || after.Kind() != strictjson.Object {
		return loggedRow(t, raw)
	}
	changed := map[string]bool{}
	all := append(make([]byte, 0, len(old)+len(raw)), '{')
	for name, v := range after.Members() {
		changed[string(name)] = true
		all = append(append(strictjson.AppendString(comma(all), string(name)), ':'), v.Raw()...)
	}
	for name, v := range before.Members() {
		if !changed[string(name)] {
			all = append(append(strictjson.AppendString(comma(all), string(name)), ':'), v.Raw()...)
		}
	}
	return loggedRow(t, append(all, '}'))
}

// loggedKey is loggedRow for the array of the values of the primary key.
func loggedKey(t *schema.Table, raw []byte) (json.RawMessage, error) {
	doc, err := parseLogged(raw)
	if err != nil {
		return nil, err
	}
	if t == nil || doc.Kind() != strictjson.Array {
		return doc.AppendCanonical(nil), nil
	}
	dst := []byte{'['}
	for i, v := range doc.Elements() {
		dst = comma(dst)
		if i < len(t.PrimaryKey) {
			dst = appendLogged(t.PrimaryKey[i], dst, v)
		} else {
			dst = v.AppendCanonical(dst)
		}
	}
	return append(dst, ']'), nil
}

// appendLogged appends a value of the column in canonical form.
func appendLogged(c *schema.Column, dst []byte, v strictjson.Value) []byte {
	bound, err := c.ParseJSON(v.Raw())
	if err != nil {
		return v.AppendCanonical(dst)
	}
	return value.AppendValue(dst, c.Kind, bound)
}

// comma appends a comma unless an object or an array begins here.
func comma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last == '{' || last == '[' {
		return dst
	}
	return append(dst, ',')
}
