package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// word is a row with a text, numbers and NULLs.
type word struct {
	bun.BaseModel `bun:"table:words"`
	store.Untracked
	ID   int64 `bun:",pk"`
	Text *string
	Size *int64
	On   *bool
	Dec  *store.Decimal
}

// words are in the order of their bytes; the id is the position. Numbers go the
// other way, with ties.
var words = []string{"", "10", "9", "A", "Z", "_", "a", "a b", "a%b", `a\b`, "a_b", "ab", "b", "z", "É", "ß", "é", "ÿ", "東", "😀"}

// insertWords inserts words and two rows of NULLs.
func insertWords(t *testing.T, db *store.DB) {
	t.Helper()
	if !slices.IsSorted(words) {
		t.Fatal("the words are not in the order of their bytes")
	}
	for i, text := range words {
		size, dec := int64(len(words)-i)/3, store.DecimalOf(int64(i%5))
		insert(t, db, &word{ID: int64(i), Text: &text, Size: &size, On: new(i%2 == 0), Dec: &dec})
	}
	insert(t, db, &word{ID: 100}, &word{ID: 101})
}

// wordIDs reads the ids of a query as text.
func wordIDs(t *testing.T, db *store.DB, q store.Query) []int64 {
	t.Helper()
	rows, err := store.For[word](db).List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{}
	for _, w := range rows {
		ids = append(ids, w.ID)
	}
	return ids
}

func readTopics() []topic {
	return slices.Concat([]topic{
		{"Filters", []any{word{}}, store.Options{}, testFilters},
		{"FiltersRefused", []any{everything{}}, store.Options{}, testFiltersRefused},
		{"In", []any{everything{}}, store.Options{}, testIn},
	}, holdsTopics(), documentTopics(), orderTopics(), relationTopics(), hintTopics(), spreadTopics(), aggregateTopics())
}

// byText returns the ids of the words a function accepts.
func byText(accept func(string) bool) []int64 {
	ids := []int64{}
	for i, text := range words {
		if accept(text) {
			ids = append(ids, int64(i))
		}
	}
	return ids
}

// filterCases are conditions and the words they select.
var filterCases = []struct {
	name string
	cond store.Cond
	want []int64
}{
	{"zero", store.Cond{}, andNull(100, 101)},
	{"true", store.True(), andNull(100, 101)},
	{"false", store.False(), []int64{}},
	{"eq", byOp(query.OpEq, "a"), byText(isA)},
	{"ne leaves NULL out", byOp(query.OpNeq, "a"), byText(func(s string) bool { return !isA(s) })},
	{"not eq leaves NULL out", store.Not(byOp(query.OpEq, "a")), byText(func(s string) bool { return !isA(s) })},
	{"empty text is not NULL", byOp(query.OpEq, ""), []int64{0}},
	{"null", store.Null("text"), []int64{100, 101}},
	{"not null", store.Not(store.Null("text")), allWords()},
	{"eq nil is null", store.Eq("text", nil), []int64{100, 101}},
	{"eq a nil pointer is null", store.Eq("text", (*string)(nil)), []int64{100, 101}},
	{"lt by bytes", byOp(query.OpLt, "a"), byText(func(s string) bool { return s < "a" })},
	{"lte by bytes", byOp(query.OpLte, "É"), byText(func(s string) bool { return s <= "É" })},
	{"gt by bytes", byOp(query.OpGt, "Z"), byText(func(s string) bool { return s > "Z" })},
	{"gte by bytes", byOp(query.OpGte, "東"), byText(func(s string) bool { return s >= "東" })},
	{"like is case-sensitive", byOp(query.OpLike, "a%"), byText(func(s string) bool { return strings.HasPrefix(s, "a") })},
	{"like one rune", byOp(query.OpLike, "_"), byText(func(s string) bool { return len([]rune(s)) == 1 })},
	{"like escaped percent", byOp(query.OpLike, `a\%b`), byText(func(s string) bool { return s == "a%b" })},
	{"like escaped underscore", byOp(query.OpLike, `%\_%`), byText(func(s string) bool { return strings.Contains(s, "_") })},
	{"like escaped backslash", byOp(query.OpLike, `%\\%`), byText(func(s string) bool { return strings.Contains(s, `\`) })},
	{"like escaped letter", byOp(query.OpLike, `\a`), byText(isA)},
	{"like beyond ASCII", byOp(query.OpLike, "é"), byText(func(s string) bool { return s == "é" })},
	{"ilike", byOp(query.OpILike, "A%"), byText(func(s string) bool { return strings.HasPrefix(s, "a") || s == "A" })},
	{"ilike beyond ASCII", byOp(query.OpILike, "É"), byText(func(s string) bool { return s == "é" || s == "É" })},
	{"match", byOp(query.OpMatch, "^[a-z]$"), byText(func(s string) bool { return len(s) == 1 && s >= "a" && s <= "z" })},
	{"match anywhere", byOp(query.OpMatch, "b"), byText(func(s string) bool { return strings.Contains(s, "b") })},
	{"match escaped", byOp(query.OpMatch, `a\\b|^\%$|a\%`), byText(func(s string) bool { return s == `a\b` || s == "a%b" })},
	{"match a rune", byOp(query.OpMatch, "^.$"), byText(func(s string) bool { return len([]rune(s)) == 1 })},
	{"imatch beyond ASCII", byOp(query.OpIMatch, "^(É|Z)$"), byText(func(s string) bool { return s == "é" || s == "É" || s == "z" || s == "Z" })},
	{"in", store.In("text", query.Texts{"a", "😀", "none", "a"}), byText(func(s string) bool { return s == "a" || s == "😀" })},
	{"in nothing", store.In("text", query.Texts{}), []int64{}},
	{"not in nothing", store.Not(store.In("text", []string{})), andNull(100, 101)},
	{"not in leaves NULL out", store.Not(store.In("text", words[1:])), []int64{0}},
	{"is true", store.Compare("on", query.OpIsTrue, nil), byIndex(func(i int) bool { return i%2 == 0 })},
	{"is false", store.Compare("on", query.OpIsFalse, nil), byIndex(func(i int) bool { return i%2 == 1 })},
	{"is not true holds for NULL", store.Not(store.Compare("on", query.OpIsTrue, nil)), append(byIndex(func(i int) bool { return i%2 == 1 }), 100, 101)},
	{"bool ordered", store.Compare("on", query.OpGt, false), byIndex(func(i int) bool { return i%2 == 0 })},
	{"decimals by value", store.Compare("dec", query.OpEq, store.Text("2.00")), byIndex(func(i int) bool { return i%5 == 2 })},
	{"decimals ordered", store.Compare("dec", query.OpGte, store.Text("2.5")), byIndex(func(i int) bool { return i%5 >= 3 })},
	{"decimals in", store.In("dec", query.Texts{"1.0", "04"}), byIndex(func(i int) bool { return i%5 == 1 || i%5 == 4 })},
	{"unknown or true", store.Or(store.Eq("size", 0), store.Eq("id", 100)), append(byIndex(func(i int) bool { return (len(words)-i)/3 == 0 }), 100)},
	{"unknown and true", store.And(store.Eq("size", 0), store.Eq("id", 100)), []int64{}},
	{"not unknown", store.Not(store.And(store.Eq("size", 0), store.Eq("id", 100))), andNull(101)},
	{"variable without value", store.Not(store.Compare("text", query.OpEq, store.Var("nobody"))), []int64{}},
}

// byOp compares the text of a word.
func byOp(op query.Op, operand string) store.Cond {
	return store.Compare("text", op, store.Text(operand))
}

func isA(s string) bool { return s == "a" }

// allWords returns the ids of all words, and andNull those and ids of rows that
// are NULL.
func allWords() []int64 { return byText(func(string) bool { return true }) }

func andNull(ids ...int64) []int64 { return append(allWords(), ids...) }

func testFilters(t *testing.T, db *store.DB) {
	insertWords(t, db)
	for _, tt := range filterCases {
		if got := wordIDs(t, db, store.Query{Where: tt.cond}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: rows %v, want %v", tt.name, got, tt.want)
		}
		n := value(store.For[word](db).Count(t.Context(), tt.cond))(t)
		if n != int64(len(tt.want)) {
			t.Errorf("%s: count %d, want %d", tt.name, n, len(tt.want))
		}
	}
}

func byIndex(accept func(int) bool) []int64 {
	ids := []int64{}
	for i := range words {
		if accept(i) {
			ids = append(ids, int64(i))
		}
	}
	return ids
}

// testFiltersRefused checks that filters are rejected if no engine supports them or
// their results differ.
func testFiltersRefused(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for _, tt := range []struct {
		column string
		op     query.Op
		value  any
		code   string
	}{
		{"nope", query.OpEq, store.Text("x"), "42703"},
		{"int", query.OpEq, store.Text("x"), "22P02"},
		{"small", query.OpEq, store.Text("40000"), "22003"},
		{"int", query.OpEq, store.Text("9223372036854775808"), "22003"},
		{"int", query.OpLike, store.Text("1%"), "42804"},
		{"text", query.OpLike, store.Text(`a\`), "22025"},
		{"text", query.OpMatch, store.Text(`\d`), "2201B"},
		{"text", query.OpMatch, store.Text(`(`), "2201B"},
		{"text", query.OpMatch, store.Text(`(?i)a`), "2201B"},
		{"text", query.OpMatch, store.Text(`a{1000}`), "2201B"},
		{"text", query.OpMatch, store.Text(`x[a-c-e]`), "2201B"},
		{"text", query.OpMatch, store.Text(`[^-a-é-ö]`), "2201B"},
		{"text", query.OpMatch, store.Text(`[--\--a]`), "2201B"},
		{"text", query.OpIMatch, store.Text(`[Z-a]`), "2201B"},
		{"text", query.OpMatch, store.Text(strings.Repeat(".{255}", 84) + "~"), "PL001"},
		{"text", query.OpIMatch, store.Text("(((a?){25}){25})?b"), "PL001"},
		{"text", query.OpLike, store.Text("%" + strings.Repeat("a", 1000) + "\uFFFD"), "PL001"},
		{"text", query.OpEq, store.Text("a\x00b"), "22021"},
		{"text", query.OpEq, store.Text("a\xffb"), "22021"},
		{"text", query.OpLike, store.Text("a\x00b"), "22021"},
		{"text", query.OpILike, store.Text("a\xffb"), "22021"},
		{"text", query.OpMatch, store.Text("a\x00b"), "22021"},
		{"text", query.OpIMatch, store.Text("a\xffb"), "22021"},
		{"text", query.OpIn, query.Texts{"a\x00b"}, "22021"},
		{"doc", query.OpLt, store.Text("{}"), "42804"},
		{"list", query.OpGt, store.Text("{}"), "42804"},
		{"text", query.OpIsTrue, nil, "42804"},
		{"uid", query.OpEq, store.Text("x"), "22P02"},
		{"at", query.OpEq, store.Text("now"), "22007"},
		{"text", query.OpEq, nil, "PGRST100"},
		{"text", query.OpIn, store.Text("a"), "PGRST100"},
	} {
		err := readError(t, g, query.Query{Where: store.Compare(tt.column, tt.op, tt.value)})
		wantCode(t, fmt.Sprintf("%s, op %d, %q", tt.column, tt.op, tt.value), err, tt.code)
	}
	many := query.Texts(slices.Repeat([]string{"a{100}"}, 10))
	wantCode(t, "any of many regular expressions", readError(t, g, query.Query{Where: query.CompareAny("text", query.OpMatch, many)}), "PL001")
	wantCode(t, "select", readError(t, g, query.Query{Select: columns("nope")}), "42703")
	wantCode(t, "order", readError(t, g, query.Query{Order: []store.Order{{Column: "nope"}}}), "42703")
	wantCode(t, "order by a document", readError(t, g, query.Query{Order: []store.Order{{Column: "doc"}}}), "42804")
	wantCode(t, "relation", readError(t, g, query.Query{With: []query.Embed{{Relation: "nope"}}}), "PGRST200")
	wantCode(t, "relation in a filter", readError(t, g, query.Query{Where: store.Related("nope", store.Cond{})}), "PGRST200")
	wantCode(t, "relation in an order", readError(t, g, query.Query{Order: []store.Order{{Relation: "nope", Column: "id"}}}), "PGRST200")
}

// testIn finds values of every kind in lists.
func testIn(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	const body = `[{"id":1,"n_text":"x","n_yes":true,"n_int":7,"n_float":1.5,"n_dec":1.50,"n_at":"2024-01-01T00:00:00Z","n_day":"2024-01-01",` +
		`"n_uid":"00000000-0000-0000-0000-000000000001","n_bytes":"\\x01","n_doc":{"a":1},"n_list":["a","b"]},` +
		`{"id":2,"n_text":"y","n_yes":false,"n_int":8,"n_float":2.5,"n_dec":2.50,"n_at":"2024-01-02T00:00:00Z","n_day":"2024-01-02",` +
		`"n_uid":"00000000-0000-0000-0000-000000000002","n_bytes":"\\x02","n_doc":{"a":2},"n_list":["a","c"]}]`
	if _, err := post(t, g, body, nil); err != nil {
		t.Fatal(err)
	}
	insert(t, db, &everything{ID: 3})
	for column, texts := range map[string]query.Texts{
		"n_text": {"q", "x"}, "n_yes": {"true"}, "n_int": {"7", "9"}, "n_float": {"1.50", "9"}, "n_dec": {"1.5", "9"},
		"n_at": {"2024-01-01T01:00:00+01:00"}, "n_day": {"2024-01-01"}, "n_uid": {"00000000000000000000000000000001"},
		"n_bytes": {`\x01`, `\x`}, "n_doc": {`{"a": 1}`, `[]`}, "n_list": {`{a,b}`, `{}`},
	} {
		where := store.In(column, texts)
		wantRead(t, g, query.Query{Select: columns("id"), Where: where}, `[{"id":1}]`)
		wantRead(t, g, query.Query{Select: columns("id"), Where: store.Not(where)}, `[{"id":2}]`)
		eq := store.Compare(column, query.OpEq, store.Text(texts[0]))
		ne := store.Compare(column, query.OpNeq, store.Text(texts[0]))
		wantRead(t, g, query.Query{Select: columns("id"), Where: store.Or(eq, ne)}, `[{"id":1},{"id":2}]`)
		// As many as a client may send.
		wantRead(t, g, query.Query{Select: columns("id"), Where: store.In(column, slices.Repeat(texts, 1000))}, `[{"id":1}]`)
	}
}
