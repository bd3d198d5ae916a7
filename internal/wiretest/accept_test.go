package wiretest_test

var accept = section{
	title: "Accept",
	rows: []row{
		{feature: "`application/json`, `*/*`", request: "GET /genres?select=code&limit=1", header: []string{"Accept: */*"}, status: 200, has: []string{"Content-Type: application/json; charset=utf-8"}, want: `[{"code":"novel"}]`},
		{feature: "`application/vnd.pgrst.array+json`", request: "GET /genres?select=code&limit=1", header: []string{"Accept: application/vnd.pgrst.array+json"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.array+json; charset=utf-8"}, want: `[{"code":"novel"}]`},
		{feature: "`application/vnd.pgrst.object+json`: exactly one row", request: "GET /genres?select=code&code=eq.play", header: []string{"Accept: application/vnd.pgrst.object+json"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.object+json; charset=utf-8"}, want: `{"code":"play"}`},
		{feature: "the same with another number of rows", request: "GET /genres", header: []string{"Accept: application/vnd.pgrst.object+json"}, status: 406, want: `{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains 3 rows","hint":null}`},
		{feature: "`text/csv`", support: missing, request: "GET /genres", header: []string{"Accept: text/csv"}, status: 406, want: "PGRST107"},
		{feature: "`nulls=stripped`", support: missing, request: "GET /books", header: []string{"Accept: application/vnd.pgrst.array+json;nulls=stripped"}, status: 406, want: "PGRST107"},
		{feature: "plans", support: missing, request: "GET /books", header: []string{"Accept: application/vnd.pgrst.plan+json"}, status: 406, want: "PGRST107"},
	},
}
