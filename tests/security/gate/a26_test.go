package gate_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
)

// truth is a value of three-valued logic.
type truth int8

const (
	isFalse truth = iota
	unknown
	isTrue
)

// predicate is a random filter with its own judgement of a row.
type predicate struct {
	text  string // of a group member, as "title.eq.x" or "or(...)"
	judge func(row) truth
}

// randomPredicate returns a comparison of notes or a group of at most depth
// levels.
func randomPredicate(r *rand.Rand, depth int, budget *int) predicate {
	return growPredicate(r, depth, budget, randomComparison)
}

// growPredicate returns a leaf or a group of at most depth levels.
func growPredicate(r *rand.Rand, depth int, budget *int, leaf func(*rand.Rand) predicate) predicate {
	if depth == 0 || r.IntN(3) == 0 || *budget < 3 {
		*budget--
		return negated(r, leaf(r))
	}
	n := 1 + r.IntN(3)
	kids := make([]predicate, n)
	texts := make([]string, n)
	for i := range kids {
		kids[i] = growPredicate(r, depth-1, budget, leaf)
		texts[i] = kids[i].text
	}
	if r.IntN(2) == 0 {
		return negated(r, predicate{"or(" + strings.Join(texts, ",") + ")", func(x row) truth {
			best := isFalse
			for _, k := range kids {
				best = max(best, k.judge(x))
			}
			return best
		}})
	}
	return negated(r, predicate{"and(" + strings.Join(texts, ",") + ")", func(x row) truth {
		worst := isTrue
		for _, k := range kids {
			worst = min(worst, k.judge(x))
		}
		return worst
	}})
}

// negated puts not. before a predicate now and then.
func negated(r *rand.Rand, p predicate) predicate {
	if r.IntN(4) > 0 {
		return p
	}
	not := predicate{"not." + p.text, func(x row) truth { return isTrue - p.judge(x) }}
	if !strings.HasPrefix(p.text, "or(") && !strings.HasPrefix(p.text, "and(") {
		column, rest, _ := strings.Cut(p.text, ".")
		not.text = column + ".not." + rest
	}
	return not
}

// operands are values to compare columns with: those of the data, their
// neighbours, and some of nobody.
var operands = map[string][]string{
	"slug":   {"ana-draft", "ana-shared", "ari-shared", "bea-draft", "a", "z", "", "ANA-DRAFT", "ana"},
	"title":  {"title of ana-draft", "title of bea-shared", "title", "u"},
	"body":   {"body of ana-shared", "body of ari-shared", "body", ""},
	"status": {"draft", "shared", "official", "Draft"},
	"amount": {"10", "20", "30", "40", "60", "0", "-1", "25", "9223372036854775807"},
	"rate":   {"20.5", "40.5", "60.5", "20", "-1.5", "1e3"},
	"id":     {anaDraft, anaShared, beaDraft, ariDraft, nobodys},
	"due":    {stamp, "2026-01-02T03:04:05Z", "2025-01-01T00:00:00Z", "2030-06-01T12:00:00+02:00"},
}

func randomComparison(r *rand.Rand) predicate {
	columns := []string{"slug", "title", "body", "status", "amount", "rate", "id", "due"}
	c := columns[r.IntN(len(columns))]
	value := operands[c][r.IntN(len(operands[c]))]
	text := c == "slug" || c == "title" || c == "body" || c == "status"
	switch n := r.IntN(9); {
	case n == 0:
		return predicate{c + ".is.null", func(x row) truth { return known(x[c] == nil) }}
	case n == 1:
		return predicate{c + ".is.not_null", func(x row) truth { return known(x[c] != nil) }}
	case n == 2:
		return inList(r, c)
	case n == 3 && text:
		return likePattern(r, c)
	}
	ops := []string{"eq", "neq", "gt", "gte", "lt", "lte"}
	op := ops[r.IntN(len(ops))]
	return predicate{c + "." + op + "." + quotedValue(value), func(x row) truth { return compare(c, op, x[c], value) }}
}

func inList(r *rand.Rand, c string) predicate {
	var list, texts []string
	for range r.IntN(4) {
		v := operands[c][r.IntN(len(operands[c]))]
		list, texts = append(list, v), append(texts, quotedValue(v))
	}
	return predicate{c + ".in.(" + strings.Join(texts, ",") + ")", func(x row) truth {
		best := isFalse
		for _, v := range list {
			best = max(best, compare(c, "eq", x[c], v))
		}
		return best
	}}
}

// likePattern looks for a part of a value. Its oracle folds ASCII only, as the
// data is.
func likePattern(r *rand.Rand, c string) predicate {
	part := []string{"a", "draft", "ari", "SHARED", "of", "x", "-"}[r.IntN(7)]
	fold := r.IntN(2) == 0
	op, shape := "like", r.IntN(3)
	if fold {
		op = "ilike"
	}
	pattern := []string{"*" + part + "*", part + "*", "*" + part}[shape]
	return predicate{c + "." + op + "." + pattern, func(x row) truth {
		s, ok := x[c].(string)
		if !ok {
			return unknown
		}
		part := part
		if fold {
			s, part = strings.ToLower(s), strings.ToLower(part)
		}
		return known([]bool{strings.Contains(s, part), strings.HasPrefix(s, part), strings.HasSuffix(s, part)}[shape])
	}}
}

func known(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// compare is the oracle's comparison of a stored value with a text.
func compare(column, op string, stored any, text string) truth {
	if stored == nil {
		return unknown
	}
	n := ordering(column, stored, text)
	switch op {
	case "eq":
		return known(n == 0)
	case "neq":
		return known(n != 0)
	case "gt":
		return known(n > 0)
	case "gte":
		return known(n >= 0)
	case "lt":
		return known(n < 0)
	}
	return known(n <= 0)
}

// ordering compares a stored value with a text by the kind of its column.
func ordering(column string, stored any, text string) int {
	switch column {
	case "amount", "num":
		n, _ := strconv.ParseInt(text, 10, 64)
		return cmp.Compare(int64(stored.(int)), n)
	case "rate":
		n, _ := strconv.ParseFloat(text, 64)
		return cmp.Compare(stored.(float64), n)
	case "due":
		a, _ := time.Parse(time.RFC3339Nano, stored.(string))
		b, _ := time.Parse(time.RFC3339Nano, text)
		return a.Compare(b)
	}
	return strings.Compare(stored.(string), text)
}

func quotedValue(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// TestA26FilterTricks: filters that try to break out of their place select nothing of
// others.
func TestA26FilterTricks(t *testing.T) {
	t.Parallel()
	tricks := []string{
		"or=(amount.gt.0,owner_id.eq." + bea + ")", "or=(id.not.is.null,id.is.null)", "not.and=(id.is.null)", "not.or=(id.is.null)", "or=()", "and=()",
		"or=(amount.gt.0", "or=amount.gt.0)", "or=((amount.gt.0))", "or=(or(amount.gt.0)", "title=eq.a),or(amount.gt.0", "title=eq.a)%20or%20(1=1", "or=(title.eq.a),(amount.gt.0)",
		"title=in.(a),amount.gt.0", `or=(title.eq."a",amount.gt.0)`, `or=(title.eq."a\",amount.gt.0)`, `title=in.("a)`, "or=(and(amount.gt.0),or(id.not.is.null))", "title=not.not.eq.a",
		"or=(not.not.title.eq.a)", "and=(title.eq.a,or=(amount.gt.0))", "or=(title.eq.a%00,amount.gt.0)", "or=%28amount.gt.0%29", "or=(owner.name.eq.bea)", "owner.or=(name.eq.bea)",
		"or=(,amount.gt.0)", "or=(amount.gt.0,)", "or=(amount..gt.0)", "or=(.gt.0)", "or.and=(amount.gt.0)", "notes.or=(amount.gt.0)", "or=(amount.gt.0)&or=(id.not.is.null)",
		"and=(or(amount.gt.0,amount.lte.0))", "not.not.or=(amount.gt.0)", "NOT.or=(amount.gt.0)", "OR=(amount.gt.0)", "or=(AMOUNT.gt.0)", "amount=gt.0;select%201", "amount=gt.0--", "amount=gt.0/**/",
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAna, asAnon} {
			for _, trick := range tricks {
				got := f.do(t, p, ask{method: http.MethodGet, target: "/notes?select=slug&" + trick})
				for _, r := range rowsOf("notes") {
					if !sees(p, "notes", r) && strings.Contains(got.Body, fmt.Sprintf("%q", r["slug"])) {
						t.Errorf("%s shows %v to %q: %s", trick, r["slug"], p.ID, got.Body)
					}
				}
				f.untouched(t, "DELETE ?"+trick+" by nobody", func() {
					f.do(t, asAnon, ask{method: http.MethodDelete, target: "/notes?" + trick})
				})
			}
		}
	})
}
