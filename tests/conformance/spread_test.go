package conformance_test

import (
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// Tomes lead to a series and, without a key that says there is but one, to a
// cover:
//
//	1 One  of Saga  cover 7
//	2 Two  of Saga
//	3 Lone
type tome struct {
	bun.BaseModel `bun:"table:tomes"`
	store.Untracked
	ID       int64  `bun:",pk"`
	Title    string `bun:",notnull"`
	SeriesID *int64
	Series   *series `bun:"rel:belongs-to,join:series_id=id"`
	Cover    *cover  `bun:"rel:has-one,join:id=tome_id"`
}

type series struct {
	bun.BaseModel `bun:"table:series"`
	store.Untracked
	ID    int64   `bun:",pk"`
	Name  string  `bun:",notnull"`
	Tomes []*tome `bun:"rel:has-many,join:id=series_id"`
}

type cover struct {
	bun.BaseModel `bun:"table:covers"`
	store.Untracked
	ID     int64         `bun:",pk"`
	TomeID int64         `bun:",notnull"`
	Hard   bool          `bun:",notnull"`
	Size   float64       `bun:",notnull"`
	Price  store.Decimal `bun:",notnull"`
	Meta   store.JSON    `bun:",notnull"`
	Words  []string      `bun:",array,notnull"`
	Tome   *tome         `bun:"rel:belongs-to,join:tome_id=id"`
}

func spreadTopics() []topic {
	return []topic{{"Spread", []any{series{}, tome{}, cover{}}, store.Options{}, testSpread}}
}

// spreading spreads a relation.
func spreading(relation string, q query.Query) query.Embed {
	return query.Embed{Relation: relation, Spread: true, Query: q}
}

// as selects a column under another name.
func as(name, column string) query.Selected { return query.Selected{Column: column, As: name} }

func testSpread(t *testing.T, db *store.DB) {
	price, err := store.ParseDecimal("1.50")
	if err != nil {
		t.Fatal(err)
	}
	insert(t, db, &series{ID: 5, Name: "Saga"})
	insert(t, db, &tome{ID: 1, Title: "One", SeriesID: new(int64(5))}, &tome{ID: 2, Title: "Two", SeriesID: new(int64(5))}, &tome{ID: 3, Title: "Lone"})
	insert(t, db, &cover{ID: 7, TomeID: 1, Hard: true, Size: 1e21, Price: price, Meta: `{"a":[1,"x"]}`, Words: []string{"a", "b c"}})
	g := gateOf[tome](db)
	titles := query.Query{Select: columns("title")}
	name := []query.Selected{as("series", "name")}
	for _, tt := range []struct {
		what string
		with []query.Embed
		want string
	}{
		{
			"of values of every form",
			[]query.Embed{spreading("cover", query.Query{Select: columns("hard", "size", "price", "meta", "words")})},
			`[{"title":"One","hard":true,"size":1e+21,"price":1.50,"meta":{"a":[1,"x"]},"words":["a","b c"]},` +
				`{"title":"Two","hard":null,"size":null,"price":null,"meta":null,"words":null},{"title":"Lone","hard":null,"size":null,"price":null,"meta":null,"words":null}]`,
		},
		{
			"of embeds",
			[]query.Embed{spreading("cover", query.Query{Select: columns("id"), With: []query.Embed{{Relation: "tome", Query: titles}}})},
			`[{"title":"One","id":7,"tome":{"title":"One"}},{"title":"Two","id":null,"tome":null},{"title":"Lone","id":null,"tome":null}]`,
		},
		{
			"of arrays",
			[]query.Embed{spreading("series", query.Query{Select: name, With: []query.Embed{{Relation: "tomes", Query: titles}}})},
			`[{"title":"One","series":"Saga","tomes":[{"title":"One"},{"title":"Two"}]},{"title":"Two","series":"Saga","tomes":[{"title":"One"},{"title":"Two"}]},` +
				`{"title":"Lone","series":null,"tomes":[]}]`,
		},
		{
			"in a spread",
			[]query.Embed{spreading("cover", query.Query{Select: columns("hard"), With: []query.Embed{
				spreading("tome", query.Query{Select: []query.Selected{as("t", "title")}, With: []query.Embed{spreading("series", query.Query{Select: name})}}),
			}})},
			`[{"title":"One","hard":true,"t":"One","series":"Saga"},{"title":"Two","hard":null,"t":null,"series":null},{"title":"Lone","hard":null,"t":null,"series":null}]`,
		},
		{
			"in an embed",
			[]query.Embed{{Relation: "series", Query: query.Query{Select: columns("name"), With: []query.Embed{
				{Relation: "tomes", Query: query.Query{Select: columns("id"), With: []query.Embed{spreading("cover", query.Query{Select: columns("hard")})}}},
			}}}},
			`[{"title":"One","series":{"name":"Saga","tomes":[{"id":1,"hard":true},{"id":2,"hard":null}]}},` +
				`{"title":"Two","series":{"name":"Saga","tomes":[{"id":1,"hard":true},{"id":2,"hard":null}]}},{"title":"Lone","series":null}]`,
		},
		{
			"of nothing, between others",
			[]query.Embed{spreading("cover", query.Query{Select: columns()}), spreading("series", query.Query{Select: name}), {Relation: "cover", Query: query.Query{Select: columns("id")}}},
			`[{"title":"One","series":"Saga","cover":{"id":7}},{"title":"Two","series":"Saga","cover":null},{"title":"Lone","series":null,"cover":null}]`,
		},
		{
			"with a filter",
			[]query.Embed{spreading("series", query.Query{Select: name, Where: store.Eq("name", "x")})},
			`[{"title":"One","series":null},{"title":"Two","series":null},{"title":"Lone","series":null}]`,
		},
		{
			"inner",
			[]query.Embed{{Relation: "cover", Spread: true, Inner: true, Query: query.Query{Select: columns("hard")}}},
			`[{"title":"One","hard":true}]`,
		},
	} {
		if got := read(t, g, query.Query{Select: columns("title"), With: tt.with}); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.what, got, tt.want)
		}
	}
	testSpreadRefused(t, db)
}

// testSpreadRefused names what cannot be spread.
func testSpreadRefused(t *testing.T, db *store.DB) {
	for _, tt := range []struct {
		what, code string
		q          query.Query
	}{
		{"many", "PGRST127", query.Query{With: []query.Embed{spreading("tomes", query.Query{Select: columns("title")})}}},
		{"aggregate", "PGRST127", query.Query{With: []query.Embed{{Relation: "tomes", Query: query.Query{Select: columns("title"), With: []query.Embed{
			spreading("cover", query.Query{Select: []query.Selected{{Aggregate: query.AggregateCount}}}),
		}}}}}},
		{"taken", "PGRST100", query.Query{With: []query.Embed{{Relation: "tomes", Query: query.Query{With: []query.Embed{spreading("cover", query.Query{})}}}}}},
		{"taken by an embed", "PGRST100", query.Query{With: []query.Embed{{Relation: "tomes", Query: query.Query{Select: columns(), With: []query.Embed{
			spreading("cover", query.Query{Select: columns("hard")}), {Relation: "cover", As: "hard"},
		}}}}}},
		{"taken by a spread", "PGRST100", query.Query{With: []query.Embed{{Relation: "tomes", Query: query.Query{Select: columns(), With: []query.Embed{
			spreading("cover", query.Query{Select: columns("id")}), spreading("series", query.Query{Select: columns("id")}),
		}}}}}},
	} {
		err := readError(t, gateOf[series](db), tt.q)
		if _, ok := errors.AsType[*fault.QueryError](err); !ok || problem.Code(err) != tt.code {
			t.Errorf("%s: %v, want %s", tt.what, err, tt.code)
		}
	}
}
