package rest_test

var paths = section{
	title: "Paths and methods",
	rows: []row{
		{feature: "a table: GET, HEAD, POST, PUT, PATCH, DELETE", request: "OPTIONS /genres", status: 200, has: []string{"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}},
		{feature: "a row", support: ours, request: "OPTIONS /genres/novel", status: 200, has: []string{"Allow: GET, HEAD, PUT, PATCH, DELETE, OPTIONS"}},
		{feature: "a view: GET, HEAD", request: "OPTIONS /readings", status: 200, has: []string{"Allow: GET, HEAD, OPTIONS"}},
		{feature: "a row of a view", support: ours, note: "if its model declares a key of one column", request: "GET /members/Otto", status: 200, want: `{"name":"Otto","loans":2,"days":30}`},
		{feature: "a key that several rows of a view have", support: ours, request: "GET /stays/Otto", status: 406, want: "PGRST116"},
		{feature: "a function: POST", request: "OPTIONS /rpc/add", status: 200, has: []string{"Allow: POST, OPTIONS"}},
		{feature: "a function that only reads: GET, HEAD, POST", request: "OPTIONS /rpc/in_years", status: 200, has: []string{"Allow: GET, HEAD, POST, OPTIONS"}},
		{feature: "the document that describes the API, of version 3.1 of OpenAPI", support: differs, note: "PostgREST's is of version 2.0; it lists what each caller may be able to do", request: "HEAD /", header: []string{"Accept: application/openapi+json"}, status: 200, has: []string{"Content-Type: application/openapi+json; charset=utf-8"}},
		{feature: "the same document", support: ours, request: "HEAD /-/openapi.json", header: []string{"Accept: application/json"}, status: 200, has: []string{"Content-Type: application/json; charset=utf-8"}},
		{feature: "types for supabase-js", support: ours, request: "HEAD /-/types.ts", status: 200, has: []string{"Content-Type: text/plain; charset=utf-8"}},
		{feature: "a page that shows the document to people", support: ours, request: "HEAD /-/docs", status: 200, has: []string{"Content-Type: text/html; charset=utf-8"}},
		{feature: "several requests in one transaction", support: ours, note: "`bind` puts values of earlier answers into the body, by JSON Pointer; `headers` may be given; at most 50 steps, all or none", request: "POST /-/batch", body: `[{"id":"a","method":"POST","path":"/authors?select=id","headers":{"Prefer":"return=representation"},"body":{"name":"Lem"}},{"method":"POST","path":"/books","body":{"author_id":0,"title":"Solaris","price":"9"},"bind":{"/author_id":"a#/0/id"}}]`, status: 200, want: `[{"id":"a","status":201,…,"body":[{"id":4}]},{"id":"1","status":201,…,"body":null}]`},
		{feature: "any other path", request: "GET /genres/novel/books", status: 404, want: "PGRST125"},
		{feature: "a table that is not exposed, or does not exist", request: "GET /shelves", status: 404, want: "PGRST205"},
		{feature: "a table whose name is nearly one: the hint names it", request: "GET /book", status: 404, want: `{"code":"PGRST205","message":"Could not find the table 'public.book' in the schema cache","details":null,"hint":"Perhaps you meant the table 'public.books'"}`},
		{feature: "any other method", request: "TRACE /genres", status: 405, has: []string{"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}, want: "PGRST117"},
		{feature: "the profile `public`, which clients send", request: "GET /genres?select=name&limit=1", header: []string{"Accept-Profile: public"}, status: 200, has: []string{"Content-Profile: public"}, want: `[{"name":"Novel"}]`},
		{feature: "other profiles", support: differs, note: "there is one schema", request: "GET /genres", header: []string{"Accept-Profile: private"}, status: 406, want: "PGRST106"},
	},
}
