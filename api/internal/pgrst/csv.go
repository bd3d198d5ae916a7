package pgrst

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
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
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, nil, badBody("The CSV is not valid UTF-8", "")
	}
	text := string(body)
	r := csvReader{text: text, rest: text, most: lim.Fields}
	names, err = r.read(nil)
	if errors.Is(err, io.EOF) {
		return nil, nil, badBody("The CSV has no header", "")
	}
	if err != nil {
		return nil, nil, err
	}
	return names, func(yield func([]string, error) bool) {
		var fields []string
		for {
			var err error
			fields, err = r.read(fields[:0])
			if err == nil && len(fields) != len(names) {
				err = r.wrong("All lines must have same number of fields", "wrong number of fields")
			}
			if errors.Is(err, io.EOF) || !yield(fields, err) || err != nil {
				return
			}
		}
	}, nil
}

// csvReader splits a text into fields. Fields are substrings of the text unless they
// contain quotes, so memory is a small multiple of the body. encoding/csv would copy each
// record twice.
type csvReader struct {
	text, rest string // rest is what is still to be read of text
	begin      int    // of the record in text
	most       int    // fields of a record
}

// read appends the fields of the next record that is no blank line, or returns io.EOF.
func (r *csvReader) read(fields []string) ([]string, error) {
	for r.endOfLine() {
	}
	if r.rest == "" {
		return nil, io.EOF
	}
	r.begin = len(r.text) - len(r.rest)
	for more := true; more; {
		if len(fields) == r.most {
			return nil, &LimitError{Limit: "csv", Max: r.most, Unit: "fields"}
		}
		var (
			field string
			err   error
		)
		if strings.HasPrefix(r.rest, `"`) {
			field, more, err = r.quoted()
		} else {
			field, more, err = r.bare()
		}
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// bare reads a field without quotes, and reports whether another one follows.
func (r *csvReader) bare() (field string, more bool, err error) {
	i := strings.IndexAny(r.rest, ",\n\"")
	if i < 0 {
		field, r.rest = r.rest, ""
		return strings.TrimSuffix(field, "\r"), false, nil
	}
	field = r.rest[:i]
	switch r.rest[i] {
	case '"':
		return "", false, r.wrong("Invalid CSV", "a quote in a field that does not begin with one")
	case '\n':
		field = strings.TrimSuffix(field, "\r")
	default:
		more = true
	}
	r.rest = r.rest[i+1:]
	return field, more, nil
}

// quoted reads a field in quotes, in which two of them are one. Line ends stay as
// they are.
func (r *csvReader) quoted() (field string, more bool, err error) {
	inside, doubled := r.rest[1:], false
	for end := 0; ; end += 2 {
		i := strings.IndexByte(inside[end:], '"')
		if i < 0 {
			return "", false, r.wrong("Invalid CSV", "a quote that does not end")
		}
		if end += i; !strings.HasPrefix(inside[end+1:], `"`) {
			field, r.rest = inside[:end], inside[end+1:]
			break
		}
		doubled = true
	}
	if doubled {
		field = strings.ReplaceAll(field, `""`, `"`)
	}
	if strings.HasPrefix(r.rest, ",") {
		r.rest = r.rest[1:]
		return field, true, nil
	}
	if !r.endOfLine() && r.rest != "" {
		return "", false, r.wrong("Invalid CSV", "text behind the quote that ends a field")
	}
	return field, false, nil
}

// endOfLine passes over the end of a line, if one is next. A CR at the very end is one.
func (r *csvReader) endOfLine() bool {
	for _, end := range []string{"\n", "\r\n"} {
		if after, ok := strings.CutPrefix(r.rest, end); ok {
			r.rest = after
			return true
		}
	}
	if r.rest == "\r" {
		r.rest = ""
		return true
	}
	return false
}

// wrong reports what is wrong with the record.
func (r *csvReader) wrong(message, details string) error {
	return badBody(message, fmt.Sprintf("record on line %d: %s", 1+strings.Count(r.text[:r.begin], "\n"), details))
}

func badBody(message, details string) error {
	return &problem.Error{Code: problem.BadBody, Message: message, Details: details}
}
