package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

func TestAggregates(t *testing.T) {
	t.Parallel()
	const count = "Prefer: count=exact"
	tests := []readCase{
		{name: "count", line: "GET /tasks?select=count(),points.sum()", status: 200, body: `[{"count":2,"sum":3}]`, spread: "0-0/*"},
		{name: "groups", line: "GET /tasks?select=done,count()", status: 200, body: `[{"done":false,"count":1},{"done":true,"count":1}]`, spread: "0-1/*"},
		{name: "groups counted", line: "GET /tasks?select=done,count()&limit=1", header: []string{count}, status: 206, body: `[{"done":false,"count":1}]`, spread: "0-0/2"},
		{name: "groups beyond", line: "GET /tasks?select=done,count()&offset=3", header: []string{count}, status: 416},
		{name: "head of groups", line: "HEAD /tasks?select=done,count()", header: []string{count}, status: 200, spread: "0-1/2"},
		{name: "head of one", line: "HEAD /tasks?select=count()&title=eq.none", header: []string{count}, status: 200, spread: "0-0/1"},
		{name: "embed", line: "GET /projects?select=title,tasks(count)", status: 200, body: `[{"title":"Alpha","tasks":[{"count":2}]},{"title":"Beta","tasks":[{"count":0}]}]`, spread: "0-1/*"},
		{name: "stranger", caller: "-", line: "GET /projects?select=count(),title.max()", status: 200, body: `[{"count":0,"max":null}]`, spread: "0-0/*"},
		{name: "narrowed column", caller: "bob", line: "GET /projects?select=budget.max()", status: 400},
		{name: "limit", line: "GET /projects?select=count(),x:title.max(),y:title.min()", status: 400},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Aggregates: 2}})
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) { tt.run(t, h) })
		}
	})
}

// More groups than rows are allowed in an answer are told as more rows are.
func TestAggregatesAreCutAsRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Rows: 1}})
		res := do(t, h, request{caller: "ann", line: "GET /tasks?select=title,count()"})
		if res.status != http.StatusPartialContent || res.body != `[{"title":"one","count":1}]` || res.header.Get("Content-Range") != "0-0/*" || res.header.Get("Link") != "" {
			t.Errorf("%d %s %v", res.status, res.body, res.header)
		}
	})
}

// A policy can say of which columns aggregates may be asked for; rows can be
// counted all the same.
func TestAggregatesOfListedColumns(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		exposed := fixture()
		i := slices.IndexFunc(exposed, func(e api.Exposed) bool { _, ok := e.(api.Resource[task]); return ok })
		tasks := exposed[i].(api.Resource[task])
		tasks.Policy.Aggregates = []string{"points"}
		exposed[i] = tasks
		if err := db.Register(projectUser{}); err != nil {
			t.Fatal(err)
		}
		h := serve(t, db, api.Config{}, exposed...)
		for line, want := range map[string]string{
			"GET /tasks?select=count(),points.max()":         `[{"count":0,"max":null}]`,
			"GET /tasks?select=title,count()":                `[]`,
			"GET /tasks?select=title.max()":                  "PGRST123",
			"GET /tasks?select=id.count()":                   "PGRST123",
			"GET /projects?select=id,tasks(title.max())":     "PGRST123",
			"GET /projects?select=id,tasks(points.max())":    `[]`,
			"GET /tasks?select=project(tasks(title.min()))":  "PGRST123",
			"GET /tasks?select=project(tasks(points.min()))": `[]`,
		} {
			if res := do(t, h, request{caller: "ann", line: line}); res.body != want && !strings.Contains(res.body, `"code":"`+want+`"`) {
				t.Errorf("%s: %s, want %s", line, res.body, want)
			}
		}
		if got := tasks.Policy.String(); !strings.Contains(got, "aggregates: points\n") {
			t.Errorf("the policy prints as %s", got)
		}
	})
}
