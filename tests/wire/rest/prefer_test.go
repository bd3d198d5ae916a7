package rest_test

var prefer = section{
	title: "Prefer",
	rows: []row{
		{feature: "`return=minimal`, which is the default", request: "PATCH /genres?code=eq.play", header: []string{"Prefer: return=minimal"}, body: `{"rank":4}`, status: 204, has: []string{"Preference-Applied: return=minimal"}},
		{feature: "`return=headers-only`", request: "POST /genres", header: []string{"Prefer: return=headers-only"}, body: `{"code":"poem","name":"Poem"}`, status: 201, has: []string{"Location: /genres?code=eq.poem"}},
		{feature: "`return=representation`", request: "DELETE /reviews?stars=eq.4&select=text", header: []string{"Prefer: return=representation"}, status: 200, want: `[{"text":"to be written"}]`},
		{feature: "`count=exact` of a write", request: "PATCH /genres?rank=lt.3", header: []string{"Prefer: count=exact"}, body: `{"rank":4}`, status: 204, has: []string{"Content-Range: 0-1/2", "Preference-Applied: count=exact"}},
		{feature: "`missing=default`", request: `POST /genres?columns=code,name,rank&select=rank`, header: []string{"Prefer: missing=default, return=representation"}, body: `[{"code":"a","name":"A"}]`, status: 201, want: `[{"rank":5}]`},
		{feature: "an unknown preference", request: "GET /genres?select=code&limit=1", header: []string{"Prefer: tea=hot"}, status: 200, want: `[{"code":"novel"}]`},
		{feature: "the same with `handling=strict`", request: "GET /genres", header: []string{"Prefer: handling=strict, tea=hot"}, status: 400, want: "PGRST122"},
		{feature: "`handling=lenient`", request: "GET /genres?select=code&limit=1", header: []string{"Prefer: handling=lenient, tea=hot"}, status: 200, has: []string{"Preference-Applied: handling=lenient"}, want: `[{"code":"novel"}]`},
		{feature: "`max-affected` with `handling=strict`: a write of more rows is undone", request: "DELETE /reviews?stars=gt.0", header: []string{"Prefer: handling=strict, max-affected=1"}, status: 400, want: `{"code":"PGRST124","message":"Query result exceeds max-affected preference constraint","details":"The query affects 2 rows","hint":null}`},
		{feature: "the same within its bound", request: "PATCH /genres?rank=lt.3", header: []string{"Prefer: handling=strict, max-affected=2"}, body: `{"rank":4}`, status: 204, has: []string{"Content-Range: 0-1/*", "Preference-Applied: handling=strict, max-affected=2"}},
		{feature: "the same without `handling=strict`", note: "is ignored", request: "DELETE /reviews?stars=gt.0", header: []string{"Prefer: max-affected=1"}, status: 204, has: []string{"Preference-Applied: "}},
		{feature: "`max-affected` of a function that returns a list", request: "POST /rpc/all_reviews", as: "bob", header: []string{"Prefer: handling=strict, max-affected=1"}, status: 400, want: "PGRST124"},
		{feature: "`max-affected` of any other function", request: "POST /rpc/add", header: []string{"Prefer: handling=strict, max-affected=1"}, body: `{"a":1}`, status: 400, want: "PGRST128"},
		{feature: "`tx`", support: missing, note: "ignored, and refused under `handling=strict`, as by a PostgREST that does not allow it", request: "POST /genres", header: []string{"Prefer: handling=strict, tx=rollback"}, body: `{"code":"poem","name":"Poem"}`, status: 400, want: "PGRST122"},
		{feature: "`timezone`", support: missing, note: "ignored, and refused under `handling=strict`: times are in UTC", request: "GET /reviews", header: []string{"Prefer: handling=strict, timezone=Europe/Berlin"}, status: 400, want: "PGRST122"},
	},
}
