package pgrst_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func TestRange(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, query, unit, header string
		offset, limit             int // limit -1: none
		want                      string
	}{
		{"None", "a=eq.1", "", "", 0, -1, "a=eq.1"},
		{"Both", "a=eq.1", "items", "0-9", 0, 10, "a=eq.1&limit=10"},
		{"WithoutUnit", "", "", "5-5", 5, 1, "limit=1&offset=5"},
		{"RFC9110", "", "", "items=2-3", 2, 2, "limit=2&offset=2"},
		{"Open", "select=id", "items", "5-", 5, -1, "select=id&offset=5"},
		{"InsideLimit", "limit=20&offset=10", "items", "12-15", 12, 4, "limit=4&offset=12"},
		{"BeyondLimit", "limit=20&offset=10", "items", "15-99", 15, 15, "limit=15&offset=15"},
		{"BeforeOffset", "offset=10", "items", "0-10", 10, 1, "limit=1&offset=10"},
		{"OpenInLimit", "limit=3", "items", "1-", 1, 2, "limit=2&offset=1"},
		{"LimitZero", "limit=0", "items", "0-9", 0, 0, "limit=0"},
		{"OtherUnit", "", "bytes", "0-9", 0, -1, ""},
		{"BytesRange", "", "", "bytes=0-9", 0, -1, ""},
		{"Suffix", "", "items", "-5", 0, -1, ""},
		{"List", "", "items", "0-1,3-4", 0, -1, ""},
		{"Words", "", "items", "a-b", 0, -1, ""},
		{"OneNumber", "", "items", "7", 0, -1, ""},
		{"EmbedsKeepTheirs", "select=a(*)&a.limit=2", "items", "0-0", 0, 1, "select=a(*)&a.limit=2&limit=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			read := mustRead(t, tt.query)
			got, err := read.Range(rangeOf(tt.unit, tt.header), tt.query, usual)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			limit := -1
			if read.Query.Limit != nil {
				limit = *read.Query.Limit
			}
			if read.Query.Offset != tt.offset || limit != tt.limit {
				t.Errorf("offset %d, limit %d, want %d, %d", read.Query.Offset, limit, tt.offset, tt.limit)
			}
		})
	}
}

func TestRangeRefused(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct{ query, header, code, details string }{
		{"", "9-0", "PGRST103", "The lower boundary must be lower than or equal to the upper boundary in the Range header."},
		{"limit=5", "5-9", "PGRST103", "The rows of the Range header are not among those of limit and offset."},
		{"offset=10", "0-9", "PGRST103", "The rows of the Range header are not among those of limit and offset."},
		{"", "0-1000", "PL001", ""},
		{"", "100001-", "PL001", ""},
		{"", "0-99999999999999999999999", "PL001", ""},
	} {
		_, err := mustRead(t, tt.query).Range(rangeOf("items", tt.header), tt.query, usual)
		if code, _, details := problemOf(t, err); code != tt.code || details != tt.details {
			t.Errorf("%s with %s: %s %q, want %s %q", tt.query, tt.header, code, details, tt.code, tt.details)
		}
	}
	twice := http.Header{"Range": {"0-1", "2-3"}}
	if got, err := mustRead(t, "").Range(twice, "", usual); err != nil || got != "" {
		t.Errorf("two headers: %q, %v", got, err)
	}
}

// PostgREST takes a limit below zero for a range that cannot be.
func TestNegative(t *testing.T) {
	t.Parallel()

	for query, want := range map[string]string{
		"limit=-1":               "Limit should be greater than or equal to zero.",
		"select=a(*)&a.limit=-1": "Limit should be greater than or equal to zero.",
		"offset=-5":              "Offset should be greater than or equal to zero.",
	} {
		_, err := pgrst.ParseRead(query, usual)
		if code, message, details := problemOf(t, err); code != "PGRST103" || message != "Requested range not satisfiable" || details != want {
			t.Errorf("%s: %s %q %q", query, code, message, details)
		}
	}
	if read := mustRead(t, "limit=-0"); *read.Query.Limit != 0 {
		t.Error("-0 is 0")
	}
}

func rangeOf(unit, value string) http.Header {
	h := http.Header{}
	if unit != "" {
		h.Set("Range-Unit", unit)
	}
	if value != "" {
		h.Set("Range", value)
	}
	return h
}
