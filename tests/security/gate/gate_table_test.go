package gate_test

import "net/http"

// Parts of requests that the written rows use often.
const (
	counted     = "count=exact"
	represented = "return=representation"
	merging     = "return=representation,resolution=merge-duplicates"
	ignoring    = "return=representation,resolution=ignore-duplicates"
)

// written holds the rows of the matrix that are not made by ways and probes.
var written = []gateRow{
	// Lists.
	{
		name: "list of the first tenant", covers: []string{"GET /{table} root"}, as: asAna,
		method: http.MethodGet, target: "/notes?select=slug", status: 200, want: `[{"slug":"ana-draft"},{"slug":"ana-shared"},{"slug":"ari-shared"}]`,
	},
	{
		name: "list of the second tenant", as: asBea,
		method: http.MethodGet, target: "/notes?select=slug", status: 200, want: `[{"slug":"bea-draft"},{"slug":"bea-shared"}]`,
	},
	{name: "list of nobody", as: asAnon, method: http.MethodGet, target: "/notes?select=slug", status: 200, want: `[]`},
	{name: "list of a service without bypass", as: asService, method: http.MethodGet, target: "/notes?select=slug", status: 200, want: `[]`},
	{
		name: "list of a service with bypass", as: asService,
		method: http.MethodGet, target: "/users?select=name", status: 200, want: `[{"name":"ana"},{"name":"ari"},{"name":"bea"},{"name":"root"}]`,
	},
	{
		name: "list by membership", as: asAri,
		method: http.MethodGet, target: "/projects?select=name", status: 200, want: `[{"name":"ari's project"},{"name":"our project"}]`,
	},
	{name: "list of what is public", as: asAnon, method: http.MethodGet, target: "/news?select=code", status: 200, want: `[{"code":"open"}]`},
	{name: "list of a table that is not exposed", as: asAdmin, method: http.MethodGet, target: "/memberships", status: 404, want: "PGRST205"},
	{name: "list all columns", as: asAnon, method: http.MethodGet, target: "/suggestions", status: 200, want: `[{"id":1,"text":"more tests","state":"open"}]`},
	{
		name: "filter by a hidden column", as: asAna,
		method: http.MethodGet, target: "/notes?select=slug&secret_note=like.*ari*", status: 400, want: "42703",
	},
	{
		name: "filter by a hidden column of a relation", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,owner!inner(name)&owner.email=eq.ari@example.org", status: 400, want: "42703",
	},
	{
		name: "filter by a relation", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/projects?select=name,notes!inner(slug)&notes.status=eq.draft", status: 200,
		want: `[{"name":"ari's project","notes":[{"slug":"ari-draft"}]}]`,
	},
	{
		name: "filter by a relation that exists", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?id=eq." + anaShared + "&select=slug,owner!inner()", status: 200, want: `[]`,
	},
	{
		name: "filter through a junction", covers: []string{"GET /{table} junction"}, as: asAna,
		method: http.MethodGet, target: "/notes?select=slug,tags!inner(name)&tags.name=eq.blue", status: 200,
		want: `[{"slug":"ana-shared","tags":[{"name":"blue"}]}]`,
	},
	{
		name: "many to many from the other side", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/tags?select=name,notes(slug)&id=eq.1", status: 200,
		want: `[{"name":"red","notes":[{"slug":"ana-shared"},{"slug":"ari-shared"}]}]`,
	},
	{
		name: "rows without a related one in sight", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,owner()&owner=is.null", status: 200, want: `[{"slug":"ana-shared"}]`,
	},
	{
		name: "rows with a related one in sight", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,owner()&or=(owner.not.is.null,slug.eq.x)", status: 200, want: `[{"slug":"ari-draft"},{"slug":"ari-shared"}]`,
	},
	{
		name: "rows without a related one by a hidden column", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,owner()&owner=is.null&owner.email=eq.ari@example.org", status: 400, want: "42703",
	},
	{
		name: "rows without a related one through a junction in sight", covers: []string{"GET /{table} junction"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,tags()&tags=is.null&tags.name=eq.green", status: 200,
		want: `[{"slug":"ana-shared"},{"slug":"ari-shared"}]`,
	},
	{
		name: "embed a relation that is not exposed", as: asAna,
		method: http.MethodGet, target: "/projects?select=name,members(user_id)", status: 400, want: "PGRST200",
	},
	{
		name: "embed by a hint", covers: []string{"GET /{table} embed"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,users!owner_id(name)&id=in.(" + anaShared + "," + ariShared + ")", status: 200,
		want: `[{"slug":"ana-shared","users":null},{"slug":"ari-shared","users":{"name":"ari"}}]`,
	},
	{
		name: "embed by the hint of a junction", covers: []string{"GET /{table} junction"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,tags!note_tags(name)&id=eq." + anaShared, status: 200,
		want: `[{"slug":"ana-shared","tags":[{"name":"red"}]}]`,
	},
	{
		name: "a hidden relation makes no other one ambiguous", as: asAri,
		method: http.MethodGet, target: "/notes?select=users(name)&id=eq." + ariShared, status: 200, want: `[{"users":{"name":"ari"}}]`,
	},
	{
		name: "hint of a hidden foreign key", as: asAri,
		method: http.MethodGet, target: "/notes?select=users!reviewer_id(name)&id=eq." + ariShared, status: 400, want: "PGRST200",
	},
	{
		name: "order by the hint of a hidden foreign key", as: asAri,
		method: http.MethodGet, target: "/notes?select=slug,u:users!notes_reviewer_id_fkey()&order=u(name)&id=eq." + ariShared, status: 400, want: "PGRST200",
	},
	{
		name: "hint of a relation that is not exposed", as: asAri,
		method: http.MethodGet, target: "/projects?select=memberships!memberships_project_id_fkey(user_id)", status: 400, want: "PGRST200",
	},

	// Counts.
	{
		name: "count", covers: []string{"GET /{table} count"}, as: asAna, prefer: counted,
		method: http.MethodGet, target: "/notes?select=slug&limit=0", status: 206, want: `[]`, within: "*/3",
	},
	{
		name: "head count", covers: []string{"HEAD /{table} count", "HEAD /{table} root"}, as: asAna, prefer: counted,
		method: http.MethodHead, target: "/notes?select=slug&limit=0", status: 206, want: `[]`, within: "*/3",
	},
	{
		name: "head list", covers: []string{"HEAD /{table} root"}, as: asAna,
		method: http.MethodHead, target: "/notes?select=slug", status: 200, want: `[{"slug":"ana-draft"},{"slug":"ana-shared"},{"slug":"ari-shared"}]`, within: "0-2/*",
	},

	{
		name: "count of groups", covers: []string{"GET /{table} count"}, as: asAna, prefer: counted,
		method: http.MethodGet, target: "/notes?select=amount,count()&limit=0", status: 206, want: `[]`, within: "*/3",
	},

	// Aggregates.
	{
		name: "sum", covers: []string{"GET /{table} aggregate"}, as: asAna,
		method: http.MethodGet, target: "/notes?select=count(),amount.sum()", status: 200, want: `[{"count":3,"sum":70}]`,
	},
	{
		name: "groups", covers: []string{"GET /{table} aggregate"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=status,amount.min()", status: 200, want: `[{"status":"draft","min":30},{"status":"shared","min":20}]`,
	},
	{
		name: "head sum", covers: []string{"HEAD /{table} aggregate"}, as: asAna,
		method: http.MethodHead, target: "/notes?select=amount.sum()", status: 200, want: `[{"sum":70}]`,
	},
	{
		name: "sum of nobody", covers: []string{"GET /{table} aggregate"}, as: asAnon,
		method: http.MethodGet, target: "/news?select=count(),code.max()", status: 200, want: `[{"count":1,"max":"open"}]`,
	},
	{
		name: "sum of a hidden column", covers: []string{"GET /{table} aggregate"}, as: asAna,
		method: http.MethodGet, target: "/notes?select=margin.sum()", status: 400, want: "42703",
	},

	// Orders.
	{
		name: "order by a relation", covers: []string{"GET /{table} order"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug&id=in.(" + anaShared + "," + ariShared + ")&order=owner(name)", status: 200,
		want: `[{"slug":"ari-shared"},{"slug":"ana-shared"}]`,
	},
	{
		name: "order by a hidden column of a relation", covers: []string{"GET /{table} order"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug&order=owner(email)&id=eq." + ariShared, status: 400, want: "42703",
	},
	{
		name: "head order by a hidden column of a relation", covers: []string{"HEAD /{table} order"}, as: asAri,
		method: http.MethodHead, target: "/notes?select=slug&order=owner(email)&id=eq." + ariShared, status: 400,
	},
	{
		name: "order by a hidden column", covers: []string{"GET /{table} order"}, as: asAri,
		method: http.MethodGet, target: "/notes?select=slug&order=secret_note&id=eq." + ariShared, status: 400, want: "42703",
	},

	// Cursors.
	{
		name: "cursor", covers: []string{"GET /{table} cursor"}, as: asAna, cursorOf: "/notes?select=slug&limit=1",
		method: http.MethodGet, target: "/notes?select=slug", status: 200, want: `[{"slug":"ana-shared"},{"slug":"ari-shared"}]`,
	},
	{
		name: "head cursor", covers: []string{"HEAD /{table} cursor"}, as: asAna, cursorOf: "/notes?select=slug&limit=1",
		method: http.MethodHead, target: "/notes?select=slug", status: 200, want: `[{"slug":"ana-shared"},{"slug":"ari-shared"}]`,
	},

	// Single rows.
	{name: "row of one's own", covers: []string{"GET /{table}/{id} root"}, as: asAri, method: http.MethodGet, target: "/notes/" + ariDraft + "?select=slug", status: 200, want: `{"slug":"ari-draft"}`},
	{name: "row of a colleague", covers: []string{"GET /{table}/{id} root"}, as: asAri, method: http.MethodGet, target: "/notes/" + anaDraft + "?select=slug", status: 404, want: "PL404"},
	{name: "row of another tenant", as: asAri, method: http.MethodGet, target: "/notes/" + beaShared + "?select=slug", status: 404, want: "PL404"},
	{name: "row of nobody", as: asAri, method: http.MethodGet, target: "/notes/" + nobodys + "?select=slug", status: 404, want: "PL404"},
	{name: "row that is deleted", as: asAna, method: http.MethodGet, target: "/notes/" + anaDeleted + "?select=slug", status: 404, want: "PL404"},
	{name: "row that is not published", as: asAnon, method: http.MethodGet, target: "/news/sealed", status: 404, want: "PL404"},
	{name: "head row of a colleague", covers: []string{"HEAD /{table}/{id} root"}, as: asAri, method: http.MethodHead, target: "/notes/" + anaDraft + "?select=slug", status: 404},

	{name: "batch of nothing", covers: []string{"POST /-/batch"}, as: asAna, method: http.MethodPost, target: "/-/batch", body: `[]`, status: 200, want: `[]`},

	// Functions.
	{
		name: "rows of a function", covers: []string{"POST /rpc/{function} rpc result"}, as: asBea, method: http.MethodPost, target: "/rpc/all_suggestions",
		status: 200, want: `[{"id":1,"text":"more tests","state":"open"}]`,
	},
	{
		name: "row of a function", covers: []string{"POST /rpc/{function} rpc result"}, as: asAna, method: http.MethodPost, target: "/rpc/first_note",
		body: `{"slug":"ari-draft"}`, status: 200, want: `null`,
	},
	{
		name: "rows of a function in its order", covers: []string{"GET /rpc/{function} rpc result"}, as: asAri, method: http.MethodGet,
		target: "/rpc/notes_by?slugs={ari-shared,ana-draft,bea-shared,ana-shared}&select=slug", status: 200, want: `[{"slug":"ari-shared"},{"slug":"ana-shared"}]`,
	},
	{
		name: "count rows of a function", covers: []string{"GET /rpc/{function} count"}, as: asAri, prefer: counted, method: http.MethodGet,
		target: "/rpc/notes_by?slugs={ari-shared,ana-draft,ana-shared}&select=slug&order=slug&limit=1", status: 206, want: `[{"slug":"ana-shared"}]`, within: "0-0/2",
	},
	{
		name: "head count rows of a function", covers: []string{"HEAD /rpc/{function} count"}, as: asAri, prefer: counted, method: http.MethodHead,
		target: "/rpc/notes_by?slugs={ari-shared,ana-draft,ana-shared}&select=slug&order=slug&limit=1", status: 206, want: `[{"slug":"ana-shared"}]`, within: "0-0/2",
	},
	{
		name: "count rows of a called function", covers: []string{"POST /rpc/{function} count"}, as: asAri, prefer: counted, method: http.MethodPost,
		target: "/rpc/notes_by?select=slug&order=slug&limit=1", body: `{"slugs":["ari-shared","ana-draft","ana-shared"]}`, status: 206, want: `[{"slug":"ana-shared"}]`, within: "0-0/2",
	},
	{
		name: "order rows of a function by a relation", covers: []string{"GET /rpc/{function} order"}, as: asAri, method: http.MethodGet,
		target: "/rpc/notes_by?slugs={ana-shared,ari-shared}&select=slug&order=owner(name)", status: 200, want: `[{"slug":"ari-shared"},{"slug":"ana-shared"}]`,
	},
	{
		name: "filter rows of a function by a hidden column", covers: []string{"POST /rpc/{function} rpc result"}, as: asAri, method: http.MethodPost,
		target: "/rpc/notes_by?select=slug&secret_note=like.*", body: `{"slugs":["ari-shared"]}`, status: 400, want: "42703",
	},
	{
		name: "filter the row of a function by a hidden column", as: asAri, method: http.MethodPost,
		target: "/rpc/first_note?select=slug&secret_note=like.*", body: `{"slug":"ana-draft"}`, status: 400, want: "42703",
	},
}
