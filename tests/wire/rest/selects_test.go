package rest_test

var selects = section{
	title: "select",
	rows: []row{
		{feature: "columns", request: "GET /books?select=title,year&id=eq.1", status: 200, want: `[{"title":"Emma","year":1815}]`},
		{feature: "`*`, also without `select`: every column the caller may read", request: "GET /genres?code=eq.play", status: 200, want: `[{"code":"play","name":"Play","rank":3}]`},
		{feature: "alias", request: "GET /books?select=name:title&id=eq.1", status: 200, want: `[{"name":"Emma"}]`},
		{feature: "an empty select", request: "GET /genres?select=", status: 200, want: `[{},{},{}]`},
		{feature: "casts", support: differs, note: "to `text`, `int8`, `float8`, `numeric`, `bool`, `date`, `timestamptz`, `uuid` and `json`, where both engines convert alike", request: "GET /books?select=year::text&id=eq.1", status: 200, want: `[{"year":"1815"}]`},
		{feature: "a column that is not there", request: "GET /books?select=shelf", status: 400, want: "42703"},
		{feature: "a column whose name is nearly one: the hint names it", request: "GET /books?select=titel", status: 400, want: `{"code":"42703","message":"column books.titel does not exist","details":null,"hint":"Perhaps you meant to reference the column \"books.title\"."}`},
		{feature: "a column the caller may not read", support: differs, note: "answers like one that is not there, here and wherever a name can stand", as: "bob", request: "GET /books?select=cost", status: 400, want: "42703"},
		{feature: "two members of one name", support: differs, note: "are refused", request: "GET /books?select=title,title:year", status: 400, want: "PGRST100"},
		{feature: "JSON paths: `->` is JSON, `->>` text, named by the last key", request: "GET /racks?select=meta->room->name,last:meta->sizes->>-1&limit=2", status: 200, want: `[{"name":"east","last":"20"},{"name":"west","last":null}]`},
		{feature: "casts of `->>`", support: differs, note: "to `int8`, `float8`, `numeric` and `bool`, of texts JSON would write so", request: "GET /racks?select=meta->room->>floor::int8&id=eq.2", status: 200, want: `[{"floor":10}]`},
		{feature: "such a cast of another text", request: "GET /racks?select=meta->room->>name::int8", status: 400, want: "22003"},
		{feature: "spread: the columns of a related row among those of the row", request: "GET /books?select=title,...author(writer:name,born)&id=eq.3", status: 200, want: `[{"title":"Ficciones","writer":"Borges","born":null}]`},
		{feature: "null where there is no related row", request: "GET /letters?select=subject,...recipient(to:name)", status: 200, want: `[{"subject":"Hello","to":"Bo"},{"subject":"To all","to":null}]`},
		{feature: "a spread in a spread, hints, `!inner` and filters", request: "GET /letters?select=subject,...people!recipient_id!inner(to:name,...teacher_id(teacher:name))&recipient_id=not.is.null&people.name=eq.Bo", status: 200, want: `[{"subject":"Hello","to":"Bo","teacher":"Ada"}]`},
		{feature: "embeds in a spread", request: "GET /reviews?select=stars,...book(title,genres(code),author(name))&limit=1", as: "bob", status: 200, want: `[{"stars":5,"title":"Emma","genres":[{"code":"novel"}],"author":{"name":"Austen"}}]`},
		{feature: "an array in a spread without a row", support: differs, note: "is empty, not null", request: "GET /letters?select=subject,...recipient(students(name))&id=eq.2", status: 200, want: `[{"subject":"To all","students":[]}]`},
		{feature: "a spread column of a name the row has", support: differs, note: "is refused, not sent twice", request: "GET /books?select=id,title,...author(id)", status: 400, want: "PGRST100"},
		{feature: "spread of a relation to many", support: missing, request: "GET /authors?select=name,...books(title)", status: 400, want: "PGRST127"},
		{feature: "aggregates in a spread", support: missing, request: "GET /books?select=title,...author(count())", status: 400, want: "PGRST127"},
	},
}
