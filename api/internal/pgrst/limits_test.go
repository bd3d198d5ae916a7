package pgrst_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

// usual are the limits of a server that sets none.
var usual = pgrst.Limits{}.WithDefaults()

// list joins n copies of a text in which # is the number of the copy.
func list(n int, separator, text string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(text, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, separator)
}

func nested(n int, open, inner string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(")", n)
}

// Security row for patterns: what a limit allows is read, one more
// is refused by the name of the limit.
func TestLimits(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, allowed, refused, message string
	}{
		{"Limit", "limit=1000", "limit=1001", "limit: at most 1000 rows (limit=1001)"},
		{"LimitHuge", "limit=1", "limit=18446744073709551617", "limit: at most 1000 rows (limit=18446744073709551617)"},
		{"EmbedLimit", "select=x(*)&x.limit=1000", "select=x(*)&x.limit=1001", "limit: at most 1000 rows (x.limit=1001)"},
		{"Offset", "offset=100000", "offset=100001", "offset: at most 100000 rows (offset=100001)"},
		{"In", "a=in.(" + list(1000, ",", "#") + ")", "a=in.(" + list(1001, ",", "#") + ")", "in: at most 1000 elements"},
		{"InGroup", "or=(a.in.(" + list(1000, ",", "#") + "))", "or=(a.in.(" + list(1001, ",", "#") + "))", "in: at most 1000 elements"},
		{"Predicates", list(50, "&", "a=eq.#"), list(51, "&", "a=eq.#"), "predicates: at most 50 comparisons"},
		{"PredicatesGroup", "or=(" + list(50, ",", "a.eq.#") + ")", "or=(" + list(50, ",", "a.eq.#") + ")&b=eq.1", "predicates: at most 50 comparisons"},
		{"PredicatesEmbed", "select=x(*)&" + list(50, "&", "x.a=eq.#"), "select=x(*)&b=eq.1&" + list(50, "&", "x.a=eq.#"), "predicates: at most 50 comparisons"},
		{"PredicatesPresent", "select=x(*)&x=is.null&" + list(24, "&", "x.a=eq.#") + "&b=eq.1", "select=x(*)&x=is.null&" + list(25, "&", "x.a=eq.#"), "predicates: at most 50 comparisons"},
		{"PredicatesPresentTwice", "select=x()&or=(x.is.null,x.is.null)&x.or=(" + list(16, ",", "a.eq.#") + ")", "select=x()&or=(x.is.null,x.is.null)&x.or=(" + list(17, ",", "a.eq.#") + ")", "predicates: at most 50 comparisons"},
		{
			"PredicatesPresentDeep", "select=x(y(z(w())))&x=is.null&x.y=is.null&x.y.z=is.null&x.y.z.w=is.null&" + list(8, "&", "x.y.z.w.a=eq.#"),
			"select=x(y(z(w())))&x=is.null&x.y=is.null&x.y.z=is.null&x.y.z.w=is.null&" + list(9, "&", "x.y.z.w.a=eq.#"), "predicates: at most 50 comparisons",
		},
		{
			"PredicatesPresentInner", "select=x(y!inner())&x=not.is.null&" + list(24, "&", "x.y.a=eq.#"),
			"select=x(y!inner())&x=not.is.null&b=eq.1&" + list(24, "&", "x.y.a=eq.#"), "predicates: at most 50 comparisons",
		},
		{"GroupDepth", "or=" + nested(1, "(", nested(7, "and(", "a.eq.1")), "or=" + nested(1, "(", nested(8, "and(", "a.eq.1")), "groups: at most 8 levels"},
		{"GroupDepthNot", "not.or=" + nested(1, "(", nested(7, "not.or(", "a.eq.1")), "not.or=" + nested(1, "(", nested(8, "not.or(", "a.eq.1")), "groups: at most 8 levels"},
		{"EmbedDepth", "select=" + nested(4, "x(", "id"), "select=" + nested(5, "x(", "id"), "embeds: at most 4 levels"},
		{"EmbedDepthBare", "select=" + nested(4, "x(", ""), "select=" + nested(5, "x(", ""), "embeds: at most 4 levels"},
		{"Embeds", "select=" + list(8, ",", "x#(id)"), "select=" + list(9, ",", "x#(id)"), "embeds: at most 8 in a request"},
		{"EmbedsNested", "select=" + list(4, ",", "x#(y(id))"), "select=a()," + list(4, ",", "x#(y(id))"), "embeds: at most 8 in a request"},
		{"Aggregates", "select=" + list(15, ",", "c#:c.max()") + ",n:count()", "select=" + list(16, ",", "c#:c.max()") + ",x(count())", "aggregates: at most 16 in a request"},
		{"Select", "select=" + list(100, ",", "c#"), "select=" + list(101, ",", "c#"), "select: at most 100 items"},
		{"SelectSame", "select=" + list(100, ",", "*"), "select=" + list(101, ",", "*"), "select: at most 100 items"},
		{"SelectNested", "select=x(" + list(99, ",", "c#") + ")", "select=a,x(" + list(99, ",", "c#") + ")", "select: at most 100 items"},
		{"Order", "order=" + list(16, ",", "c#"), "order=" + list(17, ",", "c#"), "order: at most 16 keys"},
		{"OrderEmbed", "select=x(*)&order=a&x.order=" + list(15, ",", "c#"), "select=x(*)&order=a&x.order=" + list(16, ",", "c#"), "order: at most 16 keys"},
		{"Columns", "columns=" + list(256, ",", "c#"), "columns=" + list(257, ",", "c#"), "columns parameter: at most 256 columns"},
		{"AnyElements", "a=eq(any).{" + list(1000, ",", "#") + "}", "a=eq(any).{" + list(1001, ",", "#") + "}", "in: at most 1000 elements"},
		{"AnyComparisons", "a=gt(any).{" + list(50, ",", "#") + "}", "a=gt(any).{" + list(51, ",", "#") + "}", "predicates: at most 50 comparisons"},
		{"AllComparisons", "b=eq.1&a=eq(all).{" + list(49, ",", "#") + "}", "b=eq.1&a=eq(all).{" + list(50, ",", "#") + "}", "predicates: at most 50 comparisons"},
		{"AnyLike", "a=like(any).{" + strings.Repeat("*a", 16) + ",x}", "a=like(any).{x," + strings.Repeat("*a", 17) + "}", "like: at most 16 wildcards"},
		{"AnyMatch", "a=match(any).{" + strings.Repeat("x", 512) + "}", "a=match(any).{" + strings.Repeat("x", 513) + "}", "pattern: at most 512 bytes"},
		{"Contains", "a=cs.[" + list(100, ",", "#") + "]", "a=cs.[" + list(101, ",", "#") + "]", "cs, cd, ov: at most 100 elements in a request"},
		{"ContainsLevels", `a=cs.{"a":[` + list(33, ",", `[{"x":#}]`) + "]}", `a=cs.{"a":[` + list(34, ",", `[{"x":#}]`) + "]}", "cs, cd, ov: at most 100 elements in a request"},
		{"ContainsQuoted", `a=cs.["` + list(1000, ",", "[") + `\\","\"` + list(1000, ",", "#") + `"]`, "a=cs.[" + list(101, ",", `"\\"`) + "]", "cs, cd, ov: at most 100 elements in a request"},
		{"ContainsTogether", "or=(a.ov.{" + list(50, ",", "#") + "},b.not.cd.{" + list(50, ",", "#") + "})", "or=(a.ov.{" + list(50, ",", "#") + "},b.not.cd.{" + list(51, ",", "#") + "})", "cs, cd, ov: at most 100 elements in a request"},
		{"Path", "a" + list(8, "", "->k#") + "=eq.1", "a" + list(9, "", "->k#") + "=eq.1", "json path: at most 8 steps"},
		{"PathSelect", "select=a" + list(7, "", "->#") + "->>x", "select=a" + list(50, "", "->x#"), "json path: at most 8 steps"},
		{"PathOrder", "order=a" + list(7, "", "->#") + "->>x.desc", "order=r(a" + list(8, "", "->#") + "->>x)", "json path: at most 8 steps"},
		{"PathGroup", "or=(a" + list(8, "", "->#") + ".eq.1)", "or=(a" + list(9, "", "->#") + ".eq.1)", "json path: at most 8 steps"},
		{"Match", "a=match." + strings.Repeat("x", 512), "a=match." + strings.Repeat("x", 513), "pattern: at most 512 bytes"},
		{"IMatch", "or=(a.imatch." + strings.Repeat("x", 512) + ")", "or=(a.imatch." + strings.Repeat("x", 513) + ")", "pattern: at most 512 bytes"},
		{"Like", "a=like." + strings.Repeat("*a", 16), "a=like." + strings.Repeat("*a", 17), "like: at most 16 wildcards"},
		{"LikePercent", "a=ilike." + strings.Repeat("%25", 16), "a=not.ilike." + strings.Repeat("%25", 17), "like: at most 16 wildcards"},
		{"LikeEscaped", "a=like." + strings.Repeat(`\%25`, 40), "a=like." + strings.Repeat(`\\%25`, 17), "like: at most 16 wildcards"},
		{"Search", "a=search." + strings.Repeat("x.", 16), "or=(a.search." + strings.Repeat("x-", 17) + ")", "search: at most 16 words"},
		{"Params", list(50, "&", "a=eq.#") + list(99, "", "&a#"), list(65, "&", "a=eq.#"), "query string: at most 64 parameters"},
		{"QueryString", "a=eq." + strings.Repeat("x", 8187), "a=eq." + strings.Repeat("x", 8188), "query string: at most 8192 bytes (8193)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if _, err := pgrst.ParseRead(tt.allowed, usual); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := pgrst.ParseRead(tt.refused, usual)
			if _, ok := errors.AsType[*pgrst.LimitError](err); !ok {
				t.Fatalf("beyond the limit: %v", err)
			}
			want := "PL001"
			if tt.name == "QueryString" {
				want = "PL414" // RFC 9110 section 15.5.15
			}
			if code, message, _ := problemOf(t, err); code != want || message != tt.message {
				t.Errorf("got %s %q, want %s %q", code, message, want, tt.message)
			}
		})
	}
}

func TestLimitsAreConfigurable(t *testing.T) {
	t.Parallel()

	lim := pgrst.Limits{
		Query: 60, Params: 4, Rows: 5, Offset: 7, In: 2, Select: 3, Embeds: 1, EmbedDepth: 1,
		Predicates: 2, GroupDepth: 1, Order: 1, Columns: 1, Pattern: 3, Wildcards: 1, Search: 2, Elements: 2,
	}.WithDefaults()
	for allowed, refused := range map[string]string{
		"limit=5":                     "limit=6",
		"offset=7":                    "offset=8",
		"a=in.(1,2)":                  "a=in.(1,2,3)",
		"select=a,b,c":                "select=a,b,c,d",
		"select=x(a)":                 "select=x(a),y(b)",
		"select=x()":                  "select=x(y())",
		"a=eq.1&b=eq.2":               "a=eq.1&b=eq.2&c=eq.3",
		"or=(a.eq.1)":                 "or=(and(a.eq.1))",
		"order=a":                     "order=a,b",
		"columns=a":                   "columns=a,b",
		"on_conflict=a":               "on_conflict=a,b",
		"a=match.abc":                 "a=match.abcd",
		"a=cs.[1,2]":                  "a=cs.[1,2,3]",
		"a=like.*":                    "a=like.*x*",
		"limit=1&offset=1":            "limit=1&offset=1&order=a&select=a&columns=a",
		"x" + strings.Repeat("y", 59): "x" + strings.Repeat("y", 60),
	} {
		if _, err := pgrst.ParseRead(allowed, lim); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
		_, err := pgrst.ParseRead(refused, lim)
		if _, ok := errors.AsType[*pgrst.LimitError](err); !ok {
			t.Errorf("%s: %v", refused, err)
		}
	}
	read, err := pgrst.ParseRead("select=x(*)", lim)
	if err != nil || *read.Query.With[0].Query.Limit != 5 {
		t.Errorf("an embed without limit does not get Rows: %v", err)
	}
}
