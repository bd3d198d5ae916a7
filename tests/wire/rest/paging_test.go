package rest_test

var paging = section{
	title: "Paging",
	intro: "Without `limit` at most 1,000 rows are sent, and the status is 206 with `Content-Range: 0-999/*` if there were more.",
	rows: []row{
		{feature: "`limit`, `offset`", request: "GET /books?select=id&limit=2&offset=1", status: 200, has: []string{"Content-Range: 1-2/*"}, want: `[{"id":2},{"id":3}]`},
		{feature: "`limit=0`", request: "GET /books?limit=0", status: 200, has: []string{"Content-Range: */*"}, want: `[]`},
		{feature: "a cursor to what follows", support: ours, note: "`after`, in `Link`, as long as there may be more and a query has room for it", request: "GET /books?select=id&limit=2", status: 200, has: []string{`Link: </books?after=…&limit=2&select=id>; rel="next"`}, want: `[{"id":1},{"id":2}]`},
		{feature: "a cursor that was not given out", support: ours, request: "GET /books?after=AAAA", status: 400, want: "PL004"},
		{feature: "a limit beyond what is allowed", support: differs, note: "is refused, never cut in silence", request: "GET /books?limit=1001", status: 400, want: "PL001"},
		{feature: "a limit or offset below zero", request: "GET /books?limit=-1", status: 416, want: `{"code":"PGRST103","message":"Requested range not satisfiable","details":"Limit should be greater than or equal to zero.","hint":null}`},
		{feature: "the `Range` header, both ends included", request: "GET /books?select=id", header: []string{"Range-Unit: items", "Range: 0-1"}, status: 200, has: []string{"Content-Range: 0-1/*", "Content-Location: /books?limit=2&select=id"}, want: `[{"id":1},{"id":2}]`},
		{feature: "the same without an end", request: "GET /books?select=id", header: []string{"Range: 2-"}, status: 200, has: []string{"Content-Range: 2-3/*"}, want: `[{"id":3},{"id":4}]`},
		{feature: "the same in the form of RFC 9110", support: ours, request: "GET /books?select=id", header: []string{"Range: items=3-3"}, status: 200, has: []string{"Content-Range: 3-3/*"}, want: `[{"id":4}]`},
		{feature: "the same beside `limit` and `offset`: what both allow", request: "GET /books?select=id&offset=1&limit=2", header: []string{"Range: 2-9", "Prefer: count=exact"}, status: 206, has: []string{"Content-Range: 2-2/4"}, want: `[{"id":3}]`},
		{feature: "a range that is upside down", request: "GET /books", header: []string{"Range: 3-1"}, status: 416, want: `{"code":"PGRST103","message":"Requested range not satisfiable","details":"The lower boundary must be lower than or equal to the upper boundary in the Range header.","hint":null}`},
		{feature: "a range that does not count items", support: differs, note: "is ignored, as RFC 9110 says; PostgREST does not look at the unit", request: "GET /genres?select=code", header: []string{"Range-Unit: bytes", "Range: 0-1"}, status: 200, want: `[{"code":"novel"},{"code":"play"},{"code":"story"}]`},
		{feature: "`Range` of HEAD", note: "is ignored, as RFC 9110 says", request: "HEAD /genres", header: []string{"Range: 0-1", "Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-2/3"}},
	},
}
