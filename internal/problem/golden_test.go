package problem_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// discard keeps expected failures out of the test's output.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestGolden compares the whole answer for every code in both forms. The error of a
// code carries the optional parts that this code has on the wire.
func TestGolden(t *testing.T) {
	t.Parallel()

	special := map[string]*problem.Error{
		problem.NotSingular: {Details: "The result contains 0 rows"},
		problem.BadQuery: {
			Message: `"failed to parse filter (eqq.1)" (line 1, column 1)`,
			Details: `unexpected "e" expecting an operator`,
		},
		problem.AmbiguousRelation: {
			DetailsJSON: json.RawMessage(`[{"cardinality":"many-to-one","embedding":"a with b","relationship":"a_b_fkey using a(b_id) and b(id)"}]`),
			Hint:        "Try changing 'b' to 'b!a_b_fkey'.",
		},
		problem.UnknownMethod: {Allow: []string{http.MethodGet, http.MethodHead}},
		problem.Unique:        {Details: "Key (email) already exists."},
		problem.Internal:      {Message: "select secret from users", Details: "stack"},
	}
	forms := map[string]string{"problem": "*/*", "json": "application/json"}
	var want []string
	for _, code := range problem.Codes() {
		for form, accept := range forms {
			name := code + "." + form + ".golden"
			want = append(want, name)
			t.Run(name, func(t *testing.T) {
				t.Parallel()

				err := new(problem.Error)
				if s, ok := special[code]; ok {
					*err = *s
				}
				err.Code = code
				r := httptest.NewRequest(http.MethodGet, "/rest/v1/notes", nil)
				r, record := exchange.Begin(r)
				record.SetID("req-1")
				r.Header.Set("Accept", accept)
				w := httptest.NewRecorder()
				problem.Write(w, r, err, problem.Options{Authenticated: true, Logger: discard()})
				compare(t, name, dump(t, w))
			})
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(want, f.Name()) {
			t.Errorf("testdata/%s belongs to no code", f.Name())
		}
	}
}

func dump(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintln(&b, w.Code)
	if err := w.Header().Write(&b); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\n%s\n", w.Body)
	return bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), []byte("\n"))
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", path, got, want)
	}
}
