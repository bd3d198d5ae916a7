package store_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Values of the columns without an order.
var (
	leafTags = [][]string{{}, {"a"}, {"a", "b"}, {"b", "b", "é"}, {"A", ""}, {`x,"\{}`, "a"}, {"é", "NULL"}}
	leafBios = []string{
		"", "red", "Red apple", "an apple, red and ripe", "green-apple", "GRÜNE Äpfel", "grüne äpfel_rot", "ripening; reddish apples!", "東京 apple", "e\u0301t\u00e9 rouge",
	}
	bioWords = []string{"red", "apple", "app", "rip", "green", "gr\u00fcne", "\u00e4pfel", "\u6771\u4eac", "an", "nowhere"}
)

// some returns up to three of n numbers, maybe none and maybe one twice.
func (f *forest) some(n int) []int {
	picked := make([]int, f.r.IntN(4))
	for i := range picked {
		picked[i] = f.r.IntN(n)
	}
	return picked
}

// listed is a comparison of a column with several operands as texts, by Any or
// All, or by Any with a variable that holds them. judge compares with one.
func (f *forest) listed(column string, op query.Op, texts []string, judge func(row *leafRow, i int) ternary) tree {
	var operand any = query.Texts(texts)
	usable := true
	if f.r.IntN(4) == 0 {
		f.named++
		name := fmt.Sprintf("v%d", f.named)
		operand, f.vars[name] = store.Var(name), strings.Join(texts, "\x00")
		usable = f.vars[name] != ""
	}
	compare, word, start, deciding := query.CompareAny, "any", no, yes
	if f.r.IntN(2) == 0 {
		compare, word, start, deciding = query.CompareAll, "all", yes, no
	}
	return tree{compare(column, op, operand), func(row *leafRow) ternary {
		result := start
		for i := range texts {
			switch judge(row, i) {
			case deciding:
				return ifUsable(usable, deciding)
			case unknown:
				result = unknown
			}
		}
		return ifUsable(usable, result)
	}, false, fmt.Sprintf("%s op%d %s %T(%q)", column, op, word, operand, texts), false}
}

// ifUsable is unknown where a comparison is with a variable without value.
func ifUsable(usable bool, result ternary) ternary {
	if !usable {
		return unknown
	}
	return result
}

// quantifiedLeaf compares an ordered column with several values.
func (f *forest) quantifiedLeaf(c leafColumn) tree {
	op, picked := leafOps[f.r.IntN(len(leafOps))], f.some(len(c.texts))
	texts := make([]string, len(picked))
	for i, n := range picked {
		texts[i] = c.texts[n]
	}
	return f.listed(c.name, op, texts, func(row *leafRow, i int) ternary { return compareNumbers(op, row.values[c.name], picked[i]) })
}

// patternLeaf matches a text with one pattern or several.
func (f *forest) patternLeaf() tree {
	op, fold := query.OpLike, func(s string) string { return s }
	if f.r.IntN(2) == 0 {
		op, fold = query.OpILike, lowered
	}
	judge := func(row *leafRow, pattern string) ternary {
		if row.values["name"] < 0 {
			return unknown
		}
		return ternaryOf(likeOracle(fold(pattern), fold(leafNames[row.values["name"]])))
	}
	if f.r.IntN(3) > 0 {
		pattern := f.pattern()
		return tree{store.Compare("name", op, store.Text(pattern)), func(row *leafRow) ternary { return judge(row, pattern) }, false, fmt.Sprintf("name op%d %q", op, pattern), false}
	}
	patterns := make([]string, 1+f.r.IntN(3))
	for i := range patterns {
		patterns[i] = f.pattern()
	}
	return f.listed("name", op, patterns, func(row *leafRow, i int) ternary { return judge(row, patterns[i]) })
}

func (f *forest) pattern() string {
	parts := []string{"%", "_", "a", "A", "b", "é", "É", "東", `\%`, `\_`, "x", "😀"}
	var pattern string
	for range 1 + f.r.IntN(3) {
		pattern += parts[f.r.IntN(len(parts))]
	}
	return pattern
}

// arrayLeaf compares text arrays by what they hold, or as a whole, with one
// array or several.
func (f *forest) arrayLeaf() tree {
	ops := []query.Op{query.OpContains, query.OpContains, query.OpContained, query.OpOverlaps, query.OpOverlaps, query.OpEq, query.OpNeq, query.OpDistinct}
	op := ops[f.r.IntN(len(ops))]
	judge := func(row *leafRow, operand []string) ternary {
		if row.values["tags"] < 0 {
			if op == query.OpDistinct {
				return yes
			}
			return unknown
		}
		return ternaryOf(arrayOracle(op, leafTags[row.values["tags"]], operand))
	}
	if f.r.IntN(3) > 0 {
		tags := f.tags()
		operand := any(store.Text(arrayText(tags)))
		if f.r.IntN(3) == 0 {
			operand = tags
		}
		return tree{store.Compare("tags", op, operand), func(row *leafRow) ternary { return judge(row, tags) }, false, fmt.Sprintf("tags op%d %T(%q)", op, operand, tags), false}
	}
	lists, texts := make([][]string, f.r.IntN(4)), []string{}
	for i := range lists {
		lists[i] = f.tags()
		texts = append(texts, arrayText(lists[i]))
	}
	return f.listed("tags", op, texts, func(row *leafRow, i int) ternary { return judge(row, lists[i]) })
}

// tags returns an array of the data or one of some of its elements.
func (f *forest) tags() []string {
	if f.r.IntN(2) == 0 {
		return leafTags[f.r.IntN(len(leafTags))]
	}
	elements, tags := []string{"a", "b", "é", "A", "", "NULL", `x,"\{}`, "c"}, []string{}
	for _, i := range f.some(len(elements)) {
		tags = append(tags, elements[i])
	}
	return tags
}

// arrayText writes an array as PostgreSQL does, every element quoted.
func arrayText(tags []string) string {
	quoted := make([]string, len(tags))
	for i, t := range tags {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

func arrayOracle(op query.Op, a, b []string) bool {
	holds := func(a, b []string) bool {
		return !slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
	}
	switch op {
	case query.OpContains:
		return holds(a, b)
	case query.OpContained:
		return holds(b, a)
	case query.OpOverlaps:
		return slices.ContainsFunc(b, func(s string) bool { return slices.Contains(a, s) })
	case query.OpEq:
		return slices.Equal(a, b)
	case query.OpNeq, query.OpDistinct:
		return !slices.Equal(a, b)
	}
	panic("no comparison of arrays")
}

// searchLeaf looks for words, the first of which must occur. The words of a text
// are those of the oracle of TestSearchOracle.
func (f *forest) searchLeaf() tree {
	words := make([]soughtWord, 1+f.r.IntN(2))
	for i := range words {
		words[i] = soughtWord{bioWords[f.r.IntN(len(bioWords))], f.r.IntN(2) == 0, i > 0 && f.r.IntN(2) == 0}
	}
	text := strings.Trim(fmt.Sprint(words), "[]")
	return tree{store.Compare("bio", query.OpSearch, store.Text(text)), func(row *leafRow) ternary {
		if row.values["bio"] < 0 {
			return unknown
		}
		text := leafBios[row.values["bio"]]
		return ternaryOf(!slices.ContainsFunc(words, func(w soughtWord) bool { return !w.allows(text) }))
	}, false, fmt.Sprintf("bio search %q", text), false}
}
