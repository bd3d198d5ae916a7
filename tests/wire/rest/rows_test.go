package rest_test

var rows = section{
	title: "One row by its key",
	intro: "`/{resource}/{id}` is ours. `ETag` is `\"<version>.<hash of the answer>\"`: `If-None-Match` compares all of it, `If-Match` the version.",
	rows: []row{
		{feature: "read", support: ours, request: "GET /reviews/" + annPublished + "?select=stars,text", status: 200, has: []string{`Etag: "1.…"`}, want: `{"stars":5,"text":"Again!"}`},
		{feature: "a row the caller may not see", support: ours, as: "bob", request: "GET /reviews/" + annDraft, status: 404, want: "PL404"},
		{feature: "update", support: ours, request: "PATCH /reviews/" + annPublished + "?select=stars", header: []string{`If-Match: "1.x"`, "Prefer: return=representation"}, body: `{"stars":3}`, status: 200, has: []string{`Etag: "2.…"`}, want: `{"stars":3}`},
		{feature: "update of another version", support: ours, request: "PATCH /reviews/" + annPublished, header: []string{`If-Match: "7.x"`}, body: `{"stars":3}`, status: 412, want: "PL412"},
		{feature: "PUT: an upsert whose body may leave the key out", support: ours, request: "PUT /genres/poem", body: `{"name":"Poem"}`, status: 201},
		{feature: "PUT of what was read", support: ours, note: "columns that are not the caller's to write may stand in the body and are not written", request: "PUT /reviews/" + annDraft + "?select=stars,version", header: []string{`If-Match: "1.x"`, "Prefer: return=representation"}, body: `{"id":"` + annDraft + `","version":1,"book_id":2,"stars":5,"text":"done","published":true}`, status: 200, has: []string{`Etag: "2.…"`}, want: `{"stars":5,"version":2}`},
		{feature: "PUT of a new row only", support: ours, note: "`If-None-Match: *`", request: "PUT /genres/play", header: []string{"If-None-Match: *"}, body: `{"name":"Drama"}`, status: 412, want: "PL412"},
		{feature: "PUT of a row that is there only", support: ours, note: "`If-Match`, with versions or `*`", request: "PUT /genres/poem", header: []string{"If-Match: *"}, body: `{"name":"Poem"}`, status: 412, want: "PL412"},
		{feature: "`If-Match` beside filters", support: ours, note: "is refused: it is for one row by its key", request: "PATCH /reviews?id=eq." + annPublished, header: []string{`If-Match: "1.x"`}, body: `{"stars":3}`, status: 400, want: "PGRST127"},
		{feature: "`If-Match` of new rows", support: ours, note: "is refused, also where they may exist, as it is of functions and batches; a step of a batch has its own", request: "POST /genres", header: []string{"If-Match: *", "Prefer: resolution=merge-duplicates"}, body: `{"code":"play","name":"Drama"}`, status: 400, want: "PGRST127"},
		{feature: "`If-None-Match: *` beside the key", support: ours, note: "PUT makes a new row only there too", request: "PUT /genres?code=eq.play", header: []string{"If-None-Match: *"}, body: `{"code":"play","name":"Drama"}`, status: 412, want: "PL412"},
		{feature: "`If-None-Match` of other writes", support: ours, note: "is refused: it is for PUT", request: "PATCH /genres/play", header: []string{"If-None-Match: *"}, body: `{"name":"Drama"}`, status: 400, want: "PGRST127"},
		{feature: "delete", support: ours, request: "DELETE /reviews/" + annPublished, status: 204},
		{feature: "a filter", support: ours, note: "has no meaning for one row", request: "GET /genres/play?rank=eq.1", status: 400, want: "PGRST100"},
	},
}
