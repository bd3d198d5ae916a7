package pgrst

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// NullWord is the field of a CSV body that stands for NULL, quoted or not, as in
// PostgREST.
const NullWord = "NULL"

// ParseCSV reads a CSV body (RFC 4180): the names in its first record, and the
// fields of the others, as many each, to be read once. A slice of fields is
// valid until the next. Lines may end in LF, blank ones are passed over, and so
// is a byte order mark, which spreadsheets write.
func ParseCSV(body []byte, lim Limits) (names []string, rows iter.Seq2[[]string, error], err error) {
	lim.setDefaults()
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, nil, badBody("The CSV is not valid UTF-8", "")
	}
	if body, err = prepareCSV(body, lim.Fields); err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(bytes.NewReader(body))
	names, err = r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, badBody("The CSV has no header", "")
	}
	if err != nil {
		return nil, nil, csvError(err)
	}
	r.ReuseRecord = true
	return names, func(yield func([]string, error) bool) {
		for {
			fields, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, csvError(err))
				return
			}
			if !yield(fields, nil) {
				return
			}
		}
	}, nil
}

// prepareCSV bounds the fields of a record before a string is made of each, and
// doubles the CR of line ends within quotes, of which the reader drops one.
func prepareCSV(body []byte, most int) ([]byte, error) {
	var out []byte
	copied, fields, quoted := 0, 1, false
	for i, c := range body {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
			if c == '\n' && body[i-1] == '\r' { // there is a quote before both
				out = append(append(out, body[copied:i]...), '\r')
				copied = i
			}
		case c == '\n':
			fields = 1
		case c == ',':
			if fields++; fields > most {
				return nil, &LimitError{Limit: "csv", Max: most, Unit: "fields"}
			}
		}
	}
	if out == nil {
		return body, nil
	}
	return append(out, body[copied:]...), nil
}

func csvError(err error) error {
	if errors.Is(err, csv.ErrFieldCount) {
		return badBody("All lines must have same number of fields", err.Error())
	}
	return badBody("Invalid CSV", err.Error())
}

func badBody(message, details string) error {
	return &Error{Code: problem.BadBody, Message: message, Details: details}
}
