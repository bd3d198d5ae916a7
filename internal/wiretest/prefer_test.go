package wiretest_test

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
		{feature: "`max-affected`, `tx`, `timezone`", support: missing, note: "ignored like any other that is not known, refused under `handling=strict`", request: "DELETE /reviews?stars=gt.0", header: []string{"Prefer: handling=strict, max-affected=1"}, status: 400, want: "PGRST122"},
	},
}
