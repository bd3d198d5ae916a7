package api

import (
	"bytes"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// ownLimits are for JSON that the store has written: what it holds has passed
// narrower ones.
var ownLimits = strictjson.Limits{Depth: 128, Digits: 1 << 17, Growth: -1}

// enclosed returns rows, which have commas between them, in the form the client
// wants, with the brackets around them if there are any.
func enclosed(media pgrst.Media, rows []byte) (open string, body []byte, closing string, err error) {
	switch {
	case media == pgrst.MediaCSV:
		body, err = csv(rows)
		return "", body, "", err
	case media.StripsNulls():
		if rows, err = withoutNulls(rows); err != nil {
			return "", nil, "", err
		}
	}
	if media.One() {
		return "", rows, "", nil
	}
	return "[", rows, "]", nil
}

// document reads rows as one JSON document.
func document(rows []byte) (strictjson.Value, error) {
	return strictjson.Parse(slices.Concat([]byte{'['}, rows, []byte{']'}), ownLimits)
}

// withoutNulls leaves members that are null out of rows.
func withoutNulls(rows []byte) ([]byte, error) {
	doc, err := document(rows)
	if err != nil {
		return nil, err
	}
	stripped := doc.AppendWithoutNulls(make([]byte, 0, len(rows)+2))
	return stripped[1 : len(stripped)-1], nil
}

// csv writes rows as CSV (RFC 4180), with LF between lines and none behind the
// last, as clients of this wire know it. The names of the columns come first, so
// where there are no rows there is nothing. NULL is empty, the empty text is "".
//
// Values are not changed for programs that take one that begins with = for a
// formula: the data would not be what was stored.
func csv(rows []byte) ([]byte, error) {
	doc, err := document(rows)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(rows))
	for i, row := range doc.Elements() {
		if i == 0 {
			separator := ""
			for name := range row.Members() {
				out = appendField(append(out, separator...), name)
				separator = ","
			}
		}
		separator := "\n"
		for _, v := range row.Members() {
			out = appendValue(append(out, separator...), v)
			separator = ","
		}
	}
	return out, nil
}

func appendValue(out []byte, v strictjson.Value) []byte {
	switch v.Kind() {
	case strictjson.Null:
		return out
	case strictjson.String:
		return appendField(out, v.AppendText(nil))
	}
	return appendField(out, v.Raw())
}

// appendField appends a field and quotes it if it is empty or has special characters.
func appendField(out, field []byte) []byte {
	if len(field) > 0 && !bytes.ContainsAny(field, "\",\r\n") {
		return append(out, field...)
	}
	out = append(out, '"')
	for _, c := range field {
		if c == '"' {
			out = append(out, '"')
		}
		out = append(out, c)
	}
	return append(out, '"')
}
