package rest_test

var functions = section{
	title: "Functions",
	rows: []row{
		{feature: "a call with named arguments", request: "POST /rpc/add", body: `{"a":1,"b":2}`, status: 200, want: `3`},
		{feature: "no result", request: "POST /rpc/ping", status: 204},
		{feature: "rows", support: differs, note: "come by name as columns, as the rules show them to the caller", as: "bob", request: "POST /rpc/all_reviews", status: 200, has: []string{"Content-Range: 0-1/*"}, want: `[{"id":"` + annPublished + `",…},{"id":"` + bobDraft + `",…}]`},
		{feature: "an argument that is missing", request: "POST /rpc/add", body: `{"b":2}`, status: 400, want: "PL002"},
		{feature: "no such function", request: "POST /rpc/none", status: 404, want: "PGRST202"},
		{feature: "a caller the gate does not let through", as: nobody, request: "POST /rpc/ping", status: 401, want: "42501"},
		{feature: "GET of a function that only reads", note: "`api.ReadFunc`; the text of an argument is read as the type of its field", request: "GET /rpc/in_years?years={1815,1944}&select=title", status: 200, has: []string{"Content-Range: 0-1/*"}, want: `[{"title":"Emma"},{"title":"Ficciones"}]`},
		{feature: "HEAD", request: "HEAD /rpc/in_years?years={1815,1944}", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-1/2"}},
		{feature: "GET of any other function", support: differs, note: "a function without `api.ReadFunc` may write", request: "GET /rpc/add?a=1", status: 405, has: []string{"Allow: POST, OPTIONS"}, want: "PGRST101"},
		{feature: "`select`, filters, order, limit and offset on the rows of a function", note: "as on the resource itself", request: "POST /rpc/in_years?select=title,author(name)&year=gt.1815&order=title&limit=1", body: `{"years":[1815,1817,1944]}`, status: 200, has: []string{"Content-Range: 0-0/*"}, want: `[{"title":"Ficciones","author":{"name":"Borges"}}]`},
		{feature: "order of the function", note: "where the client asks for none; each row comes once", request: "POST /rpc/in_years?select=year", body: `{"years":[1944,1815,1944]}`, status: 200, want: `[{"year":1944},{"year":1815}]`},
		{feature: "`count`", request: "GET /rpc/in_years?years={1815,1817,1944}&select=year&limit=1", header: []string{"Prefer: count=exact"}, status: 206, has: []string{"Content-Range: 0-0/3"}, want: `[{"year":1815}]`},
		{feature: "`count` of one value", note: "is one row", request: "GET /rpc/age?born=1815", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-0/1", "Preference-Applied: count=exact"}, want: `210`},
		{feature: "`count` of one row", request: "POST /rpc/cheapest?select=id", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-0/1", "Preference-Applied: count=exact"}, want: `{"id":4}`},
		{feature: "rows of a view", note: "if its model declares a key", as: "bob", request: "GET /rpc/readers?title=Emma&days=gt.1&select=name,loans&order=loans.desc,name", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-1/2"}, want: `[{"name":"Lena","loans":2},{"name":"Otto","loans":2}]`},
		{feature: "a hidden column", support: differs, note: "is an unknown one", as: "bob", request: "POST /rpc/in_years?cost=gt.1", body: `{"years":[1815]}`, status: 400, want: "42703"},
		{feature: "an unknown argument", request: "GET /rpc/in_years?year=1815", status: 404, want: "PGRST202"},
		{feature: "an argument of another type", request: "GET /rpc/in_years?years={soon}", status: 400, want: "22P02"},
		{feature: "`select` on a value", support: differs, note: "is refused instead of ignored", request: "POST /rpc/add?select=a", body: `{"a":1}`, status: 400, want: "PGRST127"},
		{feature: "a cursor, `columns`", support: missing, request: "POST /rpc/in_years?columns=years", body: `{"years":[]}`, status: 400, want: "PGRST127"},
		{feature: "`params=single-object`", note: "was removed from PostgREST, too", request: "POST /rpc/add", header: []string{"Prefer: params=single-object, handling=strict"}, body: `{"a":1}`, status: 400, want: "PGRST122"},
	},
}
