package rest_test

var accept = section{
	title: "Accept",
	rows: []row{
		{feature: "`application/json`, `*/*`", request: "GET /genres?select=code&limit=1", header: []string{"Accept: */*"}, status: 200, has: []string{"Content-Type: application/json; charset=utf-8"}, want: `[{"code":"novel"}]`},
		{feature: "`application/vnd.pgrst.array+json`", request: "GET /genres?select=code&limit=1", header: []string{"Accept: application/vnd.pgrst.array+json"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.array+json; charset=utf-8"}, want: `[{"code":"novel"}]`},
		{feature: "`application/vnd.pgrst.object+json`: exactly one row", request: "GET /genres?select=code&code=eq.play", header: []string{"Accept: application/vnd.pgrst.object+json"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.object+json; charset=utf-8"}, want: `{"code":"play"}`},
		{feature: "the same with another number of rows", request: "GET /genres", header: []string{"Accept: application/vnd.pgrst.object+json"}, status: 406, want: `{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains 3 rows","hint":null}`},
		{feature: "`text/csv`", support: differs, note: "NULL is empty and the empty text `\"\"`; others are written as in JSON, so a boolean is `true` and an embed an object. A value that begins with `=` stays as it is: a program that reads it as a formula must be configured not to", request: "GET /books?select=id,title,year,in_print,author(name)&id=gte.3", header: []string{"Accept: text/csv"}, status: 200, has: []string{"Content-Type: text/csv; charset=utf-8", "Content-Range: 0-1/*"}, want: "id,title,year,in_print,author\n3,Ficciones,1944,true,\"{\"\"name\"\":\"\"Borges\"\"}\"\n4,\"R.U.R., \"\"a play\"\"\",,false,\"{\"\"name\"\":\"\"Čapek\"\"}\""},
		{feature: "`text/csv` of no rows", request: "GET /books?id=eq.99", header: []string{"Accept: text/csv"}, status: 200, has: []string{"Content-Length: 0"}},
		{feature: "`text/csv` of a write", request: "POST /genres?select=name,code", header: []string{"Accept: text/csv", "Prefer: return=representation"}, body: `{"code":"poem","name":""}`, status: 201, want: "name,code\n\"\",poem"},
		{feature: "`text/csv` of a function that returns no rows", support: differs, note: "is refused", request: "POST /rpc/add", header: []string{"Accept: text/csv"}, body: `{"a":1}`, status: 406, want: "PGRST107"},
		{feature: "`nulls=stripped` of an array: members that are null are left out, of embeds and documents too", request: "GET /books?select=id,year,details,author(born)&id=gte.3", header: []string{"Accept: application/vnd.pgrst.array+json;nulls=stripped"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"}, want: `[{"id":3,"year":1944,"details":{"pages":174},"author":{}},{"id":4,"author":{}}]`},
		{feature: "`nulls=stripped` of one object", request: "GET /books?select=title,year&id=eq.4", header: []string{"Accept: application/vnd.pgrst.object+json;nulls=stripped"}, status: 200, has: []string{"Content-Type: application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"}, want: `{"title":"R.U.R., \"a play\""}`},
		{feature: "`nulls=stripped` of any other type", request: "GET /books", header: []string{"Accept: application/json;nulls=stripped"}, status: 406, want: "PGRST107"},
		{feature: "`application/vnd.pgrst.plan+text`, `+json`", support: differs, note: "as in PostgREST off unless `Config.Explain` is set, which an application in development sets; then the answer to a read has the caller, the rules and the statement beside the engine's plan, and no options", request: "GET /books", header: []string{"Accept: application/vnd.pgrst.plan+json"}, status: 406, want: "PGRST107"},
	},
}
