package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// shelf is an application with one row. It counts how often it was opened, and
// fails a test that writes to it twice.
func shelf(opened *atomic.Int64) func(testing.TB) http.Handler {
	return func(tb testing.TB) http.Handler {
		opened.Add(1)
		written := false
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := auth.FromContext(r.Context())
			filtered := r.URL.RawQuery != ""
			switch {
			case r.Method == http.MethodGet && filtered:
				w.Header().Set("Content-Range", "*/"+map[bool]string{true: "1", false: "0"}[p.ID == "ann"])
			case r.Method == http.MethodGet && p.ID == "":
				answer(w, http.StatusNotFound, "PL404")
			case r.Method == http.MethodGet:
			case r.Method == http.MethodPost && p.ID == "bob":
				answer(w, http.StatusConflict, "23503")
			case r.Method == http.MethodPatch && p.ID == "bob":
				answer(w, http.StatusBadRequest, "PL003")
			case p.ID != "ann":
				answer(w, http.StatusUnauthorized, "42501")
			case written:
				tb.Error("two writes to one application")
			default:
				written = true
				w.WriteHeader(http.StatusNoContent)
			}
		})
	}
}

func answer(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code":%q}`, code)
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	apitest.Policy(t, apitest.Matrix{
		Open: shelf(&opened),
		Callers: []apitest.Caller{
			{Name: "anonymous"}, {Name: "ann", Principal: authtest.User("ann")}, {Name: "bob", Principal: authtest.User("bob")},
		},
		Rows: []apitest.Row{
			{Name: "a book", Path: "/books/1", Collection: "/books", Create: "{}", Update: "{}"},
			{Name: "a seat", Path: "/seats?hall=eq.1", Keep: true},
			{Name: "a new book", Collection: "/books", Create: "{}"},
		},
	})
	if got := opened.Load(); got != 5 {
		t.Errorf("the application was opened %d times, want once and once more behind each of four writes", got)
	}
}

func TestPolicyTableIsAligned(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	apitest.Policy(t, apitest.Matrix{
		Open:    shelf(&opened),
		Callers: []apitest.Caller{{Name: "ann", Principal: authtest.User("ann")}, {Name: strings.Repeat("é", 6), Principal: authtest.User("bob")}},
		Rows:    []apitest.Row{{Name: "ännä's book", Path: "/books/1", Keep: true}},
		Golden:  "testdata/aligned.policy",
	})
}
