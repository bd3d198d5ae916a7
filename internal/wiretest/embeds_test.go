package wiretest_test

var embeds = section{
	title: "Embeds",
	intro: "A relation exists for a caller who may read its target, its junction and the foreign key behind it. Rows of an embed pass the rules of their own table.",
	rows: []row{
		{feature: "to one", request: "GET /books?select=title,author(name)&id=eq.1", status: 200, want: `[{"title":"Emma","author":{"name":"Austen"}}]`},
		{feature: "to many", request: "GET /authors?select=name,books(title)&id=lte.2", status: 200, want: `[{"name":"Austen","books":[{"title":"Emma"},{"title":"Persuasion"}]},{"name":"Borges","books":[{"title":"Ficciones"}]}]`},
		{feature: "many to many", request: "GET /books?select=title,genres(name)&id=eq.3", status: 200, want: `[{"title":"Ficciones","genres":[{"name":"Short story"}]}]`},
		{feature: "nested, to 4 levels", request: "GET /genres?select=code,books(title,author(name))&code=eq.play", status: 200, want: `[{"code":"play","books":[{"title":"R.U.R., \"a play\"","author":{"name":"Čapek"}}]}]`},
		{feature: "by the name of the target where that is unique, and with an alias", request: "GET /books?select=id,writer:authors(name)&id=eq.1", status: 200, want: `[{"id":1,"writer":{"name":"Austen"}}]`},
		{feature: "rows the caller may not see are not there", as: "bob", request: "GET /books?select=id,reviews(stars)&id=lte.2", status: 200, want: `[{"id":1,"reviews":[{"stars":5},{"stars":2}]},{"id":2,"reviews":[]}]`},
		{feature: "a filter on an embed", request: "GET /authors?select=name,books(title)&books.year=gt.1816&id=eq.1", status: 200, want: `[{"name":"Austen","books":[{"title":"Persuasion"}]}]`},
		{feature: "`!inner`", request: "GET /authors?select=name,books!inner(title)&books.year=gt.1900", status: 200, want: `[{"name":"Borges","books":[{"title":"Ficciones"}]}]`},
		{feature: "`order`, `limit` and `offset` of an embed, for each parent on its own", request: "GET /authors?select=name,books(title)&books.order=title.desc&books.limit=1&id=lte.2", status: 200, want: `[{"name":"Austen","books":[{"title":"Persuasion"}]},{"name":"Borges","books":[{"title":"Ficciones"}]}]`},
		{feature: "groups on an embed", request: "GET /authors?select=name,books(title)&books.or=(year.eq.1815,year.eq.1944)&id=lte.2", status: 200, want: `[{"name":"Austen","books":[{"title":"Emma"}]},{"name":"Borges","books":[{"title":"Ficciones"}]}]`},
		{feature: "no such relation", request: "GET /books?select=title,shelves(*)", status: 400, want: "PGRST200"},
		{feature: "a filter on an embed that is not selected", request: "GET /authors?books.year=gt.1816", status: 400, want: "PGRST108"},
		{feature: "hints", support: missing, request: "GET /books?select=title,authors!author_id(name)", status: 400, want: "PGRST127"},
		{feature: "`!left`", support: missing, request: "GET /books?select=title,author!left(name)", status: 400, want: "PGRST127"},
		{feature: "anti-join", support: missing, request: "GET /authors?select=name,books()&books=is.null", status: 400, want: "PGRST127"},
	},
}
