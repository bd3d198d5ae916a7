package wiretest_test

var paging = section{
	title: "Paging",
	intro: "Without `limit` at most 1,000 rows are sent, and the status is 206 with `Content-Range: 0-999/*` if there were more.",
	rows: []row{
		{feature: "`limit`, `offset`", request: "GET /books?select=id&limit=2&offset=1", status: 200, has: []string{"Content-Range: 1-2/*"}, want: `[{"id":2},{"id":3}]`},
		{feature: "`limit=0`", request: "GET /books?limit=0", status: 200, has: []string{"Content-Range: */*"}, want: `[]`},
		{feature: "a cursor to what follows", support: ours, note: "`after`, in `Link`, as long as there may be more", request: "GET /books?select=id&limit=2", status: 200, has: []string{`Link: </books?after=…&limit=2&select=id>; rel="next"`}, want: `[{"id":1},{"id":2}]`},
		{feature: "a cursor that was not given out", support: ours, request: "GET /books?after=AAAA", status: 400, want: "PL004"},
		{feature: "a limit beyond what is allowed", support: differs, note: "is refused, never cut in silence", request: "GET /books?limit=1001", status: 400, want: "PL001"},
		{feature: "the `Range` header", support: differs, note: "is ignored", request: "GET /books?select=id", header: []string{"Range-Unit: items", "Range: 0-1"}, status: 200, want: `[{"id":1},{"id":2},{"id":3},{"id":4}]`},
	},
}
