package rest_test

var repeats = section{
	title: "Idempotency-Key",
	intro: "A write with this header (draft-ietf-httpapi-idempotency-key-header) is done once for its caller, method, path and key, however often it is sent: " +
		"what it does, its answer and the record of both commit together. An answer with success is kept for 24 hours and sent again byte for byte, with `Idempotent-Replayed: true`, to the same session with the same assurance level, roles and permissions. " +
		"To any other it is 422, and the write is not run again. " +
		"An answer with an error is not kept. While the first request runs, the others are answered with 409 and `Retry-After`.",
	rows: []row{
		{feature: "a key in quotes or without", support: ours, request: "POST /genres?select=name", header: []string{`Idempotency-Key: "8e03978e"`, "Prefer: return=representation"}, body: `{"code":"poem","name":"Poem"}`, status: 201, has: []string{"Idempotent-Replayed: "}, want: `[{"name":"Poem"}]`},
		{feature: "updates and deletes", support: ours, request: "PATCH /genres?code=eq.play", header: []string{"Idempotency-Key: 8e03978f"}, body: `{"rank":9}`, status: 204},
		{feature: "a function in a transaction", support: ours, note: "`api.TxFunc`", request: "POST /rpc/rerank", header: []string{"Idempotency-Key: 8e039790"}, body: `{"code":"play","rank":9}`, status: 200, want: `{"code":"play","name":"Play","rank":9}`},
		{feature: "any other function", support: ours, note: "what it does is in no transaction with the record", request: "POST /rpc/add", header: []string{"Idempotency-Key: 8e039791"}, body: `{"a":1}`, status: 400, want: "PL005"},
		{feature: "an anonymous caller", support: ours, note: "callers without an identity could get each other's answers", as: nobody, request: "POST /genres", header: []string{"Idempotency-Key: 8e039792"}, body: `{"code":"poem","name":"Poem"}`, status: 400, want: "PL005"},
		{feature: "a key of more than 255 characters, none, or two", support: ours, request: "POST /genres", header: []string{"Idempotency-Key: a, b"}, body: `{"code":"poem","name":"Poem"}`, status: 400, want: "PL005"},
	},
	notes: "The same key with another query, body, `Prefer`, `Accept` or `If-Match` is 422 `PL422`. Beyond 10,000 answers or 64 MiB that are kept for one caller, a request with another key is 429 `PL429` with `Retry-After`, and nothing is done.",
}
