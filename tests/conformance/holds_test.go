package conformance_test

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func holdsTopics() []topic {
	return []topic{
		{"Contains", []any{everything{}}, store.Options{}, testContains},
		{"Arrays", []any{everything{}}, store.Options{}, testArrays},
		{"Quantifiers", []any{word{}}, store.Options{}, testQuantifiers},
	}
}

// containments are documents and whether one contains the other.
var containments = []struct {
	doc, part string
	want      bool
}{
	{`{"a":1,"b":2}`, `{"a":1}`, true},
	{`{"a":1,"b":2}`, `{}`, true},
	{`{"a":1}`, `{"a":1,"b":2}`, false},
	{`{"a":1}`, `{"a":"1"}`, false},
	{`{"a":1}`, `{"a":1.00}`, true},
	{`{"a":1e2}`, `{"a":100}`, true},
	{`{"a":10}`, `{"a":1}`, false},
	{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`, true},
	{`{"a":{"b":1}}`, `{"b":1}`, false},
	{`{"a":[1,2]}`, `{"a":[2]}`, true},
	{`{"a":[1,2]}`, `{"a":2}`, false},
	{`{"a":null}`, `{"a":null}`, true},
	{`{}`, `{"a":null}`, false},
	{`{"a":{}}`, `{"a":[]}`, false},
	{`[1,2,3]`, `[3,1]`, true},
	{`[1,2,3]`, `[1,1,1]`, true},
	{`[1,2]`, `[1,2,3]`, false},
	{`[1,2]`, `[]`, true},
	{`[]`, `{}`, false},
	{`{}`, `[]`, false},
	{`[[1,2],[3]]`, `[[2]]`, true},
	{`[[1,2],[3]]`, `[2]`, false},
	{`[[1],[2]]`, `[[1,2]]`, false},
	{`[{"a":1,"b":2}]`, `[{"b":2}]`, true},
	{`[{"a":1},{"b":2}]`, `[{"a":1,"b":2}]`, false},
	{`["a","b"]`, `"a"`, true},
	{`["a","b"]`, `"c"`, false},
	{`[1.0]`, `1`, true},
	{`[["a"]]`, `"a"`, false},
	{`"a"`, `["a"]`, false},
	{`"a"`, `[]`, false},
	{`"a"`, `"a"`, true},
	{`"é\n"`, `"\u00e9\u000a"`, true},
	{`1`, `1.0`, true},
	{`-0.5`, `-0.50`, true},
	{`[null]`, `[null]`, true},
	{`[null]`, `[false]`, false},
	{`{"a":1}`, `"a"`, false},
}

func testContains(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for i, tt := range containments {
		for j, doc := range []string{tt.doc, tt.part} {
			if _, err := post(t, g, fmt.Sprintf(`{"id":%d,"doc":%s}`, 2*i+j, doc), nil); err != nil {
				t.Fatal(err)
			}
		}
		for op, row := range map[query.Op]int{query.OpContains: 2 * i, query.OpContained: 2*i + 1} {
			operand := tt.part
			if op == query.OpContained {
				operand = tt.doc
			}
			asked := store.Compare("doc", op, store.Text(operand))
			want := "[]"
			if tt.want {
				want = fmt.Sprintf(`[{"id":%d}]`, row)
			}
			wantRead(t, g, query.Query{Select: columns("id"), Where: store.And(asked, store.Eq("id", row))}, want)
		}
	}
	unknown := store.Compare("n_doc", query.OpContains, store.Text("{}"))
	wantRead(t, g, query.Query{Select: columns("id"), Where: store.Or(unknown, store.Not(unknown))}, "[]")
}

func testArrays(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	const body = `[{"id":1,"n_list":["a","b"]},{"id":2,"n_list":["b","b","c"]},{"id":3,"n_list":[]},{"id":4,"n_list":["A","{,\"\\"]},{"id":5,"n_list":null}]`
	if _, err := post(t, g, body, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		op            query.Op
		operand, want string
	}{
		{query.OpContains, "{b}", `[{"id":1},{"id":2}]`},
		{query.OpContains, "{b,a,a}", `[{"id":1}]`},
		{query.OpContains, "{}", `[{"id":1},{"id":2},{"id":3},{"id":4}]`},
		{query.OpContains, `{"{,\"\\"}`, `[{"id":4}]`},
		{query.OpContained, "{c,b}", `[{"id":2},{"id":3}]`},
		{query.OpContained, "{}", `[{"id":3}]`},
		{query.OpOverlaps, "{c,a}", `[{"id":1},{"id":2}]`},
		{query.OpOverlaps, "{}", `[]`},
		{query.OpDistinct, "{a,b}", `[{"id":2},{"id":3},{"id":4},{"id":5}]`},
	} {
		where := store.Compare("n_list", tt.op, store.Text(tt.operand))
		wantRead(t, g, query.Query{Select: columns("id"), Where: where}, tt.want)
	}
	inGo := store.Compare("n_list", query.OpContains, []string{"b", "c"})
	wantRead(t, g, query.Query{Select: columns("id"), Where: inGo}, `[{"id":2}]`)
	for _, tt := range []struct {
		column string
		op     query.Op
	}{{"text", query.OpContains}, {"int", query.OpContained}, {"doc", query.OpOverlaps}, {"text", query.OpOverlaps}} {
		err := readError(t, g, query.Query{Where: store.Compare(tt.column, tt.op, store.Text("{}"))})
		wantCode(t, fmt.Sprintf("%s, op %d", tt.column, tt.op), err, "42804")
	}
	wantCode(t, "an array for a document", readError(t, g, query.Query{Where: store.Compare("doc", query.OpContains, store.Text("{x,y}"))}), "22P02")
	wantCode(t, "a document for an array", readError(t, g, query.Query{Where: store.Compare("list", query.OpContains, store.Text(`["x"]`))}), "22P02")
}

// quantified are comparisons with several values and the words they select.
var quantified = []struct {
	name string
	cond store.Cond
	want []int64
}{
	{"eq any", query.CompareAny("text", query.OpEq, query.Texts{"a", "😀", "none"}), byText(func(s string) bool { return s == "a" || s == "😀" })},
	{"eq all", query.CompareAll("text", query.OpEq, query.Texts{"a", "a"}), byText(isA)},
	{"eq all of two", query.CompareAll("text", query.OpEq, query.Texts{"a", "b"}), []int64{}},
	{"gt any", query.CompareAny("text", query.OpGt, query.Texts{"z", "é"}), byText(func(s string) bool { return s > "z" })},
	{"gt all", query.CompareAll("text", query.OpGt, query.Texts{"z", "é"}), byText(func(s string) bool { return s > "é" })},
	{"lte all", query.CompareAll("dec", query.OpLte, query.Texts{"3.0", "1.50"}), byIndex(func(i int) bool { return i%5 <= 1 })},
	{"like any", query.CompareAny("text", query.OpLike, query.Texts{"a%", `%\_%`}), byText(func(s string) bool { return s != "" && s[0] == 'a' || s == "_" })},
	{"ilike all", query.CompareAll("text", query.OpILike, query.Texts{"%A%", "%B%"}), byText(func(s string) bool { return s == "a b" || s == "a%b" || s == `a\b` || s == "a_b" || s == "ab" })},
	{"match any", query.CompareAny("text", query.OpMatch, query.Texts{"^A$", "^z$"}), byText(func(s string) bool { return s == "A" || s == "z" })},
	{"imatch all", query.CompareAll("text", query.OpIMatch, query.Texts{"^a", "B$"}), byText(func(s string) bool { return len(s) > 1 && s[0] == 'a' })},
	{"any of none", query.CompareAny("text", query.OpGt, query.Texts{}), []int64{}},
	{"all of none", query.CompareAll("text", query.OpGt, query.Texts{}), andNull(100, 101)},
	{"any of NULL is unknown", store.Not(query.CompareAny("size", query.OpEq, []int64{1})), byIndex(func(i int) bool { return (len(words)-i)/3 != 1 })},
	{"all of NULL is unknown", store.Not(query.CompareAll("size", query.OpGt, []int64{1})), byIndex(func(i int) bool { return (len(words)-i)/3 <= 1 })},
	{"a value that is known decides", store.Or(query.CompareAny("size", query.OpEq, []int64{1}), store.Null("size")), append(byIndex(func(i int) bool { return (len(words)-i)/3 == 1 }), 100, 101)},
	{"distinct", store.Compare("size", query.OpDistinct, 1), append(byIndex(func(i int) bool { return (len(words)-i)/3 != 1 }), 100, 101)},
	{"not distinct", store.Not(store.Compare("dec", query.OpDistinct, store.Text("2.00"))), byIndex(func(i int) bool { return i%5 == 2 })},
	{"distinct text", store.Compare("text", query.OpDistinct, store.Text("a")), andNotA()},
	{"distinct bool", store.Compare("on", query.OpDistinct, true), append(byIndex(func(i int) bool { return i%2 == 1 }), 100, 101)},
	{"distinct variable without value", store.Compare("text", query.OpDistinct, store.Var("nobody")), []int64{}},
}

func andNotA() []int64 { return append(byText(func(s string) bool { return !isA(s) }), 100, 101) }

func testQuantifiers(t *testing.T, db *store.DB) {
	insertWords(t, db)
	for _, tt := range quantified {
		if got := wordIDs(t, db, store.Query{Where: tt.cond}); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: rows %v, want %v", tt.name, got, tt.want)
		}
	}
	g := gateOf[word](db)
	for name, cond := range map[string]store.Cond{
		"42804": query.CompareAny("size", query.OpLike, query.Texts{}),
		"22025": query.CompareAny("text", query.OpLike, query.Texts{"a", `\`}),
		"2201B": query.CompareAll("text", query.OpMatch, query.Texts{"a", "("}),
		"22P02": query.CompareAll("size", query.OpEq, query.Texts{"1", "x"}),
		"42703": query.CompareAll("nope", query.OpEq, query.Texts{}),
	} {
		wantCode(t, cond.String(), readError(t, g, query.Query{Where: cond}), name)
	}
}
