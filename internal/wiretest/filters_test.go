package wiretest_test

var filters = section{
	title: "Filters",
	intro: "Text compares by bytes. A repeated key holds as often as it stands.",
	rows: []row{
		{feature: "`eq`", request: "GET /books?select=title&year=eq.1815", status: 200, want: `[{"title":"Emma"}]`},
		{feature: "`neq`", request: "GET /genres?select=code&code=neq.play", status: 200, want: `[{"code":"novel"},{"code":"story"}]`},
		{feature: "`gt`, `gte`, `lt`, `lte`; a repeated key", request: "GET /books?select=title&year=gt.1815&year=lte.1944", status: 200, want: `[{"title":"Persuasion"},{"title":"Ficciones"}]`},
		{feature: "`like`, with case; `*` is `%`", request: "GET /books?select=title&title=like.E*", status: 200, want: `[{"title":"Emma"}]`},
		{feature: "`ilike`", support: differs, note: "folds letters as Unicode does", request: "GET /authors?select=name&name=ilike.č*", status: 200, want: `[{"name":"Čapek"}]`},
		{feature: "`match`", support: differs, note: "regular expressions both engines read alike: no classes by backslash, no back references", request: "GET /books?select=title&title=match.^E.*a$", status: 200, want: `[{"title":"Emma"}]`},
		{feature: "`imatch`", support: differs, note: "folds letters as Unicode does", request: "GET /books?select=title&title=imatch.^e", status: 200, want: `[{"title":"Emma"}]`},
		{feature: "`in`, with quotes and backslashes around what is special", request: `GET /books?select=id&title=in.(Emma,"R.U.R.,%20\"a%20play\"")`, status: 200, want: `[{"id":1},{"id":4}]`},
		{feature: "`is`: `null`, `not_null`, `true`, `false`, `unknown`", request: "GET /books?select=id&year=is.null", status: 200, want: `[{"id":4}]`},
		{feature: "`not.` in front of any", request: "GET /books?select=id&in_print=not.is.true", status: 200, want: `[{"id":4}]`},
		{feature: "`or` and `and`, nested", request: "GET /books?select=id&or=(year.lt.1816,and(year.is.null,not.in_print.is.true))", status: 200, want: `[{"id":1},{"id":4}]`},
		{feature: "`not.or`, `not.and`", request: "GET /books?select=id&not.or=(id.eq.1,id.eq.2)", status: 200, want: `[{"id":3},{"id":4}]`},
		{feature: "a value that is none of its column", request: "GET /books?year=eq.soon", status: 400, want: "22P02"},
		{feature: "a column the caller may not read", support: differs, note: "is not there", as: "bob", request: "GET /books?cost=gt.1", status: 400, want: "42703"},
		{feature: "a filter that does not parse", request: "GET /books?year=1815", status: 400, want: "PGRST100"},
		{feature: "`isdistinct`", support: missing, request: "GET /books?year=isdistinct.1815", status: 400, want: "PGRST127"},
		{feature: "`any` and `all`", support: missing, request: "GET /books?year=eq(any).{1815,1817}", status: 400, want: "PGRST127"},
		{feature: "`cs`, `cd`, `ov`", support: missing, request: `GET /books?details=cs.{"pages":474}`, status: 400, want: "PGRST127"},
		{feature: "ranges: `sl`, `sr`, `nxr`, `nxl`, `adj`", support: missing, request: "GET /books?year=sl.[1,2)", status: 400, want: "PGRST127"},
		{feature: "full text: `fts`, `plfts`, `phfts`, `wfts`", support: missing, request: "GET /books?title=fts.emma", status: 400, want: "PGRST127"},
		{feature: "JSON paths", support: missing, request: "GET /books?details->>format=eq.paper", status: 400, want: "PGRST127"},
	},
}
