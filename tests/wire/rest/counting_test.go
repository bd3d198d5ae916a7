package rest_test

var counting = section{
	title: "Counting",
	rows: []row{
		{feature: "`count=exact`; 206 for a part", request: "GET /books?select=id&limit=1", header: []string{"Prefer: count=exact"}, status: 206, has: []string{"Content-Range: 0-0/4", "Preference-Applied: count=exact"}, want: `[{"id":1}]`},
		{feature: "all of them", request: "GET /genres?select=code", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-2/3"}, want: `[{"code":"novel"},{"code":"play"},{"code":"story"}]`},
		{feature: "HEAD, to count only", request: "HEAD /books", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-3/4"}},
		{feature: "only rows the caller may see are counted", as: "bob", request: "HEAD /reviews", header: []string{"Prefer: count=exact"}, status: 200, has: []string{"Content-Range: 0-1/2"}},
		{feature: "`count=planned`, `count=estimated`", support: differs, note: "are exact: the planner's estimate uses rows of all callers, so it would reveal hidden rows", as: "bob", request: "HEAD /reviews?stars=gt.1", header: []string{"Prefer: count=estimated"}, status: 200, has: []string{"Content-Range: 0-1/2", "Preference-Applied: count=exact"}},
		{feature: "an offset beyond a known total", request: "GET /books?offset=9", header: []string{"Prefer: count=exact"}, status: 416, want: "PGRST103"},
	},
}
