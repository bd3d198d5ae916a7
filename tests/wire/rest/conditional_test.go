package rest_test

var conditional = section{
	title: "Lists that have not changed",
	intro: "A list has an `ETag` if all tables behind it write to the change log: those embedded, filtered and ordered by, and those its rules read. While none of them was written, `If-None-Match` is answered without reading any.",
	rows: []row{
		{feature: "`ETag` of a list", support: ours, note: "weak; a hash of the answer, for one form of it; the caller keeps it and asks each time", request: "GET /books?select=id&limit=1", status: 200, has: []string{`Etag: W/"…"`, "Cache-Control: private, no-cache"}, want: `[{"id":1}]`},
		{feature: "`If-None-Match`", support: ours, request: "GET /books?select=id&limit=1", header: []string{"If-None-Match: *"}, status: 304, has: []string{`Etag: W/"…"`, "Content-Range: "}},
		{feature: "the list has changed", support: ours, request: "GET /books?select=id&limit=1", header: []string{`If-None-Match: "another"`}, status: 200, has: []string{`Etag: W/"…"`}, want: `[{"id":1}]`},
		{feature: "shared caches", support: ours, note: "of resources that allow it (`SharedMaxAge`), for requests that carry no credentials: no `Authorization`, `Apikey` or `Cookie`; rows, lists and their 304", as: nobody, request: "GET /posters", status: 200, has: []string{"Cache-Control: public, max-age=0, must-revalidate, s-maxage=60", "Vary: Accept, …"}, want: `[{"id":1,"text":"Sale"}]`},
		{feature: "private caches only", support: ours, note: "for requests that carry credentials, with `Range` or a total, and if a table behind the answer does not allow shared caches", request: "GET /posters", header: []string{"Cookie: theme=dark"}, status: 200, has: []string{"Cache-Control: private, no-cache"}, want: `[{"id":1,"text":"Sale"}]`},
	},
}
