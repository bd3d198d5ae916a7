package rest_test

var errors = section{
	title: "Errors",
	intro: "Codes are PostgREST's, else PostgreSQL's, else begin with `PL`; the table is in `internal/problem`.",
	rows: []row{
		{feature: "`application/json`: four members, for clients that hand them on", request: "GET /shelves", status: 404, has: []string{"Content-Type: application/json; charset=utf-8", "Proxy-Status: PostgREST; error=PGRST205"}, want: `{"code":"PGRST205","message":"Could not find the table 'public.shelves' in the schema cache","details":null,"hint":null}`},
		{feature: "`application/problem+json`, also by `*/*`", support: ours, note: "RFC 9457 with the same four members", request: "GET /shelves", header: []string{"Accept: */*"}, status: 404, has: []string{"Content-Type: application/problem+json; charset=utf-8"}, want: `{"type":"about:blank","title":"Not Found","status":404,"detail":…,"code":"PGRST205",…}`},
		{feature: "`errors` in a problem document, for forms", support: ours, note: "the columns or arguments that break rules", request: "POST /reviews", header: []string{"Accept: application/json, application/problem+json"}, body: `{"book_id":1,"stars":6,"text":""}`, status: 400, want: `{"type":"about:blank","title":"Bad Request","status":400,"detail":…,"code":"PL002",…,"errors":[{"column":"stars","rule":"max","message":"must be at most 5"}]}`},
		{feature: "a repeated parameter that is reserved", support: differs, note: "is refused", request: "GET /books?limit=1&limit=2", status: 400, want: "PGRST100"},
	},
	notes: "Limits are never cut in silence: 400 `PL001` names the limit, the header `Embed-Limit` a default limit of embeds that was lowered, a query string that is too long 414 `PL414`, a body 413 `PL413`. A lost serialization race is 409 `40001`, a statement timeout 400 `57014`. Of a row that takes two keys at a time the 409 names one, which on SQLite may be another one than on PostgreSQL.",
}
