// Package errortest writes error answers of tests as a table that a person can read, one line for each case.
package errortest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// Answer is what a client gets.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Table is a table of errors. Its zero value is empty and without requests.
type Table struct {
	Requests bool

	lines strings.Builder
}

// Add adds the answer to a request in the form of PostgREST. The name of the case begins with the code. It fails tb unless
// the body has exactly the members code, message, details and hint, and the headers those of every error. Members that are
// null have an empty cell.
func (table *Table) Add(tb testing.TB, name, request string, a Answer) {
	tb.Helper()
	if table.lines.Len() == 0 {
		table.line("case", "request", "status", "message", "details", "hint", "headers")
		table.line("---", "---", "---", "---", "---", "---", "---")
	}
	code, _, _ := strings.Cut(name, "-")
	body := parse(tb, name, a.Body)
	if string(body.Code) != `"`+code+`"` {
		tb.Errorf("%s: the code is %s", name, body.Code)
	}
	wantHeaders(tb, name, a, "application/json; charset=utf-8", code)
	var headers []string
	for _, header := range special {
		if v := a.Header.Get(header); v != "" {
			headers = append(headers, header+": "+v)
		}
	}
	table.line(name, request, fmt.Sprint(a.Status), text(body.Message), text(body.Details), text(body.Hint), strings.Join(headers, "; "))
}

func (table *Table) line(cells ...string) {
	if !table.Requests {
		cells = slices.Delete(cells, 1, 2)
	}
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	table.lines.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// SameProblem fails tb unless an answer is the same error as a problem document (RFC 9457): type, title, status and detail, then
// the members of the other form, then those of last, which begins with a comma.
func SameProblem(tb testing.TB, name string, a, document Answer, last string) {
	tb.Helper()
	code, _, _ := strings.Cut(name, "-")
	wantHeaders(tb, name+" as a problem", document, "application/problem+json; charset=utf-8", code)
	want := fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":%s,%s%s}`,
		title(a.Status), a.Status, parse(tb, name, a.Body).Message, a.Body[1:len(a.Body)-1], last)
	for _, header := range special {
		if got, want := document.Header.Get(header), a.Header.Get(header); got != want {
			tb.Errorf("%s as a problem: %s is %q, want %q", name, header, got, want)
		}
	}
	if document.Status != a.Status || document.Body != want {
		tb.Errorf("%s as a problem: %d\n%s\nwant %d\n%s", name, document.Status, document.Body, a.Status, want)
	}
}

// Compare fails tb for each line in which the table differs from that of a file, or writes the file.
func (table *Table) Compare(tb testing.TB, file string, write bool) {
	tb.Helper()
	got := table.lines.String()
	if write {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	if len(gotLines) != len(wantLines) {
		tb.Errorf("%s has %d lines, want %d; -update writes it", file, len(wantLines), len(gotLines))
	}
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			tb.Errorf("%s:%d:\n got %s\nwant %s", file, i+1, gotLines[i], wantLines[i])
		}
	}
}

// body are the members of an error, as they are on the wire.
type body struct{ Code, Message, Details, Hint json.RawMessage }

func parse(tb testing.TB, name, s string) (b body) {
	tb.Helper()
	if err := json.Unmarshal([]byte(s), &b); err != nil {
		tb.Fatalf("%s: %v in %s", name, err, s)
	}
	if want := fmt.Sprintf(`{"code":%s,"message":%s,"details":%s,"hint":%s}`, b.Code, b.Message, b.Details, b.Hint); s != want {
		tb.Errorf("%s:\n got %s\nwant %s", name, s, want)
	}
	return b
}

// special are headers that only some errors have.
var special = []string{"Allow", "Retry-After", "Www-Authenticate"}

// title returns the reason of a status; net/http does not know 499.
func title(status int) string {
	return cmp.Or(http.StatusText(status), "Client Closed Request")
}

func wantHeaders(tb testing.TB, name string, a Answer, mediaType, code string) {
	tb.Helper()
	for header, want := range map[string]string{"Content-Type": mediaType, "Cache-Control": "no-store", "Proxy-Status": "PostgREST; error=" + code} {
		if got := a.Header.Get(header); got != want {
			tb.Errorf("%s: %s is %q, want %q", name, header, got, want)
		}
	}
}

// text returns a member for the table: a text without its quotes if they are all that JSON adds to it.
func text(member json.RawMessage) string {
	if string(member) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(member, &s) != nil {
		return string(member)
	}
	var canonical bytes.Buffer
	e := json.NewEncoder(&canonical)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil || strings.TrimSuffix(canonical.String(), "\n") != string(member) || strings.Contains(s, "\n") {
		return string(member)
	}
	return s
}
