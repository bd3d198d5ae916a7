package wiretest_test

var conditional = section{
	title: "Lists that have not changed",
	intro: "A list has an `ETag` if all tables behind it write to the change log: those embedded, filtered and ordered by, and those its rules read. While none of them was written, `If-None-Match` is answered without reading any.",
	rows: []row{
		{feature: "`ETag` of a list", support: ours, note: "weak; a hash of the answer, for one form of it; the caller keeps it and asks each time", request: "GET /books?select=id&limit=1", status: 200, has: []string{`Etag: W/"…"`, "Cache-Control: private, no-cache"}, want: `[{"id":1}]`},
		{feature: "`If-None-Match`", support: ours, request: "GET /books?select=id&limit=1", header: []string{"If-None-Match: *"}, status: 304, has: []string{`Etag: W/"…"`, "Content-Range: "}},
		{feature: "the list has changed", support: ours, request: "GET /books?select=id&limit=1", header: []string{`If-None-Match: "another"`}, status: 200, has: []string{`Etag: W/"…"`}, want: `[{"id":1}]`},
	},
}
