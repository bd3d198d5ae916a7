package wiretest_test

var functions = section{
	title: "Functions",
	rows: []row{
		{feature: "a call with named arguments", request: "POST /rpc/add", body: `{"a":1,"b":2}`, status: 200, want: `3`},
		{feature: "no result", request: "POST /rpc/ping", status: 204},
		{feature: "rows", support: differs, note: "come by name as columns, as the rules show them to the caller", as: "bob", request: "POST /rpc/all_reviews", status: 200, has: []string{"Content-Range: 0-1/*"}, want: `[{"id":"` + annPublished + `",…},{"id":"` + bobDraft + `",…}]`},
		{feature: "an argument that is missing", request: "POST /rpc/add", body: `{"b":2}`, status: 400, want: "PL002"},
		{feature: "no such function", request: "POST /rpc/none", status: 404, want: "PGRST202"},
		{feature: "a caller the gate does not let through", as: nobody, request: "POST /rpc/ping", status: 401, want: "42501"},
		{feature: "GET", support: missing, request: "GET /rpc/add?a=1", status: 405, want: "PGRST101"},
		{feature: "`select` and filters on the rows of a function", support: missing, request: "POST /rpc/all_reviews?select=id", status: 400, want: "PGRST127"},
	},
}
