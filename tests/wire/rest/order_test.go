package rest_test

var order = section{
	title: "Order",
	intro: "Rows without an order come in key order. Those of a view come in the order of the columns that are selected, unless its model declares a key with `store.View` and `pk`; a JSON document or an array has no order. Rows that are equal in an order come by key, in the direction of its last column, so one index on the columns and the key serves both directions. NULL is the greatest value unless `nullsfirst` or `nullslast` says otherwise.",
	rows: []row{
		{feature: "`asc`, `desc`, several keys", request: "GET /books?select=id&order=author_id.desc,title", status: 200, want: `[{"id":4},{"id":3},{"id":1},{"id":2}]`},
		{feature: "rows that are equal", note: "by key, in the direction of the last column", request: "GET /books?select=id&order=author_id.desc", status: 200, want: `[{"id":4},{"id":3},{"id":2},{"id":1}]`},
		{feature: "NULL is last, of `desc` first", request: "GET /books?select=id&order=year.desc", status: 200, want: `[{"id":4},{"id":3},{"id":2},{"id":1}]`},
		{feature: "`nullsfirst`, `nullslast`", request: "GET /books?select=id&order=year.desc.nullslast", status: 200, want: `[{"id":3},{"id":2},{"id":1},{"id":4}]`},
		{feature: "a column of a relation to one", request: "GET /books?select=id&order=author(name).desc,id", status: 200, want: `[{"id":4},{"id":3},{"id":1},{"id":2}]`},
		{feature: "a column of a relation to many", request: "GET /authors?select=name,books(title)&order=books(title)", status: 400, want: "PGRST118"},
		{feature: "a column the caller may not read", support: differs, note: "is not there", as: "bob", request: "GET /books?order=cost", status: 400, want: "42703"},
		{feature: "JSON paths: `->>`, as text", request: "GET /racks?select=id&order=meta->room->>floor", status: 200, want: `[{"id":1},{"id":2},{"id":3}]`},
		{feature: "a view", note: "in the order of the columns that are selected; PostgREST leaves it to the database", support: differs, request: "GET /readings?select=title,days&limit=3&offset=1", status: 200, want: `[{"title":"Emma","days":3},{"title":"Emma","days":3},{"title":"Emma","days":5}]`},
		{feature: "rows of a view that are equal in an order", support: differs, note: "by the columns that are selected", request: "GET /readings?order=title.desc&limit=3", status: 200, want: `[{"title":"Emma","days":9},{"title":"Emma","days":5},{"title":"Emma","days":3}]`},
		{feature: "a view whose model declares a key", support: differs, note: "in key order", request: "GET /members?select=days", status: 200, want: `[{"days":5},{"days":30},{"days":9}]`},
		{feature: "`->`", support: differs, note: "has no order", request: "GET /racks?order=meta->room->floor", status: 400, want: "42804"},
	},
}
