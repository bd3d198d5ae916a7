package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func relationTopics() []topic {
	return []topic{
		{"Embeds", peopleModels(), store.Options{}, testEmbeds},
		{"EmbedsInGo", peopleModels(), store.Options{}, testEmbedsInGo},
		{"InnerEmbeds", peopleModels(), store.Options{}, testInnerEmbeds},
		{"RelatedFilters", peopleModels(), store.Options{}, testRelatedFilters},
		{"RelatedOrder", peopleModels(), store.Options{}, testRelatedOrder},
		{"NamesAndCasts", peopleModels(), store.Options{}, testNamesAndCasts},
	}
}

// named embeds a relation and selects names only.
func named(relation string, with ...query.Embed) query.Embed {
	return query.Embed{Relation: relation, Query: query.Query{Select: columns("name"), With: with}}
}

// embedCases are queries on people with embeds, and their answers.
var embedCases = []struct {
	name string
	q    query.Query
	want string
}{
	{
		"to one",
		query.Query{Select: columns("name"), With: []query.Embed{named("country")}},
		`[{"name":"Ada","country":{"name":"Germany"}},{"name":"Bo","country":{"name":"France"}},{"name":"Cy","country":null},` +
			`{"name":"Di","country":{"name":"Germany"}},{"name":"Ed","country":{"name":"France"}}]`,
	},
	{
		"to one from the other side",
		query.Query{
			Select: columns("name"), Limit: store.Limit(3),
			With: []query.Embed{{Relation: "passport", Query: query.Query{Select: columns("number")}}},
		},
		`[{"name":"Ada","passport":{"number":"A1"}},{"name":"Bo","passport":null},{"name":"Cy","passport":{"number":"C3"}}]`,
	},
	{
		"to many and none",
		query.Query{Select: columns("name"), With: []query.Embed{named("reports")}},
		`[{"name":"Ada","reports":[{"name":"Bo"},{"name":"Cy"}]},{"name":"Bo","reports":[{"name":"Di"}]},{"name":"Cy","reports":[]},` +
			`{"name":"Di","reports":[]},{"name":"Ed","reports":[]}]`,
	},
	{
		"many to many",
		query.Query{Select: columns("name"), With: []query.Embed{named("clubs")}},
		`[{"name":"Ada","clubs":[{"name":"chess"},{"name":"rowing"}]},{"name":"Bo","clubs":[{"name":"chess"}]},` +
			`{"name":"Cy","clubs":[{"name":"rowing"}]},{"name":"Di","clubs":[{"name":"chess"}]},{"name":"Ed","clubs":[]}]`,
	},
	{
		"to its own table, both ways",
		query.Query{Select: columns("name"), Where: store.Eq("id", 2), With: []query.Embed{named("boss"), named("reports")}},
		`[{"name":"Bo","boss":{"name":"Ada"},"reports":[{"name":"Di"}]}]`,
	},
	{
		"three levels",
		query.Query{
			Select: columns("name"), Where: store.Eq("id", 1),
			With: []query.Embed{named("reports", named("clubs", named("members", named("country"))))},
		},
		`[{"name":"Ada","reports":[{"name":"Bo","clubs":[{"name":"chess","members":[{"name":"Ada","country":{"name":"Germany"}},` +
			`{"name":"Bo","country":{"name":"France"}},{"name":"Di","country":{"name":"Germany"}}]}]},` +
			`{"name":"Cy","clubs":[{"name":"rowing","members":[{"name":"Ada","country":{"name":"Germany"}},{"name":"Cy","country":null}]}]}]}]`,
	},
	{
		"a filter leaves parents",
		query.Query{Select: columns("name"), Limit: store.Limit(2), With: []query.Embed{
			{Relation: "reports", Query: query.Query{Select: columns("name"), Where: store.Eq("name", "Cy")}},
			{Relation: "country", Query: query.Query{Select: columns("name"), Where: store.Eq("code", "FR")}},
		}},
		`[{"name":"Ada","reports":[{"name":"Cy"}],"country":null},{"name":"Bo","reports":[],"country":{"name":"France"}}]`,
	},
	{
		"an embed in the place of a column",
		query.Query{
			Select: columns("id", "name"), Where: store.Eq("id", 2),
			With: []query.Embed{{Relation: "country", As: "name", Query: query.Query{Select: columns("code")}}},
		},
		`[{"id":2,"name":{"code":"FR"}}]`,
	},
	{
		"the same relation twice",
		query.Query{Select: []query.Selected{}, Where: store.Eq("id", 1), With: []query.Embed{
			{Relation: "reports", As: "a", Query: query.Query{Select: columns("name"), Limit: store.Limit(1)}},
			{Relation: "reports", As: "b", Query: query.Query{Select: columns("name"), Offset: 1}},
		}},
		`[{"a":[{"name":"Bo"}],"b":[{"name":"Cy"}]}]`,
	},
	{
		"by the name of the table",
		query.Query{Select: []query.Selected{}, Where: store.Eq("id", 2), With: []query.Embed{named("countries")}},
		`[{"countries":{"name":"France"}}]`,
	},
	{
		"nothing selected",
		query.Query{Select: []query.Selected{}, Where: store.Eq("id", 1), With: []query.Embed{
			{Relation: "reports", Query: query.Query{Select: []query.Selected{}}},
			{Relation: "boss", Query: query.Query{Select: []query.Selected{}}},
			{Relation: "country", Query: query.Query{Select: []query.Selected{}}},
		}},
		`[{"reports":[{},{}],"boss":null,"country":{}}]`,
	},
	{
		"the whole row",
		query.Query{Where: store.Eq("id", 3), With: []query.Embed{{Relation: "passport"}}},
		`[{"id":3,"name":"Cy","boss_id":1,"country_code":null,"height":2,"passport":{"number":"C3","person_id":3}}]`,
	},
}

func testEmbeds(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	g := gateOf[person](db)
	for _, tt := range embedCases {
		if got := read(t, g, tt.q); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	wantRead(t, gateOf[country](db), query.Query{
		Select: columns("code"), Order: []store.Order{{Column: "code", Desc: true}},
		With: []query.Embed{{Relation: "people", Query: query.Query{
			Select: columns("name"), Order: []store.Order{{Column: "name", Desc: true}}, Limit: store.Limit(1),
		}}},
	}, `[{"code":"XX","people":[]},{"code":"FR","people":[{"name":"Ed"}]},{"code":"DE","people":[{"name":"Di"}]}]`)
	for _, relation := range []string{"country", "passport"} {
		with := query.Embed{Relation: relation, Query: query.Query{Offset: 1}}
		wantCode(t, "an offset of "+relation, readError(t, g, query.Query{With: []query.Embed{with}}), "PGRST127")
		with.Spread = true
		wantCode(t, "an offset of "+relation+", spread", readError(t, g, query.Query{With: []query.Embed{with}}), "PGRST127")
	}
}

// testEmbedsInGo loads relations into structs, by the same statements.
func testEmbedsInGo(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	q := store.Query{Where: store.Eq("id", 1), With: []store.Embed{
		{Relation: "country"},
		{Relation: "boss"},
		{Relation: "passport"},
		{Relation: "reports", Query: store.Query{With: []store.Embed{{Relation: "boss"}, {Relation: "clubs"}}}},
		{Relation: "clubs", Query: store.Query{With: []store.Embed{{Relation: "members"}}}},
	}}
	ada := value(store.For[person](db).First(t.Context(), q))(t)
	if ada.Boss != nil || ada.Country == nil || ada.Country.Name != "Germany" || ada.Passport == nil || ada.Passport.Number != "A1" {
		t.Errorf("relations to one: %+v", ada)
	}
	if len(ada.Reports) != 2 || ada.Reports[1].Name != "Cy" || ada.Reports[1].Boss.Name != "Ada" || ada.Reports[1].Clubs[0].Name != "rowing" {
		t.Errorf("reports: %+v", ada.Reports)
	}
	if len(ada.Clubs) != 2 || len(ada.Clubs[0].Members) != 3 || ada.Clubs[0].Members[2].Name != "Di" || ada.Clubs[0].Members[2].Height != 1.8 {
		t.Errorf("clubs: %+v", ada.Clubs)
	}
}

func testInnerEmbeds(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	inner := func(e query.Embed, where store.Cond) query.Embed {
		e.Inner, e.Query.Where = true, where
		return e
	}
	none := store.Cond{}
	for _, tt := range []struct {
		name string
		with query.Embed
		want string
	}{
		{
			"to one", inner(named("country"), store.Eq("code", "FR")),
			`[{"name":"Bo","country":{"name":"France"}},{"name":"Ed","country":{"name":"France"}}]`,
		},
		{
			"to many", inner(named("reports"), store.Eq("name", "Cy")),
			`[{"name":"Ada","reports":[{"name":"Cy"}]}]`,
		},
		{
			"many to many", inner(named("clubs"), store.Eq("name", "rowing")),
			`[{"name":"Ada","clubs":[{"name":"rowing"}]},{"name":"Cy","clubs":[{"name":"rowing"}]}]`,
		},
		{
			"nested", inner(named("reports", inner(named("reports"), none)), none),
			`[{"name":"Ada","reports":[{"name":"Bo","reports":[{"name":"Di"}]}]}]`,
		},
		{
			"inner below outer filters the relation only", named("reports", inner(query.Embed{Relation: "passport"}, none)),
			`[{"name":"Ada","reports":[{"name":"Cy","passport":{"number":"C3","person_id":3}}]},{"name":"Bo","reports":[]},` +
				`{"name":"Cy","reports":[]},{"name":"Di","reports":[]},{"name":"Ed","reports":[]}]`,
		},
	} {
		q := query.Query{Select: columns("name"), With: []query.Embed{tt.with}}
		q.Count = true
		if got := read(t, gateOf[person](db), q); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	var out query.Rows
	q := query.Query{With: []query.Embed{inner(named("country"), none)}, Count: true, Limit: store.Limit(0)}
	if err := gateOf[person](db).Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil || out.Total != 4 || out.Count != 0 {
		t.Errorf("count of an inner embed: %d, %d rows, %v, want 4", out.Total, out.Count, err)
	}
}

func testRelatedFilters(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	for _, tt := range []struct {
		name string
		cond store.Cond
		want string
	}{
		{"has", store.Related("passport", store.Cond{}), `[{"id":1},{"id":3}]`},
		{"has none", store.Not(store.Related("country", store.Cond{})), `[{"id":3}]`},
		{"to one", store.Related("country", store.Eq("name", "France")), `[{"id":2},{"id":5}]`},
		{"to many", store.Related("reports", store.Compare("height", query.OpGt, 1.9)), `[{"id":1}]`},
		{"many to many", store.Related("clubs", store.Eq("name", "rowing")), `[{"id":1},{"id":3}]`},
		{"own table", store.Related("boss", store.Eq("name", "Ada")), `[{"id":2},{"id":3}]`},
		{"own table twice", store.Related("boss", store.Related("boss", store.Eq("name", "Ada"))), `[{"id":4}]`},
		{"not is never unknown", store.Not(store.Related("boss", store.Eq("country_code", "DE"))), `[{"id":1},{"id":4},{"id":5}]`},
		{"beside", store.Or(store.Related("clubs", store.Eq("id", 20)), store.Eq("name", "Ed")), `[{"id":1},{"id":3},{"id":5}]`},
	} {
		q := query.Query{Select: columns("id"), Where: tt.cond}
		if got := read(t, gateOf[person](db), q); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func testRelatedOrder(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	g := gateOf[person](db)
	for _, tt := range []struct {
		order []store.Order
		want  string
	}{
		{[]store.Order{{Relation: "country", Column: "name"}}, `[{"id":2},{"id":5},{"id":1},{"id":4},{"id":3}]`},
		{[]store.Order{{Relation: "country", Column: "name", Desc: true}}, `[{"id":3},{"id":4},{"id":1},{"id":5},{"id":2}]`},
		{
			[]store.Order{{Relation: "country", Column: "name", Nulls: query.NullsFirst}, {Column: "id", Desc: true}},
			`[{"id":3},{"id":5},{"id":2},{"id":4},{"id":1}]`,
		},
		{[]store.Order{{Relation: "boss", Column: "name", Nulls: query.NullsFirst}}, `[{"id":1},{"id":5},{"id":2},{"id":3},{"id":4}]`},
		{[]store.Order{{Relation: "passport", Column: "number", Desc: true, Nulls: query.NullsLast}}, `[{"id":3},{"id":1},{"id":5},{"id":4},{"id":2}]`},
	} {
		q := query.Query{Select: columns("id"), Order: tt.order}
		wantRead(t, g, q, tt.want)
		var walked string
		for range 10 {
			var out query.Rows
			page := q
			if err := g.Read(t.Context(), &page, query.ReadOptions{MaxRows: 2, Page: true}, &out); err != nil {
				t.Fatal(err)
			}
			if walked != "" && out.Count > 0 {
				walked += ","
			}
			walked += string(out.Body)
			if q.After = out.Next; !out.More {
				break
			}
		}
		if "["+walked+"]" != tt.want {
			t.Errorf("pages in order %+v: [%s], want %s", tt.order, walked, tt.want)
		}
	}
	err := readError(t, g, query.Query{Order: []store.Order{{Relation: "clubs", Column: "name"}}})
	wantCode(t, "order by a relation to many", err, "PGRST118")
}

func testNamesAndCasts(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	g := gateOf[person](db)
	wantRead(t, g, query.Query{
		Where: store.Eq("id", 2), Select: []query.Selected{
			{Column: "id", As: `"quoted'`},
			{Column: "id", As: "n", Cast: "text"},
			{Column: "height", Cast: "text"},
			{Column: "id", As: "f", Cast: "float8"},
			{Column: "boss_id", As: "ü"},
			{Column: "country_code", As: "id"},
		},
	}, `[{"\"quoted'":2,"n":"2","height":"1.6","f":2,"ü":1,"id":"FR"}]`)
	wantRead(t, g, query.Query{
		Where: store.Eq("id", 1), Select: []query.Selected{{Column: "boss_id", As: "b", Cast: "text"}, {Column: "*"}},
	}, `[{"b":null,"id":1,"name":"Ada","boss_id":null,"country_code":"DE","height":1.7}]`)
	wantRead(t, g, query.Query{
		Where: store.Eq("id", 2), Select: []query.Selected{}, With: []query.Embed{
			{Relation: "boss", As: `a"b`, Query: query.Query{Select: []query.Selected{{Column: "name", As: "\\"}, {Column: "height", As: "h", Cast: "text"}}}},
		},
	}, `[{"a\"b":{"\\":"Ada","h":"1.7"}}]`)
	wantCode(t, "a name twice", readError(t, g, query.Query{Select: []query.Selected{{Column: "id", As: "x"}, {Column: "name", As: "x"}}}), "PGRST100")
	wantCode(t, "an unknown type", readError(t, g, query.Query{Select: []query.Selected{{Column: "id", Cast: "int); drop table people"}}}), "42704")
	wantCode(t, "a cast the engines do differently", readError(t, g, query.Query{Select: []query.Selected{{Column: "name", Cast: "int"}}}), "42846")
}
