package problem_test

import (
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/testkit/errortest"
)

var update = flag.Bool("update", false, "write the table of errors")

// discard keeps expected failures out of the test's output.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestGolden compares the whole answer for every code, in both forms, with a table,
// testdata/codes.md. The error of a code carries the optional parts that this code has on the
// wire. -update writes the table.
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
	var table errortest.Table
	for _, code := range problem.Codes() {
		err := new(problem.Error)
		if s, ok := special[code]; ok {
			*err = *s
		}
		err.Code = code
		plain, document := answerTo(err, "application/json"), answerTo(err, "*/*")
		table.Add(t, code, "", plain)
		errortest.SameProblem(t, code, plain, document, `,"request_id":"req-1"`)
		for _, a := range []errortest.Answer{plain, document} {
			for header, want := range map[string]string{
				"Content-Length": strconv.Itoa(len(a.Body)), "Vary": "Accept", "X-Content-Type-Options": "nosniff",
			} {
				if got := a.Header.Get(header); got != want {
					t.Errorf("%s: %s is %q, want %q", code, header, got, want)
				}
			}
		}
	}
	table.Compare(t, "testdata/codes.md", *update)
}

// answerTo returns what a client gets of an error in the form that it accepts.
func answerTo(err error, accept string) errortest.Answer {
	r := httptest.NewRequest(http.MethodGet, "/rest/v1/notes", nil)
	r, record := reqinfo.Begin(r)
	record.SetID("req-1")
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	problem.Write(w, r, err, problem.Options{Authenticated: true, Logger: discard()})
	return errortest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}
