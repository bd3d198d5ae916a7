package gate_test

import (
	"net/http"
	"strings"
)

// searchOperators are search and PostgreSQL's own, which SQLite refuses. They find
// the same by one word.
var searchOperators = []string{"search", "fts", "plfts", "phfts", "wfts"}

// searching holds the rows of the matrix that look for words: of rows and columns
// out of the caller's sight, alone and beside what is in sight, in each operator.
func searching() []gateRow {
	var rows []gateRow
	for _, op := range searchOperators {
		for _, row := range searches {
			row.name, row.target = op+" "+row.name, strings.ReplaceAll(row.target, "search.", op+".")
			row.method = http.MethodGet
			row.postgres = op != "search" && (row.postgres || row.status < 400)
			rows = append(rows, row)
		}
		rows = append(rows, searchWrites(op)...)
	}
	return rows
}

// searches are reads; each is made with every operator. SQLite refuses the operators
// it has not where it comes to one, so also in refused requests that are marked;
// elsewhere a column that the caller may not know says nothing of the engine.
var searches = []gateRow{
	{name: "words of one's own and of what is shared", as: asAri, target: "/notes?select=slug&title=search.title", status: 200, want: `[{"slug":"ana-shared"},{"slug":"ari-draft"},{"slug":"ari-shared"}]`},
	{name: "words of a colleague", as: asAri, target: "/notes?select=slug&title=search.ana", status: 200, want: `[{"slug":"ana-shared"}]`},
	{name: "words that may be null", as: asAri, target: "/notes?select=slug&body=search.ana", status: 200, want: `[{"slug":"ana-shared"}]`},
	{name: "words of another tenant", as: asAna, target: "/notes?select=slug&title=search.bea", status: 200, want: `[]`},
	{name: "words of a deleted row", as: asAna, target: "/notes?select=slug&title=search.deleted", status: 200, want: `[]`},
	{name: "words by nobody", as: asAnon, target: "/notes?select=slug&title=search.title", status: 200, want: `[]`},
	{name: "words by a service without bypass", as: asService, target: "/notes?select=slug&title=search.title", status: 200, want: `[]`},
	{name: "words that are not there", as: asAna, target: "/notes?select=slug&title=not.search.ana", status: 200, want: `[{"slug":"ari-shared"}]`},
	{name: "either words", as: asAri, target: "/notes?select=slug&or=(title.search.draft,body.search.ana)", status: 200, want: `[{"slug":"ana-shared"},{"slug":"ari-draft"}]`},

	{name: "words of a hidden column", as: asAri, target: "/notes?select=slug&secret_note=search.secret", status: 400, want: "42703"},
	{name: "words of a hidden column by an admin", as: asAdmin, target: "/notes?select=slug&secret_note=search.secret", status: 400, want: "42703"},
	{name: "no words of a hidden column", as: asAri, target: "/notes?select=slug&secret_note=not.search.secret", status: 400, want: "42703"},
	{name: "words of two columns one of which is hidden", as: asAri, target: "/notes?select=slug&or=(title.search.title,secret_note.search.secret)", status: 400, want: "42703", postgres: true},
	{name: "words of columns one of which is hidden deep inside", as: asAri, target: "/notes?select=slug&and=(title.search.title,or(body.search.body,not.and(title.search.ari,secret_note.search.ari)))", status: 400, want: "42703", postgres: true},
	{name: "words of a column for admins", as: asAri, target: "/projects?select=name&memo=search.ari", status: 400, want: "42703"},
	{name: "words of two columns one of which is for admins", as: asAri, target: "/projects?select=name,notes()&or=(memo.search.our,notes.not.is.null)", status: 400, want: "42703"},
	{name: "words of a column for admins by an admin", as: asAdmin, target: "/projects?select=name&memo=search.ari", status: 200, want: `[{"name":"ari's project"}]`},
	{name: "words of a hidden column of an embed", as: asAri, target: "/notes?select=slug,owner(name)&owner.email=search.ari", status: 400, want: "42703"},
	{name: "words of a hidden column of an inner embed", as: asAri, target: "/notes?select=slug,owner!inner()&owner.email=search.ari", status: 400, want: "42703"},
	{name: "words of a column of a relation that is not exposed", as: asAdmin, target: "/projects?select=name,members!inner()&members.user_id=search.ari", status: 400, want: "PGRST200"},

	{name: "words of related rows", covers: []string{"GET /{table} embed"}, as: asAri, target: "/projects?select=name,notes!inner(slug)&notes.title=search.draft", status: 200, want: `[{"name":"ari's project","notes":[{"slug":"ari-draft"}]}]`},
	{name: "words that no related row in sight has", covers: []string{"GET /{table} embed"}, as: asAri, target: "/projects?select=name,notes()&notes=is.null&notes.title=search.draft", status: 200, want: `[{"name":"our project"}]`},
	{name: "words through a junction", covers: []string{"GET /{table} junction"}, as: asAri, target: "/tags?select=name,notes!inner(slug)&notes.title=search.ana", status: 200, want: `[{"name":"red","notes":[{"slug":"ana-shared"}]}]`},

	{name: "count of words", covers: []string{"GET /{table} count"}, as: asAna, prefer: counted, target: "/notes?select=slug&limit=0&title=search.title", status: 206, want: `[]`, within: "*/3"},
	{name: "planned count of words", covers: []string{"GET /{table} count"}, as: asAna, prefer: "count=planned", target: "/notes?select=slug&limit=0&title=search.title", status: 206, want: `[]`, within: "*/3"},
	{name: "sum of words", covers: []string{"GET /{table} aggregate"}, as: asAna, target: "/notes?select=count(),amount.sum()&title=search.ari", status: 200, want: `[{"count":1,"sum":40}]`},
	{name: "groups of words", covers: []string{"GET /{table} aggregate"}, as: asAri, target: "/notes?select=status,count()&title=search.title", status: 200, want: `[{"status":"draft","count":1},{"status":"shared","count":2}]`},
	{name: "sum by words of a hidden column", covers: []string{"GET /{table} aggregate"}, as: asAri, target: "/notes?select=count()&secret_note=search.ana", status: 400, want: "42703"},
	{name: "order of words", covers: []string{"GET /{table} order"}, as: asAri, target: "/notes?select=slug&title=search.shared&order=owner(name)", status: 200, want: `[{"slug":"ari-shared"},{"slug":"ana-shared"}]`},
	{name: "page of words", covers: []string{"GET /{table} cursor"}, as: asAri, cursorOf: "/notes?select=slug&limit=1&title=search.title", target: "/notes?select=slug&title=search.title", status: 200, want: `[{"slug":"ari-draft"},{"slug":"ari-shared"}]`},
	{name: "words of rows of a function", covers: []string{"GET /rpc/{function} rpc result"}, as: asAri, target: "/rpc/notes_by?slugs={ana-draft,ana-shared,ari-shared}&select=slug&title=search.ana", status: 200, want: `[{"slug":"ana-shared"}]`},
}

// searchWrites are writes of the rows that have a word.
func searchWrites(op string) []gateRow {
	own := op != "search"
	return []gateRow{
		{name: op + " to patch what a colleague shares", as: asAri, prefer: counted, method: http.MethodPatch, target: "/notes?title=" + op + ".ana", body: `{"title":"new"}`, status: 204, within: "*/0", postgres: own},
		{name: op + " to delete what a colleague shares", as: asAri, prefer: counted, method: http.MethodDelete, target: "/notes?title=" + op + ".ana", status: 204, within: "*/0", postgres: own},
		{
			name: op + " to patch what has a word", covers: []string{"PATCH /{table} returned rows"}, as: asAri, prefer: represented, postgres: own,
			method: http.MethodPatch, target: "/notes?select=slug,title&title=" + op + ".draft", body: `{"title":"new"}`, status: 200, want: `[{"slug":"ari-draft","title":"new"}]`,
		},
		{name: op + " of a hidden column to patch", as: asAri, method: http.MethodPatch, target: "/notes?secret_note=" + op + ".ari", body: `{"title":"new"}`, status: 400, want: "42703"},
		{name: op + " of a hidden column to delete", as: asAri, method: http.MethodDelete, target: "/notes?or=(title." + op + ".ari,secret_note." + op + ".ari)", status: 400, want: "42703", postgres: own},
	}
}

// searchProbes look in related rows for words that a row out of sight has too, on
// every way. PostgreSQL's operators only differ in the function they call, so one
// stands for them.
func searchProbes() []probe {
	list := []probe{{"search of a hidden column of an embed", "embed", "select=slug,owner(name)&owner.email=search.ari", "42703", http.StatusBadRequest, false}}
	for _, op := range searchOperators[:2] {
		own := op != "search"
		list = append(list,
			probe{op + " of an embed", "embed", "select=slug,project(notes(slug))&project.notes.title=" + op + ".ana", `{"slug":"ari-shared","project":{"notes":[{"slug":"ana-shared"}]}}`, 0, own},
			probe{op + " of an aggregate of an embed", "embed", "select=slug,project(notes(slug.min()))&project.notes.title=" + op + ".ana", `{"slug":"ari-shared","project":{"notes":[{"min":"ana-shared"}]}}`, 0, own})
	}
	return list
}
