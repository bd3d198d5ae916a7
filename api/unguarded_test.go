package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestUnguardedFilters opens the filters of one column: its patterns stand without the
// rule to read, those of other columns behind it, and the answers are the same.
func TestUnguardedFilters(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		exposed := fixture()
		i := slices.IndexFunc(exposed, func(e api.Exposed) bool { _, ok := e.(api.Resource[project]); return ok })
		projects := exposed[i].(api.Resource[project])
		projects.Policy.UnguardedFilters = []string{"title"}
		exposed[i] = projects
		if got := projects.Policy.String(); !strings.Contains(got, "unguarded filters: title\n") {
			t.Errorf("the policy says\n%s", got)
		}
		if err := db.Register(projectUser{}); err != nil {
			t.Fatal(err)
		}
		h := serve(t, db, api.Config{Explain: true}, exposed...)
		for line, guarded := range map[string]bool{
			"GET /projects?select=title&title=like.A*":                      false,
			"GET /projects?select=title&code=like.a*":                       true,
			"GET /tasks?select=title,project!inner()&project.title=like.A*": false,
			"GET /tasks?select=title,project!inner()&project.code=like.a*":  true,
		} {
			res := must(t, h, 200, request{caller: "ann", line: line, header: []string{planText}})
			if strings.Contains(res.body, "case when") != guarded {
				t.Errorf("%s: guarded: %t\n%s", line, !guarded, res.body)
			}
			must(t, h, 200, request{caller: "ann", line: line})
		}
	})
}
