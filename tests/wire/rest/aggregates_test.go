package rest_test

var aggregates = section{
	title: "Aggregates",
	intro: "Aggregates are on by default, because they are bounded: they are made of the rows the caller may see, of columns the caller may read and the policy lists (`Policy.Aggregates`; all of them without a list), at most 16 in a request, and the rows of the answer are counted against the same limits as any others.",
	rows: []row{
		{feature: "`count()` of all rows the filter selects", request: "GET /books?select=count()&year=gt.1816", status: 200, has: []string{"Content-Range: 0-0/*"}, want: `[{"count":2}]`},
		{feature: "`sum()`, `avg()`, `min()`, `max()` and `count()` of a column, with aliases", request: "GET /books?select=total:price.sum(),mean:price.avg(),from:year.min(),to:year.max(),dated:year.count()", status: 200, want: `[{"total":44.65,"mean":11.1625000000000000,"from":1815,"to":1944,"dated":3}]`},
		{feature: "groups by the columns that are selected", note: "in their order unless `order` names some of them", request: "GET /books?select=author_id,price.sum()", status: 200, has: []string{"Content-Range: 0-2/*", "Link: "}, want: `[{"author_id":1,"sum":22.40},{"author_id":2,"sum":15},{"author_id":3,"sum":7.25}]`},
		{feature: "`order`, `limit` and `offset` of groups", request: "GET /books?select=author_id,count()&order=author_id.desc&limit=1&offset=1", status: 200, want: `[{"author_id":2,"count":1}]`},
		{feature: "`count=exact`", support: differs, note: "counts the groups, of which Content-Range speaks; PostgREST counts the rows behind them", request: "GET /books?select=author_id,count()&limit=1", header: []string{"Prefer: count=exact"}, status: 206, has: []string{"Content-Range: 0-0/3"}, want: `[{"author_id":1,"count":2}]`},
		{feature: "casts before and behind", request: "GET /books?select=printed:in_print::int.sum(),n:count()::text", status: 200, want: `[{"printed":3,"n":"4"}]`},
		{feature: "of the related rows of each row", request: "GET /authors?select=name,books(count(),year.max())&id=lte.2", status: 200, want: `[{"name":"Austen","books":[{"count":2,"max":1817}]},{"name":"Borges","books":[{"count":1,"max":1944}]}]`},
		{feature: "`relation(count)`, the old form", note: "`count` means `count()` where there is no column of this name", request: "GET /genres?select=code,books(count)", status: 200, want: `[{"code":"novel","books":[{"count":2}]},{"code":"play","books":[{"count":1}]},{"code":"story","books":[{"count":1}]}]`},
		{feature: "one object", request: "GET /books?select=price.max()", header: []string{"Accept: application/vnd.pgrst.object+json"}, status: 200, want: `{"max":15.00}`},
		{feature: "of nothing", note: "is null, and a count 0", request: "GET /books?select=count(),price.sum(),year.avg()&id=eq.99", status: 200, want: `[{"count":0,"sum":null,"avg":null}]`},
		{feature: "only of rows the caller may see", as: "bob", request: "GET /reviews?select=count(),stars.sum()", status: 200, want: `[{"count":2,"sum":7}]`},
		{feature: "of a column the caller may not read", as: "bob", request: "GET /books?select=cost.sum()", status: 400, want: "42703"},
		{feature: "of a column of another kind", note: "400, where PostgREST has 404", support: differs, request: "GET /books?select=title.sum()", status: 400, want: "42804"},
		{feature: "an aggregate there is not", request: "GET /books?select=price.median()", status: 400, want: "PGRST100"},
		{feature: "order by what is not grouped by", request: "GET /books?select=author_id,count()&order=title", status: 400, want: "42803"},
		{feature: "more aggregates than are allowed", support: ours, request: "GET /books?select=a:id.max(),b:id.max(),c:id.max(),d:id.max(),e:id.max(),f:id.max(),g:id.max(),h:id.max(),i:id.max(),j:id.max(),k:id.max(),l:id.max(),m:id.max(),n:id.max(),o:id.max(),p:id.max(),q:id.max()", status: 400, want: "PL001"},
		{feature: "a cursor", support: ours, note: "does not continue groups", request: "GET /books?select=author_id,count()&after=AAAA", status: 400, want: "PGRST127"},
		{feature: "embeds beside aggregates", support: missing, request: "GET /books?select=count(),author(name)", status: 400, want: "PGRST127"},
		{feature: "of a single row, and of written rows", support: missing, request: "GET /books/1?select=count()", status: 400, want: "PGRST127"},
	},
	notes: `
The values are the same on both engines, to the last digit. A sum of integers or decimals is an exact decimal number with the largest scale of its values; an average is rounded half away from zero to at least 16 digits, as PostgreSQL does it. Floats are added as the decimal numbers they are written as, so that the sum does not depend on the order of rows: 0.1, 0.2 and 0.3 are 0.6. Decimals that are equal are one group, and it, ` + "`min()` and `max()`" + ` show the largest scale.
`,
}
