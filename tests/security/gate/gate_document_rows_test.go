package gate_test

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
)

// neverShown are names that no document has, whoever asks: hidden and secret
// columns, what the library keeps for itself, and what is not exposed.
var neverShown = []string{
	"email\"", "password_hash", "secret_note", "sender", "tenant_id", "deleted_at", "memberships", "`members`", "`stock", "plinth_changes",
}

// documents are the rows about what the API says of itself: the names a caller
// could use, and no others.
func documents() []gateRow {
	readers := []struct {
		name         string
		as           auth.Principal
		shows, hides []string
	}{
		{
			"nobody", asAnon,
			[]string{`"/tags":{"get"`, `"/news":{"get"`, `"/rpc/first_note"`},
			[]string{`"post":{"tags":["tags"]`, `"/notes"`, `"/projects"`, "margin", "budget", "reserve", "/users\":{\"patch"},
		},
		{"member", asAri, []string{`"/notes":{"get"`, `"/projects":{"get"`, `"/rpc/reserve"`}, []string{"margin", `"filter.projects.budget"`, `"post":{"tags":["news"]`}},
		{"admin", asAdmin, []string{`"filter.notes.margin"`, `"filter.projects.budget"`, `"notes.Insert"`}, nil},
		{"service", asService, []string{`"filter.notes.margin"`, `"filter.projects.budget"`, `"/rpc/reserve"`}, nil},
	}
	paths := []struct{ entry, target string }{{"/", "/"}, {"/-/openapi.json", "/-/openapi.json"}}
	var rows []gateRow
	for _, path := range paths {
		for _, who := range readers {
			row := gateRow{
				name: "document at " + path.target + " for " + who.name, covers: []string{"GET " + path.entry}, as: who.as,
				method: http.MethodGet, target: path.target, status: 200,
				shows: who.shows, hides: slices.Concat(neverShown, who.hides),
			}
			head := row
			head.name, head.method, head.shows = "head of the "+row.name, http.MethodHead, nil
			head.covers, head.hides = []string{"HEAD " + path.entry}, []string{"{"}
			rows = append(rows, row, head)
		}
	}
	for _, who := range []struct {
		name  string
		as    auth.Principal
		shows []string
		hides []string
	}{
		{"nobody", asAnon, []string{"tags: {"}, []string{"notes: {", "projects: {", "margin", "budget", "reserve"}},
		{"member", asAri, []string{"notes: {", "reserve: {"}, []string{"margin"}},
		{"service", asService, []string{"margin", "budget", "reserve: {"}, nil},
	} {
		hides := slices.Concat([]string{" email:", "password_hash", "secret_note", "sender", "tenant_id", "deleted_at", "memberships", "members", "stock"}, who.hides)
		rows = append(rows,
			gateRow{name: "types for " + who.name, covers: []string{"GET /-/types.ts"}, as: who.as, method: http.MethodGet, target: "/-/types.ts", status: 200, shows: who.shows, hides: hides},
			gateRow{name: "head of types for " + who.name, covers: []string{"HEAD /-/types.ts"}, as: who.as, method: http.MethodHead, target: "/-/types.ts", status: 200, hides: []string{"{"}})
	}
	for _, name := range []string{"docs", "docs/start.js", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/licenses.txt"} {
		entry := "/-/" + name
		rows = append(rows,
			gateRow{name: "page " + name, covers: []string{"GET " + entry}, as: asAnon, method: http.MethodGet, target: entry, status: 200, hides: []string{"note_tags", "memberships"}},
			gateRow{name: "head of page " + name, covers: []string{"HEAD " + entry}, as: asAnon, method: http.MethodHead, target: entry, status: 200, hides: []string{"<"}})
	}
	return rows
}
