package pgrst_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store"
)

func TestReadRangeAndStatus(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name      string
		offset, n int
		total     int64
		more      bool
		want      string
		status    int
	}{
		{"NotCounted", 0, 10, pgrst.Unknown, false, "0-9/*", 200},
		{"NotCountedOffset", 20, 10, pgrst.Unknown, false, "20-29/*", 200},
		{"NothingNotCounted", 0, 0, pgrst.Unknown, false, "*/*", 200},
		{"MoreThanSent", 0, 1000, pgrst.Unknown, true, "0-999/*", 206},
		{"MoreThanSentCounted", 0, 1000, 4000, true, "0-999/4000", 206},
		{"All", 0, 3, 3, false, "0-2/3", 200},
		{"Part", 0, 2, 3, false, "0-1/3", 206},
		{"LastPart", 2, 1, 3, false, "2-2/3", 206},
		{"Empty", 0, 0, 0, false, "*/0", 200},
		{"AtTheEnd", 3, 0, 3, false, "*/3", 206},
		{"LimitZero", 0, 0, 3, false, "*/3", 206},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := pgrst.ReadRange(tt.offset, tt.n, tt.total); got != tt.want {
				t.Errorf("range %q, want %q", got, tt.want)
			}
			if got, err := pgrst.ReadStatus(tt.offset, tt.n, tt.total, tt.more); err != nil || got != tt.status {
				t.Errorf("status %d, %v, want %d", got, err, tt.status)
			}
		})
	}
}

func TestReadStatusBeyondTheEnd(t *testing.T) {
	t.Parallel()

	_, err := pgrst.ReadStatus(10, 0, 3, false)
	code, message, details := problemOf(t, err)
	if code != "PGRST103" || message != "Requested range not satisfiable" ||
		details != "An offset of 10 was requested, but there are only 3 rows." {
		t.Errorf("got %s %q %q", code, message, details)
	}
	if _, err := pgrst.ReadStatus(10, 0, pgrst.Unknown, false); err != nil {
		t.Errorf("without a total: %v", err)
	}
}

func TestWriteRange(t *testing.T) {
	t.Parallel()

	tests := []struct {
		method  string
		n       int
		counted bool
		want    string
	}{
		{"POST", 2, false, "*/*"},
		{"POST", 2, true, "*/2"},
		{"DELETE", 3, true, "*/3"},
		{"DELETE", 0, true, "*/0"},
		{"PATCH", 3, false, "0-2/*"},
		{"PATCH", 3, true, "0-2/3"},
		{"PATCH", 0, false, "*/*"},
		{"PATCH", 0, true, "*/0"},
	}
	for _, tt := range tests {
		if got := pgrst.WriteRange(tt.method, tt.n, tt.counted); got != tt.want {
			t.Errorf("%s %d %t: %q, want %q", tt.method, tt.n, tt.counted, got, tt.want)
		}
	}
}

// The table of wire.md on writes: method by preference.
func TestWriteStatus(t *testing.T) {
	t.Parallel()

	statuses := map[string][4]int{
		"POST": {201, 201, 201, 201}, "PATCH": {204, 204, 204, 200},
		"DELETE": {204, 204, 204, 200}, "PUT": {204, 204, 204, 201},
	}
	returns := [4]pgrst.Return{pgrst.ReturnDefault, pgrst.ReturnMinimal, pgrst.ReturnHeadersOnly, pgrst.ReturnRepresentation}
	for method, want := range statuses {
		for i, ret := range returns {
			created := method == "POST" || method == "PUT"
			if got := pgrst.WriteStatus(method, pgrst.Prefer{Return: ret}, created); got != want[i] {
				t.Errorf("%s %d: %d, want %d", method, ret, got, want[i])
			}
		}
	}
	merge := pgrst.Prefer{Resolution: pgrst.MergeDuplicates}
	if got := pgrst.WriteStatus("POST", merge, false); got != 200 {
		t.Errorf("merged only: %d, want 200", got)
	}
	if got := pgrst.WriteStatus("POST", pgrst.Prefer{}, false); got != 201 {
		t.Errorf("insert of an empty array: %d, want 201", got)
	}
	if got := pgrst.WriteStatus("PUT", pgrst.Prefer{Return: pgrst.ReturnRepresentation}, false); got != 200 {
		t.Errorf("replaced: %d, want 200", got)
	}
}

func TestContentLocation(t *testing.T) {
	t.Parallel()

	tests := []struct {
		path, query, want string
	}{
		{"/notes", "", "/notes"},
		{"/notes", "select=id&limit=1&a=eq.2&a=eq.1", "/notes?a=eq.2&a=eq.1&limit=1&select=id"},
		{"/notes", "b&a=%2C+x&&c=", "/notes?a=%2C+x&c="},
		{"/no%2Ftes", "a-b=1&a=2", "/no%2Ftes?a=2&a-b=1"},
		{"/n\r\nX: y", "a=\r\nSet-Cookie: x\x7f\xff", "/n%0D%0AX:%20y?a=%0D%0ASet-Cookie:%20x%7F%FF"},
	}
	for _, tt := range tests {
		if got := pgrst.ContentLocation(tt.path, tt.query); got != tt.want {
			t.Errorf("%s?%s: %q, want %q", tt.path, tt.query, got, tt.want)
		}
	}
}

func TestNextLink(t *testing.T) {
	t.Parallel()

	tests := []struct {
		base, path, query, want string
	}{
		{"", "/notes", "", `</notes?after=c-_>; rel="next"`},
		{"/rest/v1", "/notes", "select=id&limit=1&after=old&a=eq.2&offset=7&a=eq.1", `</rest/v1/notes?a=eq.2&a=eq.1&after=c-_&limit=1&select=id>; rel="next"`},
		{"https://h/v1", "/notes", "b&&c=&after&offset", `<https://h/v1/notes?after=c-_&c=>; rel="next"`},
		{"", "/a>b", "a=<x>; rel=\"last\"", `</a%3Eb?a=%3Cx%3E;%20rel="last"&after=c-_>; rel="next"`},
		{"", "/n\r\nX: y", "a=\r\nSet-Cookie: x\x7f\xff", `</n%0D%0AX:%20y?a=%0D%0ASet-Cookie:%20x%7F%FF&after=c-_>; rel="next"`},
	}
	for _, tt := range tests {
		if got := pgrst.NextLink(tt.base, tt.path, tt.query, "c-_", 100); got != tt.want {
			t.Errorf("%s%s?%s: %q, want %q", tt.base, tt.path, tt.query, got, tt.want)
		}
	}
	for most, want := range map[int]string{17: `</notes?after=c-_&limit=1>; rel="next"`, 16: ``} {
		if got := pgrst.NextLink("", "/notes", "limit=1", "c-_", most); got != want {
			t.Errorf("at most %d bytes: %q, want %q", most, got, want)
		}
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()

	if got, want := pgrst.Location("/notes", []string{"id"}, []string{"0190-a"}), "/notes?id=eq.0190-a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	keys := []string{"id", "a.b", "limit", `q"\`, "größe", "a->b"}
	values := []string{"x y", "1&b=2", "a,b)", "é%\r\n", "", "#?+"}
	location := pgrst.Location("/notes", keys, values)
	_, query, _ := strings.Cut(location, "?")
	var want []store.Cond
	for i := range keys {
		want = append(want, eq(keys[i], values[i]))
	}
	if got := mustRead(t, query).Query.Where; !reflect.DeepEqual(got, store.And(want...)) {
		t.Errorf("%s does not name the row again", location)
	}
	if _, err := url.Parse(location); err != nil {
		t.Error(err)
	}
}
