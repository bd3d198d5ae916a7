package pgrst_test

import (
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// hostile are texts that end strings, comments, lists or statements somewhere.
var hostile = []string{
	"", " ", "'", "''", `"`, `""`, `"a"b`, `\`, `\'`, `\"`, "\\\\", "--", "/*", "*/", ";", "$tag$", "$1", "?", ":x", "@x", "%", "_", "*",
	"a,b", "a)", "(a", "a),or(id.gt.0", "),(", "(select 1)", "pg_sleep(5)", "x OR 1=1--", "x\n OR 1=1--", "\r\n", "\t", "{a,b}", "{", "}", "{a}b",
	"null", "not.null", "eq.1", ".", "..", "a.b", "->", "->>", "::text", "&a=eq.1", "=", "#", "+", "%00", "%zz", "é", "ü,\u202e)", "😀", "\x01",
	"-0", "-9223372036854775808", "18446744073709551615", "1e309", "NaN", "Infinity", "0x10", strings.Repeat("x", 2000),
}

// quote writes a value as an element of a list or group.
func quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// Security rows: a value stays the value it was, whatever it looks
// like, in every operator and place.
func TestHostileValuesStayValues(t *testing.T) {
	t.Parallel()

	words := map[string]query.Op{
		"eq": query.OpEq, "neq": query.OpNeq, "gt": query.OpGt, "gte": query.OpGte, "lt": query.OpLt, "lte": query.OpLte,
	}
	for _, value := range hostile {
		for word, op := range words {
			for query, want := range map[string]store.Cond{
				"a=" + word + "." + url.QueryEscape(value):                         text("a", op, value),
				"a=not." + word + "." + url.QueryEscape(value):                     store.Not(text("a", op, value)),
				"or=" + url.QueryEscape("(a."+word+"."+quote(value)+",b.eq.1)"):    store.Or(text("a", op, value), eq("b", "1")),
				"a=in." + url.QueryEscape("("+quote(value)+","+quote(value)+")"):   store.In("a", query.Texts{value, value}),
				"and=" + url.QueryEscape("(a.in.("+quote(value)+"),a."+word+".1)"): store.And(store.In("a", query.Texts{value}), text("a", op, "1")),
				"a=match." + url.QueryEscape(value[:min(len(value), 512)]):         text("a", query.OpMatch, value[:min(len(value), 512)]),
				"a=like." + url.QueryEscape(value):                                 text("a", query.OpLike, strings.ReplaceAll(value, "*", "%")),
				"order=b&" + url.QueryEscape(quote(value+"x")) + "=eq.1":           eq(value+"x", "1"),
			} {
				read, err := pgrst.ParseRead(query, usual)
				if err != nil {
					t.Fatalf("%.80s: %v", query, err)
				}
				if !reflect.DeepEqual(read.Query.Where, want) {
					t.Errorf("%.80s: got %+v", query, read.Query.Where)
				}
			}
		}
	}
}

// Security row A-29: what is no name is refused, and what is one stays one name
// for the store to judge.
func TestHostileNames(t *testing.T) {
	t.Parallel()

	for _, name := range []string{`title"--`, "(select 1)", "pg_sleep(5)", "title::text", "*", "", "a;b", "a'b", "a/**/b", "a=b"} {
		for _, query := range []string{
			url.QueryEscape(name) + "=eq.1", "or=" + url.QueryEscape("("+name+".eq.1)"), "columns=" + url.QueryEscape(name),
			"order=" + url.QueryEscape(name+",a)"), "on_conflict=" + url.QueryEscape(name),
		} {
			if _, err := pgrst.ParseRead(query, usual); err == nil {
				t.Errorf("%s was read", query)
			}
		}
	}
	for _, name := range []string{strings.Repeat("x", 300), "tіtle", "ｔitle", "title\u0301", "1", "_", "$"} {
		if got := mustRead(t, url.QueryEscape(name)+"=eq.1").Query.Where; !reflect.DeepEqual(got, eq(name, "1")) {
			t.Errorf("%q: got %+v", name, got)
		}
	}
}

// Security row A-26: brackets, commas and dots in a value open no group.
func TestValuesOpenNoGroup(t *testing.T) {
	t.Parallel()

	for query, want := range map[string]store.Cond{
		"title=eq.a),or(id.gt.0":                    eq("title", "a),or(id.gt.0"),
		"or=(id.gt.0,tenant_id.eq.T2)&owner=eq.me":  store.And(store.Or(text("id", query.OpGt, "0"), eq("tenant_id", "T2")), eq("owner", "me")),
		`or=(title.eq."a),or(id.gt.0",b.eq.1)`:      store.Or(eq("title", "a),or(id.gt.0"), eq("b", "1")),
		"title=like.*),or(id.gt.0,(*":               text("title", query.OpLike, "%),or(id.gt.0,(%"),
		"title=eq.x%26owner=neq.me":                 eq("title", "x&owner=neq.me"),
		"title=eq.x%0A%20OR%201%3D1--&amount=gt.-1": store.And(eq("title", "x\n OR 1=1--"), text("amount", query.OpGt, "-1")),
	} {
		if got := mustRead(t, query).Query.Where; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", query, got)
		}
	}
}

// tree makes a random condition and the text that stands for it in a group.
type tree struct {
	rand  *rand.Rand
	left  int // comparisons left
	depth int
}

func (g *tree) make() (string, store.Cond) {
	if g.left == 0 || g.depth == 7 || g.rand.IntN(3) > 0 {
		return g.comparison()
	}
	word, join := "and", store.And
	if g.rand.IntN(2) == 0 {
		word, join = "or", store.Or
	}
	g.depth++
	var parts []string
	var conds []store.Cond
	for range 1 + g.rand.IntN(4) {
		part, c := g.make()
		parts, conds = append(parts, part), append(conds, c)
	}
	g.depth--
	return g.negate(word+"("+strings.Join(parts, ",")+")", join(conds...))
}

func (g *tree) comparison() (string, store.Cond) {
	g.left = max(g.left-1, 0)
	column := []string{"id", "owner_id", "and", "or", "not", "order", "a-b"}[g.rand.IntN(7)]
	value := hostile[g.rand.IntN(len(hostile)-1)]
	not, negate := "", func(c store.Cond) store.Cond { return c }
	if g.rand.IntN(3) == 0 {
		not, negate = "not.", store.Not
	}
	switch g.rand.IntN(4) {
	case 0:
		return column + "." + not + "in.(" + quote(value) + ",x)", negate(store.In(column, query.Texts{value, "x"}))
	case 1:
		return column + "." + not + "is.null", negate(store.Null(column))
	case 2:
		return column + "." + not + "gte." + quote(value), negate(text(column, query.OpGte, value))
	}
	return column + "." + not + "eq." + quote(value), negate(eq(column, value))
}

func (g *tree) negate(part string, c store.Cond) (string, store.Cond) {
	if g.rand.IntN(3) == 0 {
		return "not." + part, store.Not(c)
	}
	return part, c
}

// Security row A-26: random groups mean what they were made from.
func TestRandomGroups(t *testing.T) {
	t.Parallel()

	for seed := range uint64(10_000) {
		g := &tree{rand: rand.New(rand.NewPCG(seed, 26)), left: 20}
		part, want := g.make()
		read, err := pgrst.ParseRead("and="+url.QueryEscape("("+part+")"), pgrst.Limits{Predicates: 500, Query: 1 << 20}.WithDefaults())
		if err != nil {
			t.Fatalf("seed %d: %s: %v", seed, part, err)
		}
		if !reflect.DeepEqual(read.Query.Where, want) {
			t.Fatalf("seed %d: %s: got %+v", seed, part, read.Query.Where)
		}
	}
}

// The worst that fits into a query string is read once from left to right, and
// refused: quotes that never close, brackets that never end, names that lead
// nowhere.
func TestWorstCases(t *testing.T) {
	t.Parallel()

	start := time.Now()
	for _, query := range []string{
		"a=in.(" + strings.Repeat(`"`, 8000),
		"a=in.(" + strings.Repeat(`"\",`, 2000),
		"or=(" + strings.Repeat(`a.eq."`, 1300),
		"or=" + strings.Repeat("(", 8000),
		"or=" + strings.Repeat("(and", 2000),
		"select=" + strings.Repeat("a(", 4000),
		"select=" + strings.Repeat("a:", 4000),
		strings.Repeat("a.", 4000) + "b=eq.1",
		strings.Repeat("not.", 2000) + "or=(a.eq.1)",
		"or=(" + strings.Repeat("not.", 2000) + "a.eq.1)",
		"a=" + strings.Repeat("not.", 2000) + "eq.1",
		"order=" + strings.Repeat("a.asc.", 1300),
	} {
		if _, err := pgrst.ParseRead(query, usual); err == nil {
			t.Errorf("%.40s was read", query)
		}
	}
	// A millisecond is what it takes; the bound only catches what explodes.
	if took := time.Since(start); took > programtest.Within(time.Second) {
		t.Errorf("took %s", took)
	}
}
