package pgrst_test

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

// FuzzParseCSV holds the reader to encoding/csv, save that it keeps the line ends
// within quotes as they are.
func FuzzParseCSV(f *testing.F) {
	for _, body := range []string{
		"a,b\n1,2\n", "\"a\",b\r\n\"x\"\"y\",\"z\r\n\"\r\n", "a\n\n\r\n1\r", "a,\n,", "a\n\"", "a\n\"x\"y", "a\nx\"y", "a\rb\n\r\r\n", "\"a\"\r", "\"\"\"\"",
		"a,b\n1\n", "\r", "", "\"\r\r\n\"", "a\n\"x\"\ry", "a\n,\"\",\n", strings.Repeat(",", 9),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) || strings.HasPrefix(body, "\ufeff") {
			return
		}
		want, wantErr := csv.NewReader(strings.NewReader(body)).ReadAll()
		got, err := records(body)
		if limit := new(pgrst.LimitError); errors.As(err, &limit) {
			if strings.Count(body, ",") < 7 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if err != nil {
			checkProblem(t, err)
		}
		if len(want) == 0 && wantErr == nil {
			wantErr = io.EOF // a body has a header
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, and encoding/csv says %v", body, err, wantErr)
		}
		if err == nil && !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Fatalf("%q: %q, want %q", body, got, want)
		}
	})
}

// records reads a body whole, with line ends as encoding/csv has them.
func records(body string) ([][]string, error) {
	names, rows, err := pgrst.ParseCSV([]byte(body), pgrst.Limits{Fields: 7}.WithDefaults())
	if err != nil {
		return nil, err
	}
	all := [][]string{names}
	for fields, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, slices.Clone(fields))
	}
	for _, record := range all {
		for i := range record {
			record[i] = strings.ReplaceAll(record[i], "\r\n", "\n")
		}
	}
	return all, nil
}

// TestCSVErrors: what is wrong is told with the line in which the record begins.
func TestCSVErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"a,b\n1,2\n\n3\n": "record on line 4: wrong number of fields",
		"a\n\"1\n2\n3":    "record on line 2: a quote that does not end",
		"a\n1\nx\"y\"\n":  "record on line 3: a quote in a field that does not begin with one",
		"a\n\"1\n2\"x":    "record on line 2: text behind the quote that ends a field",
	} {
		_, err := records(body)
		if _, _, details := problemOf(t, err); details != want {
			t.Errorf("%q: %q, want %q", body, details, want)
		}
	}
}
