package conformance_test

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
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
		for op, row := range map[store.Op]int{store.OpContains: 2 * i, store.OpContained: 2*i + 1} {
			operand := tt.part
			if op == store.OpContained {
				operand = tt.doc
			}
			asked := store.Compare("doc", op, store.Text(operand))
			want := "[]"
			if tt.want {
				want = fmt.Sprintf(`[{"id":%d}]`, row)
			}
			wantRead(t, g, store.Query{Select: columns("id"), Where: store.And(asked, store.Eq("id", row))}, want)
		}
	}
	unknown := store.Compare("n_doc", store.OpContains, store.Text("{}"))
	wantRead(t, g, store.Query{Select: columns("id"), Where: store.Or(unknown, store.Not(unknown))}, "[]")
}

func testArrays(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	const body = `[{"id":1,"n_list":["a","b"]},{"id":2,"n_list":["b","b","c"]},{"id":3,"n_list":[]},{"id":4,"n_list":["A","{,\"\\"]},{"id":5,"n_list":null}]`
	if _, err := post(t, g, body, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		op            store.Op
		operand, want string
	}{
		{store.OpContains, "{b}", `[{"id":1},{"id":2}]`},
		{store.OpContains, "{b,a,a}", `[{"id":1}]`},
		{store.OpContains, "{}", `[{"id":1},{"id":2},{"id":3},{"id":4}]`},
		{store.OpContains, `{"{,\"\\"}`, `[{"id":4}]`},
		{store.OpContained, "{c,b}", `[{"id":2},{"id":3}]`},
		{store.OpContained, "{}", `[{"id":3}]`},
		{store.OpOverlaps, "{c,a}", `[{"id":1},{"id":2}]`},
		{store.OpOverlaps, "{}", `[]`},
		{store.OpDistinct, "{a,b}", `[{"id":2},{"id":3},{"id":4},{"id":5}]`},
	} {
		where := store.Compare("n_list", tt.op, store.Text(tt.operand))
		wantRead(t, g, store.Query{Select: columns("id"), Where: where}, tt.want)
	}
	inGo := store.Compare("n_list", store.OpContains, []string{"b", "c"})
	wantRead(t, g, store.Query{Select: columns("id"), Where: inGo}, `[{"id":2}]`)
	for _, tt := range []struct {
		column string
		op     store.Op
	}{{"text", store.OpContains}, {"int", store.OpContained}, {"doc", store.OpOverlaps}, {"text", store.OpOverlaps}} {
		err := readError(t, g, store.Query{Where: store.Compare(tt.column, tt.op, store.Text("{}"))})
		wantCode(t, fmt.Sprintf("%s, op %d", tt.column, tt.op), err, "42804")
	}
	wantCode(t, "an array for a document", readError(t, g, store.Query{Where: store.Compare("doc", store.OpContains, store.Text("{x,y}"))}), "22P02")
	wantCode(t, "a document for an array", readError(t, g, store.Query{Where: store.Compare("list", store.OpContains, store.Text(`["x"]`))}), "22P02")
}

// quantified are comparisons with several values and the words they select.
var quantified = []struct {
	name string
	cond store.Cond
	want []int64
}{
	{"eq any", store.CompareAny("text", store.OpEq, store.Texts{"a", "😀", "none"}), byText(func(s string) bool { return s == "a" || s == "😀" })},
	{"eq all", store.CompareAll("text", store.OpEq, store.Texts{"a", "a"}), byText(isA)},
	{"eq all of two", store.CompareAll("text", store.OpEq, store.Texts{"a", "b"}), []int64{}},
	{"gt any", store.CompareAny("text", store.OpGt, store.Texts{"z", "é"}), byText(func(s string) bool { return s > "z" })},
	{"gt all", store.CompareAll("text", store.OpGt, store.Texts{"z", "é"}), byText(func(s string) bool { return s > "é" })},
	{"lte all", store.CompareAll("dec", store.OpLte, store.Texts{"3.0", "1.50"}), byIndex(func(i int) bool { return i%5 <= 1 })},
	{"like any", store.CompareAny("text", store.OpLike, store.Texts{"a%", `%\_%`}), byText(func(s string) bool { return s != "" && s[0] == 'a' || s == "_" })},
	{"ilike all", store.CompareAll("text", store.OpILike, store.Texts{"%A%", "%B%"}), byText(func(s string) bool { return s == "a b" || s == "a%b" || s == `a\b` || s == "a_b" || s == "ab" })},
	{"match any", store.CompareAny("text", store.OpMatch, store.Texts{"^A$", "^z$"}), byText(func(s string) bool { return s == "A" || s == "z" })},
	{"imatch all", store.CompareAll("text", store.OpIMatch, store.Texts{"^a", "B$"}), byText(func(s string) bool { return len(s) > 1 && s[0] == 'a' })},
	{"any of none", store.CompareAny("text", store.OpGt, store.Texts{}), []int64{}},
	{"all of none", store.CompareAll("text", store.OpGt, store.Texts{}), andNull(100, 101)},
	{"any of NULL is unknown", store.Not(store.CompareAny("size", store.OpEq, []int64{1})), byIndex(func(i int) bool { return (len(words)-i)/3 != 1 })},
	{"all of NULL is unknown", store.Not(store.CompareAll("size", store.OpGt, []int64{1})), byIndex(func(i int) bool { return (len(words)-i)/3 <= 1 })},
	{"a value that is known decides", store.Or(store.CompareAny("size", store.OpEq, []int64{1}), store.Null("size")), append(byIndex(func(i int) bool { return (len(words)-i)/3 == 1 }), 100, 101)},
	{"distinct", store.Compare("size", store.OpDistinct, 1), append(byIndex(func(i int) bool { return (len(words)-i)/3 != 1 }), 100, 101)},
	{"not distinct", store.Not(store.Compare("dec", store.OpDistinct, store.Text("2.00"))), byIndex(func(i int) bool { return i%5 == 2 })},
	{"distinct text", store.Compare("text", store.OpDistinct, store.Text("a")), andNotA()},
	{"distinct bool", store.Compare("on", store.OpDistinct, true), append(byIndex(func(i int) bool { return i%2 == 1 }), 100, 101)},
	{"distinct variable without value", store.Compare("text", store.OpDistinct, store.Var("nobody")), []int64{}},
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
		"42804": store.CompareAny("size", store.OpLike, store.Texts{}),
		"22025": store.CompareAny("text", store.OpLike, store.Texts{"a", `\`}),
		"2201B": store.CompareAll("text", store.OpMatch, store.Texts{"a", "("}),
		"22P02": store.CompareAll("size", store.OpEq, store.Texts{"1", "x"}),
		"42703": store.CompareAll("nope", store.OpEq, store.Texts{}),
	} {
		wantCode(t, cond.String(), readError(t, g, store.Query{Where: cond}), name)
	}
}
