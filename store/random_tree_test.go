package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// tree is a random condition together with its oracle.
type tree struct {
	cond    store.Cond
	judge   func(row *leafRow) ternary
	related bool // reads other rows
	text    string
	server  bool // has a search that only PostgreSQL can do
}

// forest grows trees over the rows of a table. visible says which rows a filter
// in a scope can reach through a relation. A forest with fullText has PostgreSQL's
// own searches.
type forest struct {
	r       *rand.Rand
	rows    []*leafRow
	visible func(row *leafRow) bool
	vars    map[string]string
	named   int // variables used so far, also those without a value

	fullText bool
}

// leafColumn is a column as the generator sees it: the texts of its values, in
// order, and the Go value of each.
type leafColumn struct {
	name  string
	texts []string
	value func(i int) any
}

func leafColumns() []leafColumn {
	numbers := make([]string, len(leafNums))
	for i, n := range leafNums {
		numbers[i] = strconv.FormatInt(n, 10)
	}
	reals := make([]string, len(leafReals))
	for i, f := range leafReals {
		reals[i] = strconv.FormatFloat(f, 'g', -1, 64)
	}
	return []leafColumn{
		{"num", numbers, func(i int) any { return leafNums[i] }},
		{"real", reals, func(i int) any { return leafReals[i] }},
		{"dec", leafDecs, func(i int) any { return must(store.ParseDecimal(leafDecs[i])) }},
		{"at", leafTimes, func(i int) any { return leafTimes[i] }},
		{"day", leafDays, func(i int) any { return must(store.ParseDate(leafDays[i])) }},
		{"name", leafNames, func(i int) any { return leafNames[i] }},
		{"uid", leafUIDs, func(i int) any { return must(store.ParseID(leafUIDs[i])) }},
		{"flag", []string{"false", "true"}, func(i int) any { return i == 1 }},
	}
}

// grow makes a tree of at most the depth.
func (f *forest) grow(depth int) tree {
	if depth == 0 || f.r.IntN(8) == 0 {
		return f.leaf()
	}
	switch f.r.IntN(10) {
	case 0, 1, 2, 3:
		return f.group(depth, store.And, "and", yes, no)
	case 4, 5, 6:
		return f.group(depth, store.Or, "or", no, yes)
	case 7:
		kid := f.grow(depth - 1)
		return tree{store.Not(kid.cond), func(row *leafRow) ternary { return yes - kid.judge(row) }, kid.related, "not(" + kid.text + ")", kid.server}
	case 8:
		return f.relatedTree(depth)
	}
	return f.leaf()
}

// group joins two or three trees: the result begins with start, and a kid that
// is deciding decides it.
func (f *forest) group(depth int, join func(...store.Cond) store.Cond, word string, start, deciding ternary) tree {
	kids := make([]tree, 2+f.r.IntN(2))
	conds := make([]store.Cond, len(kids))
	texts := make([]string, len(kids))
	g := tree{}
	for i := range kids {
		kids[i] = f.grow(depth - 1)
		conds[i], texts[i] = kids[i].cond, kids[i].text
		g.related = g.related || kids[i].related
		g.server = g.server || kids[i].server
	}
	g.cond, g.text = join(conds...), word+"("+strings.Join(texts, ", ")+")"
	g.judge = func(row *leafRow) ternary {
		result := start
		for _, k := range kids {
			switch k.judge(row) {
			case deciding:
				return deciding
			case unknown:
				result = unknown
			}
		}
		return result
	}
	return g
}

// relatedTree asks for a parent or for kids the filter can see.
func (f *forest) relatedTree(depth int) tree {
	kid := f.grow(depth - 1)
	name := []string{"parent", "kids"}[f.r.IntN(2)]
	judge := func(row *leafRow) ternary {
		return ternaryOf(slices.ContainsFunc(f.rows, func(other *leafRow) bool {
			joined := name == "parent" && row.parent == other.id || name == "kids" && other.parent == row.id
			return joined && f.visible(other) && kid.judge(other) == yes
		}))
	}
	return tree{store.Related(name, kid.cond), judge, true, name + "(" + kid.text + ")", kid.server}
}

func (f *forest) leaf() tree {
	columns := leafColumns()
	c := columns[f.r.IntN(len(columns))]
	switch f.r.IntN(20) {
	case 0:
		return f.nullLeaf(append(columnNames(columns), "tags", "doc", "bio"))
	case 1, 2:
		return f.inLeaf(c)
	case 3, 4:
		return f.patternLeaf()
	case 5:
		return f.flagLeaf()
	case 6:
		return f.parentLeaf()
	case 7, 8:
		return f.quantifiedLeaf(c)
	case 9, 10, 11:
		return f.arrayLeaf()
	case 12, 13, 14, 15:
		return f.documentLeaf()
	case 16:
		return f.searchLeaf()
	case 17:
		if f.fullText {
			return f.fullTextLeaf()
		}
		return f.searchLeaf()
	}
	return f.compareLeaf(c)
}

func columnNames(columns []leafColumn) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

func (f *forest) nullLeaf(columns []string) tree {
	name := columns[f.r.IntN(len(columns))]
	return tree{store.Null(name), func(row *leafRow) ternary { return ternaryOf(row.values[name] < 0) }, false, name + " is null", false}
}

var leafOps = []query.Op{query.OpEq, query.OpNeq, query.OpLt, query.OpLte, query.OpGt, query.OpGte, query.OpDistinct}

// compareLeaf compares a column with a text, a Go value, or a variable that may
// be missing or unreadable.
func (f *forest) compareLeaf(c leafColumn) tree {
	op, i := leafOps[f.r.IntN(len(leafOps))], f.r.IntN(len(c.texts))
	var operand any = store.Text(c.texts[i])
	want := i
	switch f.r.IntN(4) {
	case 0:
		operand = c.value(i)
	case 1:
		f.named++
		name := fmt.Sprintf("v%d", f.named)
		operand = store.Var(name)
		f.vars[name] = c.texts[i]
		switch {
		case f.r.IntN(3) == 0:
			delete(f.vars, name)
			want = -1
		case c.texts[i] == "":
			want = -1 // an empty variable is none
		case c.name != "name" && f.r.IntN(4) == 0:
			f.vars[name] = "unreadable"
			want = -1
		}
	}
	judge := func(row *leafRow) ternary { return compareNumbers(op, row.values[c.name], want) }
	return tree{store.Compare(c.name, op, operand), judge, false, fmt.Sprintf("%s op%d %T(%v)=#%d", c.name, op, operand, operand, want), false}
}

func (f *forest) inLeaf(c leafColumn) tree {
	var picked []int
	texts := query.Texts{}
	for i, text := range c.texts {
		if f.r.IntN(2) == 0 {
			picked, texts = append(picked, i), append(texts, text)
		}
	}
	judge := func(row *leafRow) ternary {
		v := row.values[c.name]
		if len(picked) > 0 && v < 0 {
			return unknown
		}
		return ternaryOf(slices.Contains(picked, v))
	}
	return tree{store.In(c.name, texts), judge, false, fmt.Sprintf("%s in %q", c.name, texts), false}
}

func (f *forest) flagLeaf() tree {
	op, want := query.OpIsTrue, 1
	if f.r.IntN(2) == 0 {
		op, want = query.OpIsFalse, 0
	}
	return tree{store.Compare("flag", op, nil), func(row *leafRow) ternary { return ternaryOf(row.values["flag"] == want) }, false, fmt.Sprintf("flag is %d", want), false}
}

func (f *forest) parentLeaf() tree {
	op, i := leafOps[f.r.IntN(len(leafOps))], f.r.IntN(len(f.rows))
	judge := func(row *leafRow) ternary { return compareNumbers(op, row.parent, i) }
	return tree{store.Compare("parent_id", op, int64(i)), judge, false, fmt.Sprintf("parent_id op%d %d", op, i), false}
}
