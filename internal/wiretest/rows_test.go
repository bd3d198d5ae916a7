package wiretest_test

// annTag is the entity tag of ann's published review with the select of its
// example.
const annTag = `"1.…"`

var rows = section{
	title: "One row by its key",
	intro: "`/{resource}/{id}` is ours. `ETag` is `\"<version>.<hash of the answer>\"`: `If-None-Match` compares all of it, `If-Match` the version.",
	rows: []row{
		{feature: "read", support: ours, request: "GET /reviews/" + annPublished + "?select=stars,text", status: 200, has: []string{"Etag: " + annTag}, want: `{"stars":5,"text":"Again!"}`},
		{feature: "a row the caller may not see", support: ours, as: "bob", request: "GET /reviews/" + annDraft, status: 404, want: "PL404"},
		{feature: "update", support: ours, request: "PATCH /reviews/" + annPublished + "?select=stars", header: []string{`If-Match: "1.x"`, "Prefer: return=representation"}, body: `{"stars":3}`, status: 200, has: []string{`Etag: "2.…"`}, want: `{"stars":3}`},
		{feature: "update of another version", support: ours, request: "PATCH /reviews/" + annPublished, header: []string{`If-Match: "7.x"`}, body: `{"stars":3}`, status: 412, want: "PL412"},
		{feature: "delete", support: ours, request: "DELETE /reviews/" + annPublished, status: 204},
		{feature: "a filter", support: ours, note: "has no meaning for one row", request: "GET /genres/play?rank=eq.1", status: 400, want: "PGRST100"},
	},
}
