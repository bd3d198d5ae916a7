package gate_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// gateRows returns the whole policy matrix.
func gateRows() []gateRow {
	return slices.Concat(written, writing, searching(), documents(), generated())
}

// TestGate sends every request of the policy matrix and compares the answers,
// and that a refusal left everything as it was.
func TestGate(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, row := range gateRows() {
			t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) { row.run(t, f) })
		}
	})
}

// TestGateCoversDispatchTable fails for an entry of the dispatch table without a
// row in the policy matrix, and for a row that covers what does not exist.
func TestGateCoversDispatchTable(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../../api/testdata/dispatch.txt")
	if err != nil {
		t.Fatal(err)
	}
	covered, names := map[string]bool{}, map[string]bool{}
	for _, row := range gateRows() {
		if names[row.name] {
			t.Errorf("two rows are called %q", row.name)
		}
		names[row.name] = true
		for _, entry := range row.covers {
			covered[entry] = true
		}
	}
	for entry := range strings.Lines(string(file)) {
		entry = strings.TrimSpace(entry)
		if !covered[entry] {
			t.Errorf("no row of the policy matrix covers %q", entry)
		}
		delete(covered, entry)
	}
	for entry := range covered {
		t.Errorf("a row covers %q, which the dispatch table does not have", entry)
	}
}

// run sends the request. Writes start from the data as it is written down; what
// they change is put back.
func (row gateRow) run(t *testing.T, f *fixture) {
	reads := row.method == http.MethodGet || row.method == http.MethodHead
	before := ""
	if !reads {
		before = f.dump(t)
		defer f.reset(t)
	}
	target := row.target
	if row.cursorOf != "" {
		target += "&after=" + f.cursor(t, row)
	}
	client := f.as(t, row.as).With("Accept", "application/json")
	if row.prefer != "" {
		client = client.With("Prefer", row.prefer)
	}
	if row.media != "" {
		client = client.With("Content-Type", row.media)
	}
	var body any
	if row.body != "" {
		body = row.body
	}
	got := client.Do(row.method, target, body)
	if row.postgres && f.db.Capabilities().Engine != "postgres" {
		if got.Status != http.StatusBadRequest || row.method != http.MethodHead && got.Code() != "PGRST127" {
			t.Errorf("%s %s: status %d, code %s, want a refusal", row.method, target, got.Status, got.Code())
		}
		return
	}
	if got.Status != row.status {
		t.Fatalf("%s %s: status %d, want %d; body: %s", row.method, target, got.Status, row.status, got.Body)
	}
	for _, text := range row.shows {
		if !strings.Contains(got.Body, text) {
			t.Errorf("%s %s: the body lacks %s", row.method, target, text)
		}
	}
	for _, text := range row.hides {
		if strings.Contains(got.Body, text) {
			t.Errorf("%s %s: the body has %s", row.method, target, text)
		}
	}
	switch {
	case row.hides != nil:
	case row.method == http.MethodHead && got.Body != "":
		t.Errorf("HEAD has a body: %s", got.Body)
	case row.method == http.MethodHead && row.status < 400 && row.want != "[]" && got.Header.Get("Content-Length") != strconv.Itoa(len(row.want)):
		t.Errorf("Content-Length is %s, want that of %s", got.Header.Get("Content-Length"), row.want)
	case row.method != http.MethodHead && row.status < 400 && got.Body != row.want:
		t.Errorf("%s %s: body\n got %s\nwant %s", row.method, target, got.Body, row.want)
	case row.method != http.MethodHead && row.status >= 400 && got.Code() != row.want:
		t.Errorf("%s %s: code %s, want %s; body: %s", row.method, target, got.Code(), row.want, got.Body)
	}
	if row.within != "" && got.Header.Get("Content-Range") != row.within {
		t.Errorf("Content-Range is %s, want %s", got.Header.Get("Content-Range"), row.within)
	}
	if before != "" && (row.status >= 400 || row.within == "*/0") {
		if after := f.dump(t); after != before {
			t.Errorf("a refused write has changed the tables:\n%s", changed(before, after))
		}
	}
}

var nextLink = regexp.MustCompile(`^<[^>]*[?&]after=([^&>]+)[^>]*>; rel="next"$`)

// cursor returns the cursor that the answer to a request of the row's caller
// leads to.
func (f *fixture) cursor(t *testing.T, row gateRow) string {
	t.Helper()
	first := f.as(t, row.as).Get(row.cursorOf).Want(http.StatusOK)
	found := nextLink.FindStringSubmatch(first.Header.Get("Link"))
	if found == nil {
		t.Fatalf("%s has no Link to what follows: %q", row.cursorOf, first.Header.Get("Link"))
	}
	cursor, err := url.QueryUnescape(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return url.QueryEscape(cursor)
}
