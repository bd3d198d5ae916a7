package gate_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestA26RandomFilters: whatever tree of conditions a client sends, the
// answer is what the tree selects of the caller's own rows. At least 30 % of the
// trees select 5 to 95 % of them. A failure names its seed.
func TestA26RandomFilters(t *testing.T) {
	t.Parallel()
	rounds := 1000
	if programtest.Long() {
		rounds = 10000
	}
	seed := programtest.Seed(t, rand.Uint64())
	sheetEngines(t, seed, 60, func(t *testing.T, s *sheets) {
		var shares [11]int // trees by the share of the caller's rows they select, in tenths
		middle := 0
		for i := range rounds {
			share := s.checkTree(t, rand.New(rand.NewPCG(seed, uint64(i)+1)))
			shares[int(share*10)]++
			if share >= 0.05 && share <= 0.95 {
				middle++
			}
		}
		t.Logf("%d trees; by tenths of the rows they select: %v; %d select 5 to 95 %%", rounds, shares, middle)
		if middle < rounds*3/10 {
			t.Errorf("%d of %d trees select 5 to 95 %% of the rows: the rest proves little", middle, rounds)
		}
	})
}

// checkTree asks for a random tree as a random caller and returns the share of
// the caller's rows it selects.
func (s *sheets) checkTree(t *testing.T, r *rand.Rand) (share float64) {
	t.Helper()
	p := []auth.Principal{asAna, asAri, asBea, asAdmin, asAdmin, asAna, asAri, asBea, asAnon}[r.IntN(9)]
	budget := 12
	leaf := sheetComparison
	if s.db.Capabilities().Engine == "postgres" {
		leaf = withFullText
	}
	tree := growPredicate(r, 4, &budget, leaf)
	visible := s.seen(p)
	var want []int
	for _, x := range visible {
		if tree.judge(x) == isTrue {
			want = append(want, x["id"].(int))
		}
	}
	filter := []string{"and=", "or="}[r.IntN(2)] + queryEscape("("+tree.text+")")
	got, total, err := s.find(t, p, filter)
	if err != nil || !slices.Equal(got, want) || total != strconv.Itoa(len(want)) {
		t.Errorf("(%s) by %q\n got %v of %s, %v\nwant %v", tree.text, p.ID, got, total, err, want)
	}
	return float64(len(want)) / float64(max(len(visible), 1))
}

// sheetOperands are values to compare columns with.
var sheetOperands = map[string][]string{
	"num":  {"0", "1", "2", "3", "5", "-1", "9223372036854775807"},
	"rate": {"0", "0.5", "1", "1.5", "2.5", "1e3"},
	"due":  {"1970-01-01T00:00:00Z", "2024-02-29T12:00:00Z", "2024-02-29T14:00:00.000001+02:00", "2030-01-01T00:00:00Z"},
	"name": {"red", "Red apple", "", "green-apple", `a "b" \ c`, "b", "100%"},
}

// sheetComparison returns a random comparison of a column of sheets.
func sheetComparison(r *rand.Rand) predicate {
	column := []string{"num", "rate", "due", "name"}[r.IntN(4)]
	switch r.IntN(16) {
	case 0:
		column = []string{"num", "rate", "due", "name", "flag", "labels", "meta", "status"}[r.IntN(8)]
		return predicate{column + ".is.null", func(x row) truth { return known(x[column] == nil) }}
	case 1:
		want := r.IntN(2) == 0
		return predicate{"flag.is." + strconv.FormatBool(want), func(x row) truth { return known(x["flag"] == want) }}
	case 2:
		op, value := likeOps[r.IntN(2)], []string{"a*", "*p*", "R*", "*é", "_ed"}[r.IntN(5)]
		return predicate{"name." + op + "." + value, func(x row) truth { return likes(op, x["name"], value) }}
	case 3, 4:
		return sheetSearch(r)
	case 5, 6, 7:
		return labelComparison(r)
	case 8, 9, 10, 11:
		return metaComparison(r)
	}
	values := sheetOperands[column]
	ops := []string{"eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"}
	return compared(r, column, ops, values, func(op string, x row, value string) truth {
		if op == "isdistinct" {
			return known(compare(column, "eq", x[column], value) != isTrue)
		}
		return compare(column, op, x[column], value)
	})
}

// compared compares with one value, or with any or all of some where the
// operator allows it.
func compared(r *rand.Rand, column string, ops, values []string, judge func(op string, x row, value string) truth) predicate {
	op := ops[r.IntN(len(ops))]
	value := values[r.IntN(len(values))]
	quantifiable := slices.Contains([]string{"eq", "gt", "gte", "lt", "lte", "like", "ilike"}, op)
	if !quantifiable || r.IntN(3) > 0 {
		return predicate{column + "." + op + "." + quotedValue(value), func(x row) truth { return judge(op, x, value) }}
	}
	list, quoted := make([]string, r.IntN(4)), []string{}
	for i := range list {
		list[i] = values[r.IntN(len(values))]
		quoted = append(quoted, quotedValue(list[i]))
	}
	all := r.IntN(2) == 0
	word := map[bool]string{true: "(all).", false: "(any)."}[all]
	return predicate{column + "." + op + word + quotedValue("{"+strings.Join(quoted, ",")+"}"), func(x row) truth {
		best, worst := isFalse, isTrue
		for _, v := range list {
			result := judge(op, x, v)
			best, worst = max(best, result), min(worst, result)
		}
		if all {
			return worst
		}
		return best
	}}
}

var likeOps = []string{"like", "ilike"}

// likes matches ASCII patterns of letters with a * at an end or at both, or a
// one-rune _ in front.
func likes(op string, stored any, pattern string) truth {
	text, ok := stored.(string)
	if !ok {
		return unknown
	}
	if op == "ilike" {
		text, pattern = strings.ToLower(text), strings.ToLower(pattern)
	}
	part := strings.Trim(pattern, "*")
	switch {
	case strings.HasPrefix(pattern, "_"):
		return known(len([]rune(text)) == len([]rune(pattern)) && strings.HasSuffix(text, pattern[1:]))
	case strings.HasPrefix(pattern, "*") && strings.HasSuffix(pattern, "*"):
		return known(strings.Contains(text, part))
	case strings.HasPrefix(pattern, "*"):
		return known(strings.HasSuffix(text, part))
	case strings.HasSuffix(pattern, "*"):
		return known(strings.HasPrefix(text, part))
	}
	return known(text == pattern)
}

// labelComparison compares arrays by what they hold.
func labelComparison(r *rand.Rand) predicate {
	labels := sheetLabels[r.IntN(len(sheetLabels))]
	if r.IntN(2) == 0 {
		labels = [][]string{{"b"}, {"a", "c d"}, {"none"}, {"", "a"}, {"a", "b", "c d", ""}}[r.IntN(5)]
	}
	quoted := make([]string, len(labels))
	for i, l := range labels {
		quoted[i] = quotedValue(l)
	}
	op := []string{"cs", "cd", "ov", "eq", "isdistinct"}[r.IntN(5)]
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(l string) bool { return !slices.Contains(b, l) })
	}
	return predicate{"labels." + op + "." + quotedValue("{"+strings.Join(quoted, ",")+"}"), func(x row) truth {
		have, ok := x["labels"].([]string)
		switch {
		case op == "isdistinct":
			return known(!ok || !slices.Equal(have, labels))
		case !ok:
			return unknown
		case op == "cs":
			return known(within(labels, have))
		case op == "cd":
			return known(within(have, labels))
		case op == "ov":
			return known(slices.ContainsFunc(have, func(l string) bool { return slices.Contains(labels, l) }))
		}
		return known(slices.Equal(have, labels))
	}}
}
