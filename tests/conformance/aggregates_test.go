package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func aggregateTopics() []topic {
	return []topic{
		{"Aggregates", []any{everything{}}, store.Options{}, testAggregates},
		{"AggregatesOfEmbeds", peopleModels(), store.Options{}, testAggregatesOfEmbeds},
		{"AggregatesRefused", []any{everything{}}, store.Options{}, testAggregatesRefused},
		{"AggregatesRefusedOfEmbeds", peopleModels(), store.Options{}, testAggregatesRefusedOfEmbeds},
		{"AggregatesOfGuards", []any{everything{}}, store.Options{}, testAggregatesOfGuards},
	}
}

// aggregated are the rows of testAggregates: three of group a, one of b, one of
// group B with every nullable column NULL.
var aggregated = []string{
	`{"id":1,"text":"a","n_text":"x","yes":true,"n_yes":true,"int":9223372036854775807,"n_int":1,"small":1,"float":0.1,"n_float":0.1, "dec":1.5,"n_dec":1.5,"at":"2024-01-02T23:00:00Z","n_at":"2024-01-02T23:00:00Z","day":"2024-01-02","n_day":"2024-01-02", "uid":"00000000-0000-0000-0000-00000000000f","n_uid":"00000000-0000-0000-0000-00000000000f","n_bytes":"\\x01","n_doc":{},"n_list":[]}`,
	`{"id":2,"text":"a","n_text":"É","yes":false,"n_yes":false,"int":9223372036854775807,"n_int":2,"small":2,"float":0.2,"n_float":0.2, "dec":1.500,"n_dec":-7,"at":"2024-01-03T01:00:00Z","n_at":"2024-01-03T01:00:00Z","day":"2024-01-03","n_day":"2024-01-03", "uid":"00000000-0000-0000-0000-0000000000a0","n_uid":"00000000-0000-0000-0000-0000000000a0","n_bytes":"\\x0100"}`,
	`{"id":3,"text":"a","n_text":"Z","yes":true,"int":1,"small":3,"float":0.3,"dec":10.25,"at":"2024-01-02T05:00:00Z", "day":"1999-12-31","uid":"00000000-0000-0000-0000-000000000010","n_bytes":"\\xff"}`,
	`{"id":4,"text":"b","n_text":"é","yes":true,"n_yes":true,"int":-5,"n_int":-5,"small":-5,"float":1e300,"n_float":-1e-300, "dec":-0.007,"n_dec":12345678901234567890123456789,"at":"2024-01-02T05:00:00Z","day":"2024-01-02","uid":"00000000-0000-0000-0000-00000000000b"}`,
	`{"id":5,"text":"B","yes":false,"int":0,"small":0,"float":0,"dec":0,"at":"2024-01-02T05:00:00Z","day":"2024-01-02","uid":"00000000-0000-0000-0000-00000000000c"}`,
}

// agg selects an aggregate of a column under a name.
func agg(as string, a query.Aggregate, column string) query.Selected {
	return query.Selected{As: as, Aggregate: a, Column: column}
}

// plain selects columns and behind them aggregates.
func plain(names []string, list ...query.Selected) []query.Selected {
	return append(columns(names...), list...)
}

const (
	count = query.AggregateCount
	sum   = query.AggregateSum
	avg   = query.AggregateAvg
	least = query.AggregateMin
	most  = query.AggregateMax
)

// aggregateCases are selections and their answers. The averages are what
// PostgreSQL prints.
var aggregateCases = []struct {
	name string
	q    query.Query
	want string
}{
	{"rows", query.Query{Select: []query.Selected{agg("", count, "")}}, `[{"count":5}]`},
	{"rows by the old name", query.Query{Select: columns("count")}, `[{"count":5}]`},
	{"values", query.Query{Select: []query.Selected{agg("rows", count, ""), agg("ints", count, "n_int"), agg("docs", count, "n_doc"), agg("lists", count, "n_list")}}, `[{"rows":5,"ints":3,"docs":1,"lists":1}]`},
	{"groups", query.Query{Select: plain([]string{"text"}, agg("", count, ""))}, `[{"text":"B","count":1},{"text":"a","count":3},{"text":"b","count":1}]`},
	{"groups downwards", query.Query{Select: plain([]string{"text"}, agg("", count, "")), Order: []store.Order{{Column: "text", Desc: true}}}, `[{"text":"b","count":1},{"text":"a","count":3},{"text":"B","count":1}]`},
	{"page of groups", query.Query{Select: plain([]string{"text"}, agg("", count, "")), Offset: 1, Limit: store.Limit(1)}, `[{"text":"a","count":3}]`},
	{"filter first", query.Query{Select: plain([]string{"text"}, agg("", count, "")), Where: store.Eq("yes", true)}, `[{"text":"a","count":2},{"text":"b","count":1}]`},
	{"groups of NULL", query.Query{Select: plain([]string{"n_yes"}, agg("", count, ""))}, `[{"n_yes":false,"count":1},{"n_yes":true,"count":2},{"n_yes":null,"count":2}]`},
	{"groups of NULL first", query.Query{Select: plain([]string{"n_yes"}, agg("", count, "")), Order: []store.Order{{Column: "n_yes", Desc: true}}}, `[{"n_yes":null,"count":2},{"n_yes":true,"count":2},{"n_yes":false,"count":1}]`},
	{
		"groups of two columns",
		query.Query{Select: plain([]string{"yes", "day"}, agg("", count, ""))},
		`[{"yes":false,"day":"2024-01-02","count":1},{"yes":false,"day":"2024-01-03","count":1},{"yes":true,"day":"1999-12-31","count":1},{"yes":true,"day":"2024-01-02","count":2}]`,
	},
	{"equal decimals", query.Query{Select: plain([]string{"dec"}, agg("", count, "")), Where: store.Eq("text", "a")}, `[{"dec":1.500,"count":2},{"dec":10.25,"count":1}]`},
	{"groups by day", query.Query{Select: []query.Selected{{Column: "at", As: "on", Cast: "date"}, agg("", count, "")}}, `[{"on":"2024-01-02","count":4},{"on":"2024-01-03","count":1}]`},
	{"groups as text", query.Query{Select: []query.Selected{{Column: "yes", Cast: "text"}, agg("", count, "")}}, `[{"yes":"false","count":2},{"yes":"true","count":3}]`},
	{"sum of integers", query.Query{Select: []query.Selected{agg("", sum, "int")}}, `[{"sum":18446744073709551610}]`},
	{"sum of small integers", query.Query{Select: []query.Selected{agg("s", sum, "small"), agg("a", avg, "small"), agg("m", most, "small")}}, `[{"s":1,"a":0.20000000000000000000,"m":3}]`},
	{"sum of decimals", query.Query{Select: plain([]string{"text"}, agg("", sum, "dec"))}, `[{"text":"B","sum":0},{"text":"a","sum":13.250},{"text":"b","sum":-0.007}]`},
	{"sum of floats", query.Query{Select: plain([]string{"text"}, agg("", sum, "float"))}, `[{"text":"B","sum":0},{"text":"a","sum":0.6},{"text":"b","sum":1e+300}]`},
	{"sum of nothing", query.Query{Select: []query.Selected{agg("n", count, ""), agg("s", sum, "int"), agg("a", avg, "dec"), agg("f", avg, "float"), agg("l", least, "dec"), agg("m", most, "text")}, Where: store.Eq("id", int64(9))}, `[{"n":0,"s":null,"a":null,"f":null,"l":null,"m":null}]`},
	{"groups of nothing", query.Query{Select: plain([]string{"text"}, agg("", count, "")), Where: store.Eq("id", int64(9))}, `[]`},
	{"sum of NULL", query.Query{Select: plain([]string{"text"}, agg("", sum, "n_int")), Where: store.Eq("text", "B")}, `[{"text":"B","sum":null}]`},
	{"average of integers", query.Query{Select: plain([]string{"text"}, agg("", avg, "n_int"))}, `[{"text":"B","avg":null},{"text":"a","avg":1.5000000000000000},{"text":"b","avg":-5.0000000000000000}]`},
	{"average of large integers", query.Query{Select: []query.Selected{agg("", avg, "int")}}, `[{"avg":3689348814741910322}]`},
	{"average of decimals", query.Query{Select: plain([]string{"text"}, agg("", avg, "dec"))}, `[{"text":"B","avg":0.00000000000000000000},{"text":"a","avg":4.4166666666666667},{"text":"b","avg":-0.00700000000000000000}]`},
	{"average of floats", query.Query{Select: plain([]string{"text"}, agg("", avg, "float"))}, `[{"text":"B","avg":0},{"text":"a","avg":0.2},{"text":"b","avg":1e+300}]`},
	{"extremes of text", query.Query{Select: []query.Selected{agg("l", least, "text"), agg("m", most, "text"), agg("n", most, "n_text")}}, `[{"l":"B","m":"b","n":"é"}]`},
	{"extremes of booleans", query.Query{Select: []query.Selected{agg("l", least, "yes"), agg("m", most, "n_yes")}}, `[{"l":false,"m":true}]`},
	{"extremes of integers", query.Query{Select: []query.Selected{agg("l", least, "int"), agg("m", most, "n_int")}}, `[{"l":-5,"m":2}]`},
	{"extremes of floats", query.Query{Select: []query.Selected{agg("l", least, "n_float"), agg("m", most, "float")}}, `[{"l":-1e-300,"m":1e+300}]`},
	{"extremes of decimals", query.Query{Select: []query.Selected{agg("l", least, "n_dec"), agg("m", most, "dec"), agg("n", most, "n_dec")}}, `[{"l":-7.0,"m":10.250,"n":12345678901234567890123456789.0}]`},
	{"extremes of times", query.Query{Select: []query.Selected{agg("l", least, "n_at"), agg("m", most, "at"), agg("d", least, "day")}}, `[{"l":"2024-01-02T23:00:00.000000+00:00","m":"2024-01-03T01:00:00.000000+00:00","d":"1999-12-31"}]`},
	{"extremes of keys", query.Query{Select: []query.Selected{agg("l", least, "uid"), agg("m", most, "uid"), agg("b", least, "n_bytes"), agg("c", most, "n_bytes")}}, `[{"l":"00000000-0000-0000-0000-00000000000b","m":"00000000-0000-0000-0000-0000000000a0","b":"\\x01","c":"\\xff"}]`},
	{"casts before", query.Query{Select: []query.Selected{
		{As: "trues", Column: "yes", Cast: "int", Aggregate: sum},
		{As: "first", Column: "at", Cast: "date", Aggregate: least},
		{As: "f", Column: "small", Cast: "float8", Aggregate: avg},
		{As: "d", Column: "small", Cast: "numeric", Aggregate: most},
		{As: "n", Column: "int", Cast: "text", Aggregate: count},
	}}, `[{"trues":3,"first":"2024-01-02","f":0.2,"d":3,"n":5}]`},
	{"casts behind", query.Query{Select: []query.Selected{
		{As: "n", Aggregate: count, ResultCast: "text"},
		{As: "s", Column: "dec", Aggregate: sum, ResultCast: "text"},
		{As: "m", Column: "yes", Aggregate: most, ResultCast: "int"},
		{As: "d", Column: "at", Aggregate: most, ResultCast: "date"},
	}}, `[{"n":"5","s":"13.243","m":1,"d":"2024-01-03"}]`},
}

func insertAggregated(t *testing.T, db *store.DB) {
	t.Helper()
	for _, body := range aggregated {
		value(post(t, gateOf[everything](db), body, nil))(t)
	}
}

func testAggregates(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	insertAggregated(t, db)
	for _, tt := range aggregateCases {
		t.Run(tt.name, func(t *testing.T) {
			wantRead(t, g, tt.q, tt.want)
			var out query.Rows
			q := tt.q
			q.Count, q.Limit, q.Offset = true, nil, 0
			if err := g.Read(t.Context(), &q, query.ReadOptions{MaxRows: 100}, &out); err != nil || out.Total != int64(out.Count) {
				t.Errorf("%d groups, counted %d, %v", out.Count, out.Total, err)
			}
		})
	}
	var out query.Rows
	q := query.Query{Select: plain([]string{"text"}, agg("", count, "")), Count: true}
	if err := g.Read(t.Context(), &q, query.ReadOptions{MaxRows: 2}, &out); err != nil || out.Count != 2 || !out.More || out.Total != 3 {
		t.Errorf("%d groups, more %v, counted %d, %v", out.Count, out.More, out.Total, err)
	}
	q.Limit = store.Limit(0)
	if err := g.Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil || out.Count != 0 || out.Total != 3 {
		t.Errorf("%d groups of none, counted %d, %v", out.Count, out.Total, err)
	}
}

func testAggregatesOfEmbeds(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	people, countries := gateOf[person](db), gateOf[country](db)
	embed := func(relation string, sel ...query.Selected) []query.Embed {
		return []query.Embed{{Relation: relation, Query: query.Query{Select: sel}}}
	}
	wantRead(t, countries, query.Query{Select: columns("code"), With: embed("people", columns("count")...)},
		`[{"code":"DE","people":[{"count":2}]},{"code":"FR","people":[{"count":2}]},{"code":"XX","people":[{"count":0}]}]`)
	wantRead(t, countries, query.Query{Select: columns("code"), With: embed("people", agg("tall", most, "height"), agg("", sum, "boss_id"))},
		`[{"code":"DE","people":[{"tall":1.8,"sum":2}]},{"code":"FR","people":[{"tall":1.6,"sum":1}]},{"code":"XX","people":[{"tall":null,"sum":null}]}]`)
	wantRead(t, people, query.Query{Select: columns("name"), With: embed("reports", plain([]string{"country_code"}, agg("", count, ""))...), Limit: store.Limit(2)},
		`[{"name":"Ada","reports":[{"country_code":"FR","count":1},{"country_code":null,"count":1}]},{"name":"Bo","reports":[{"country_code":"DE","count":1}]}]`)
	wantRead(t, people, query.Query{Select: columns("name"), With: embed("clubs", agg("", count, ""), agg("last", most, "name")), Where: store.Compare("id", query.OpIn, []int64{1, 5})},
		`[{"name":"Ada","clubs":[{"count":2,"last":"rowing"}]},{"name":"Ed","clubs":[{"count":0,"last":null}]}]`)
	wantRead(t, people, query.Query{Select: columns("name"), With: embed("boss", agg("", count, "")), Where: store.Compare("id", query.OpIn, []int64{1, 2})},
		`[{"name":"Ada","boss":{"count":0}},{"name":"Bo","boss":{"count":1}}]`)
	wantRead(t, people, query.Query{Select: columns("name"), With: embed("passport", plain([]string{"number"}, agg("", count, ""))...), Where: store.Compare("id", query.OpIn, []int64{1, 2})},
		`[{"name":"Ada","passport":{"number":"A1","count":1}},{"name":"Bo","passport":null}]`)

	inner := query.Query{Select: columns("code"), With: embed("people", plain([]string{"boss_id"}, agg("", count, ""))...)}
	inner.With[0].Inner = true
	inner.With[0].Query.Where = store.Compare("height", query.OpLt, 1.75)
	inner.With[0].Query.Order = []store.Order{{Column: "boss_id", Desc: true, Nulls: query.NullsLast}}
	inner.With[0].Query.Limit = store.Limit(1)
	wantRead(t, countries, inner, `[{"code":"DE","people":[{"boss_id":null,"count":1}]},{"code":"FR","people":[{"boss_id":1,"count":1}]}]`)

	deep := query.Query{Select: columns("code"), With: embed("people", columns("name")...), Limit: store.Limit(1)}
	deep.With[0].Query.With = embed("clubs", agg("", count, ""))
	wantRead(t, countries, deep, `[{"code":"DE","people":[{"name":"Ada","clubs":[{"count":2}]},{"name":"Di","clubs":[{"count":1}]}]}]`)
	if got, err := post(t, countries, `{"code":"ES","name":"Spain"}`, &query.Query{Select: columns("code"), With: embed("people", columns("count")...)}); err != nil || got != `[{"code":"ES","people":[{"count":0}]}]` {
		t.Errorf("answer of a write: %s, %v", got, err)
	}
}

// aggregatesRefused are selections that have no answer.
var aggregatesRefused = []struct {
	name string
	q    query.Query
	code string
}{
	{"sum of text", query.Query{Select: []query.Selected{agg("", sum, "text")}}, "42804"},
	{"average of times", query.Query{Select: []query.Selected{agg("", avg, "at")}}, "42804"},
	{"sum of booleans", query.Query{Select: []query.Selected{agg("", sum, "yes")}}, "42804"},
	{"greatest document", query.Query{Select: []query.Selected{agg("", most, "doc")}}, "42804"},
	{"smallest list", query.Query{Select: []query.Selected{agg("", least, "list")}}, "42804"},
	{"sum of rows", query.Query{Select: []query.Selected{agg("", sum, "")}}, "42703"},
	{"unknown column", query.Query{Select: []query.Selected{agg("", sum, "nope")}}, "42703"},
	{"no aggregate", query.Query{Select: []query.Selected{agg("", 77, "int")}}, "PGRST100"},
	{"groups of documents", query.Query{Select: plain([]string{"doc"}, agg("", count, ""))}, "42804"},
	{"groups of everything", query.Query{Select: plain([]string{"*"}, agg("", count, ""))}, "42804"},
	{"order by what is not grouped by", query.Query{Select: plain([]string{"text"}, agg("", count, "")), Order: []store.Order{{Column: "id"}}}, "42803"},
	{"order by what is aggregated", query.Query{Select: plain([]string{"text"}, agg("", sum, "int")), Order: []store.Order{{Column: "int"}}}, "42803"},
	{"order by an unknown column", query.Query{Select: plain([]string{"text"}, agg("", sum, "int")), Order: []store.Order{{Column: "sum"}}}, "42703"},
	{"one name twice", query.Query{Select: []query.Selected{agg("", sum, "int"), agg("", sum, "small")}}, "PGRST100"},
	{"a name of a column", query.Query{Select: plain([]string{"text"}, agg("text", sum, "small"))}, "PGRST100"},
	{"cursor", query.Query{Select: []query.Selected{agg("", count, "")}, After: "x"}, "PGRST127"},
	{"cast", query.Query{Select: []query.Selected{{Column: "int", Aggregate: sum, ResultCast: "date"}}}, "42846"},
	{"text before", query.Query{Select: []query.Selected{{Column: "int", Aggregate: most, Cast: "text"}}}, "42846"},
	{"overflow of a sum", query.Query{Select: []query.Selected{agg("", sum, "float")}}, "22003"},
}

func testAggregatesRefused(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	value(post(t, g, `[{"id":1,"text":"","float":1.7976931348623157e308},{"id":2,"text":"","float":1.7976931348623157e308},{"id":3,"text":"a","float":1}]`, nil))(t)
	wantRead(t, g, query.Query{Select: plain([]string{"text"}, agg("", sum, "float")), Offset: 1}, `[{"text":"a","sum":1}]`)
	wantRead(t, g, query.Query{Select: plain([]string{"text"}, agg("", sum, "float")), Order: []store.Order{{Column: "text", Desc: true}}, Limit: store.Limit(1), Count: true}, `[{"text":"a","sum":1}]`)
	for _, tt := range aggregatesRefused {
		wantCode(t, tt.name, readError(t, g, tt.q), tt.code)
	}
	groups := &query.Query{Select: []query.Selected{agg("", count, "")}}
	_, err := post(t, g, `{"id":7}`, groups)
	wantCode(t, "answer of a write", err, "PGRST127")
	var out query.Rows
	err = g.Read(t.Context(), groups, query.ReadOptions{Single: true}, &out)
	wantCode(t, "single row", err, "PGRST127")
}

func testAggregatesRefusedOfEmbeds(t *testing.T, db *store.DB) {
	insertPeople(t, db)
	g := gateOf[person](db)
	count := agg("", count, "")
	wantCode(t, "embed beside an aggregate", readError(t, g, query.Query{Select: []query.Selected{count}, With: []query.Embed{{Relation: "boss"}}}), "PGRST127")
	wantCode(t, "order by a relation", readError(t, g, query.Query{Select: plain([]string{"name"}, count), Order: []store.Order{{Relation: "boss", Column: "name"}}}), "42803")
}

// testAggregatesOfGuards reads aggregates in a scope: over the readable rows and of the
// columns that may be aggregated.
func testAggregatesOfGuards(t *testing.T, db *store.DB) {
	insertAggregated(t, db)
	table := db.Table(everything{})
	guard := &store.Guard{Read: value(store.Bind(table, store.Eq("text", "a")))(t), Readable: table.AllColumns(), Aggregable: table.AllColumns()}
	guard.Readable.Remove(table.Column("dec"))
	guard.Aggregable.Remove(table.Column("int"))
	g := scopedGate[everything](db, &store.Scope{Guard: func(*store.Table) *store.Guard { return guard }})
	wantRead(t, g, query.Query{Select: []query.Selected{agg("n", count, ""), agg("s", sum, "small"), agg("m", most, "day")}}, `[{"n":3,"s":6,"m":"2024-01-03"}]`)
	wantCode(t, "hidden column", readError(t, g, query.Query{Select: []query.Selected{agg("", sum, "dec")}}), "42703")
	wantCode(t, "groups of a hidden column", readError(t, g, query.Query{Select: plain([]string{"dec"}, agg("", count, ""))}), "42703")
	wantCode(t, "order by a hidden column", readError(t, g, query.Query{Select: []query.Selected{agg("", count, "")}, Order: []store.Order{{Column: "dec"}}}), "42703")
	wantCode(t, "column that is not aggregated", readError(t, g, query.Query{Select: []query.Selected{agg("", count, "int")}}), "PGRST123")
	wantRead(t, g, query.Query{Select: plain([]string{"int"}, agg("", count, ""))}, `[{"int":1,"count":1},{"int":9223372036854775807,"count":2}]`)
	guard.Read = store.Cond{}
	wantRead(t, g, query.Query{Select: []query.Selected{agg("", count, "")}}, `[{"count":0}]`)
}
