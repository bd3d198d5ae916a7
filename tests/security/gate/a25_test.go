package gate_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// function is an aggregate on the wire and what an oracle makes of rows with it,
// as JSON.
type function struct {
	text  string
	value func(rows []row) string
}

// functions are aggregates of notes, of columns with and without NULLs.
var functions = []function{
	{"count()", func(rows []row) string { return strconv.Itoa(len(rows)) }},
	{"rate.count()", func(rows []row) string { return strconv.Itoa(len(present(rows, "rate"))) }},
	{"due.count()::text", func(rows []row) string { return strconv.Quote(strconv.Itoa(len(present(rows, "due")))) }},
	{"amount.sum()", func(rows []row) string { return totalOf(present(rows, "amount")) }},
	{"rate.sum()", func(rows []row) string { return totalOf(present(rows, "rate")) }},
	{"amount.avg()", func(rows []row) string { return averageOf(present(rows, "amount")) }},
	{"amount.min()", func(rows []row) string { return extremeOf(present(rows, "amount"), -1) }},
	{"amount.max()", func(rows []row) string { return extremeOf(present(rows, "amount"), 1) }},
	{"slug.min()", func(rows []row) string { return extremeOf(present(rows, "slug"), -1) }},
	{"slug.max()", func(rows []row) string { return extremeOf(present(rows, "slug"), 1) }},
	{"body.max()", func(rows []row) string { return extremeOf(present(rows, "body"), 1) }},
}

// present returns the values of a column that are not NULL.
func present(rows []row, column string) []any {
	return slices.DeleteFunc(values(rows, column), func(v any) bool { return v == nil })
}

func rational(v any) *big.Rat {
	r, ok := new(big.Rat).SetString(fmt.Sprint(v))
	if !ok {
		panic(v)
	}
	return r
}

func sumOf(values []any) *big.Rat {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, rational(v))
	}
	return sum
}

func totalOf(values []any) string {
	if len(values) == 0 {
		return "null"
	}
	return strings.TrimSuffix(strings.TrimRight(sumOf(values).FloatString(3), "0"), ".")
}

// averageOf has 16 digits behind the point from 1 to 9999 in these data; equal
// first digits of sum and number make it 20.
func averageOf(values []any) string {
	if len(values) == 0 {
		return "null"
	}
	sum := sumOf(values)
	digits := 16
	if sum.Cmp(big.NewRat(int64(len(values)), 1)) <= 0 {
		digits = 20
	}
	return sum.Quo(sum, big.NewRat(int64(len(values)), 1)).FloatString(digits)
}

func extremeOf(values []any, want int) string {
	if len(values) == 0 {
		return "null"
	}
	best := slices.MaxFunc(values, func(a, b any) int {
		if text, ok := a.(string); ok {
			return want * strings.Compare(text, b.(string))
		}
		return want * rational(a).Cmp(rational(b))
	})
	if text, ok := best.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(best)
}

// grouped returns the array that functions make of rows, in groups by a column or
// all as one.
func grouped(rows []row, by string, list []function) string {
	groups := map[string][]row{}
	if by == "" {
		groups[""] = rows
	}
	for _, r := range rows {
		if by != "" {
			key := r[by].(string)
			groups[key] = append(groups[key], r)
		}
	}
	var objects []string
	for _, key := range sortedKeys(groups) {
		var members []string
		if by != "" {
			members = append(members, strconv.Quote(by)+":"+strconv.Quote(key))
		}
		for i, f := range list {
			members = append(members, fmt.Sprintf(`"v%d":%s`, i, f.value(groups[key])))
		}
		objects = append(objects, "{"+strings.Join(members, ",")+"}")
	}
	return "[" + strings.Join(objects, ",") + "]"
}

func sortedKeys(groups map[string][]row) []string {
	var keys []string
	for key := range groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// selected returns the items of select for functions.
func selected(by string, list []function) string {
	var items []string
	if by != "" {
		items = append(items, by)
	}
	for i, f := range list {
		items = append(items, fmt.Sprintf("v%d:%s", i, f.text))
	}
	return strings.Join(items, ",")
}

// TestA25AggregatesOfOwnRows: aggregates are those of the caller's own rows, whatever they are
// grouped and filtered by, in a list and in an embed.
func TestA25AggregatesOfOwnRows(t *testing.T) {
	t.Parallel()
	callers := []auth.Principal{asAna, asAri, asBea, asAdmin, asAnon, asService}
	engines(t, func(t *testing.T, f *fixture) {
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(25, seed))
			p := callers[r.IntN(len(callers))]
			by := []string{"", "status", "owner_id", "project_id", "slug"}[r.IntN(5)]
			list := slices.Clone(functions)
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			list = list[:1+r.IntN(6)]
			budget := 5
			tree := randomPredicate(r, 2, &budget)
			rows := slices.DeleteFunc(readable(p, "notes"), func(x row) bool { return tree.judge(x) != isTrue })
			f.wantRows(t, p, "/notes?select="+queryEscape(selected(by, list))+"&and="+queryEscape("("+tree.text+")"), grouped(rows, by, list))
		}
		for _, p := range callers {
			f.checkEmbeddedAggregates(t, p)
		}
	})
}

// checkEmbeddedAggregates compares the aggregates of the notes of every project.
func (f *fixture) checkEmbeddedAggregates(t *testing.T, p auth.Principal) {
	t.Helper()
	for _, by := range []string{"", "status"} {
		var want []string
		for _, project := range readable(p, "projects") {
			rows := slices.DeleteFunc(readable(p, "notes"), func(x row) bool { return x["project_id"] != project["id"] })
			want = append(want, fmt.Sprintf(`{"name":%q,"notes":%s}`, project["name"], grouped(rows, by, functions)))
		}
		f.wantRows(t, p, "/projects?select=name,notes("+queryEscape(selected(by, functions))+")", "["+strings.Join(want, ",")+"]")
	}
	var want []string
	for _, project := range readable(p, "projects") {
		n := len(slices.DeleteFunc(readable(p, "notes"), func(x row) bool { return x["project_id"] != project["id"] }))
		want = append(want, fmt.Sprintf(`{"name":%q,"notes":[{"count":%d}]}`, project["name"], n))
	}
	f.wantRows(t, p, "/projects?select=name,notes(count)", "["+strings.Join(want, ",")+"]")
}

func (f *fixture) wantRows(t *testing.T, p auth.Principal, target, want string) {
	t.Helper()
	if got := f.do(t, p, ask{method: http.MethodGet, target: target}); got.Status != http.StatusOK || got.Body != want {
		t.Errorf("%s by %q: status %d\n got %s\nwant %s", target, p.ID, got.Status, got.Body, want)
	}
}

// TestA25AggregateTricks: no way of asking makes a value of hidden rows, or tells a
// hidden column from an unknown one.
func TestA25AggregateTricks(t *testing.T) {
	t.Parallel()
	uses := []string{
		"select=%s.sum()", "select=%s.max()", "select=%s.count()", "select=x:%s::text.count()", "select=count(),%s", "select=count(%s)", "select=sum(%s)",
		"select=count()&order=%s", "select=count()&%s=is.null", "select=status,count()&having=eq.%s", "select=status,count()&group=eq.%s", "select=owner(%s.max())",
		"select=project(notes(%s.avg()))", "select=id,tags(count,notes(%s.min()))",
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAna, asAnon} {
			for _, column := range []string{"secret_note", "margin", "email", "password_hash", "tenant_id"} {
				for _, use := range uses {
					a := ask{method: http.MethodGet, target: "/notes?" + use}
					got, want := f.do(t, p, a.named(column)), f.do(t, p, a.named(unknownName))
					alike(t, a, got, want, column, unknownName)
					if got.Status != http.StatusBadRequest {
						t.Errorf("%s: status %d: %s", a.named(column), got.Status, got.Body)
					}
				}
			}
		}
	})
}
