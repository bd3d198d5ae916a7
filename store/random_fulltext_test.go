package store_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// fullTextQueries are words of bios, beginnings of some, and one of none. What is no
// ASCII has no capitals: whether PostgreSQL folds others depends on the locale of
// the database.
var fullTextQueries = []string{"red", "apple", "app", "rip", "green", "東京", "an", "and", "rot", "nowhere"}

// wordQuery is a query of PostgreSQL's own search with its own judgement of the
// words of a text, in their order.
type wordQuery struct {
	text  string
	judge func(words []string) bool
}

// fullTextLeaf searches as only PostgreSQL can. The rules are those of its manual
// for to_tsquery and the three other functions, under the configuration simple:
// the words are those of [oracleWords], none is stemmed or left out.
func (f *forest) fullTextLeaf() tree {
	var op query.Op
	var q wordQuery
	switch f.r.IntN(5) {
	case 0:
		op, q = query.OpFullTextPlain, f.plainQuery()
	case 1:
		op, q = query.OpFullTextPhrase, f.phraseQuery()
	case 2:
		op, q = query.OpFullTextWeb, f.webQuery()
	case 3:
		return f.stemmedLeaf()
	default:
		op, q = query.OpFullText, f.tsQuery(3)
	}
	operands := []any{store.Text(q.text), q.text, query.FullText{Query: q.text}, query.FullText{Config: "Simple", Query: q.text}}
	return bioLeaf(op, operands[f.r.IntN(len(operands))], q)
}

func bioLeaf(op query.Op, operand any, q wordQuery) tree {
	return tree{store.Compare("bio", op, operand), func(row *leafRow) ternary {
		if row.values["bio"] < 0 {
			return unknown
		}
		return ternaryOf(q.judge(oracleWords(leafBios[row.values["bio"]])))
	}, false, fmt.Sprintf("bio op%d %T(%v)", op, operand, operand), true}
}

// stemmedLeaf asks in English, of which the oracle knows one plural.
func (f *forest) stemmedLeaf() tree {
	asked := []string{"apple", "apples", "reddish", "green apples"}[f.r.IntN(4)]
	stem := func(w string) string { return strings.TrimSuffix(w, "s") }
	return bioLeaf(query.OpFullTextPlain, query.FullText{Config: "english", Query: asked}, wordQuery{asked, func(words []string) bool {
		return !slices.ContainsFunc(strings.Fields(asked), func(a string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return stem(w) == stem(a) })
		})
	}})
}

// searchWords returns one to n words.
func (f *forest) searchWords(n int) []string {
	words := make([]string, 1+f.r.IntN(n))
	for i := range words {
		words[i] = fullTextQueries[f.r.IntN(len(fullTextQueries))]
	}
	return words
}

// plainQuery is of words that must all occur; what else stands there says nothing.
func (f *forest) plainQuery() wordQuery {
	asked := f.searchWords(2)
	return wordQuery{strings.Join(asked, []string{" ", " & ", "_", " | !", ": "}[f.r.IntN(5)]), func(words []string) bool {
		return !slices.ContainsFunc(asked, func(a string) bool { return !slices.Contains(words, a) })
	}}
}

// phraseQuery is of words that must follow on one another.
func (f *forest) phraseQuery() wordQuery {
	asked := f.searchWords(2)
	if f.r.IntN(3) == 0 { // what stands in a bio
		all := oracleWords("an apple red and ripe")
		from := f.r.IntN(len(all) - 1)
		asked = all[from : from+2]
	}
	return wordQuery{strings.Join(asked, " "), func(words []string) bool { return inSequence(words, asked) }}
}

func inSequence(words, asked []string) bool {
	for i := range len(words) - len(asked) + 1 {
		if slices.Equal(words[i:i+len(asked)], asked) {
			return true
		}
	}
	return false
}

// webQuery is of words and quoted phrases, some behind a -, that must all hold; "or"
// stands between such lists.
func (f *forest) webQuery() wordQuery {
	var text []string
	var lists [][]func(words []string) bool
	for i := range 1 + f.r.IntN(2) {
		if i > 0 {
			text = append(text, "or")
		}
		var list []func(words []string) bool
		for range 1 + f.r.IntN(2) {
			asked, not := f.searchWords(2), f.r.IntN(3) == 0
			term := strings.Join(asked, " ")
			if len(asked) > 1 {
				term = `"` + term + `"`
			}
			if not {
				term = "-" + term
			}
			text = append(text, term)
			list = append(list, func(words []string) bool { return inSequence(words, asked) != not })
		}
		lists = append(lists, list)
	}
	return wordQuery{strings.Join(text, " "), func(words []string) bool {
		return slices.ContainsFunc(lists, func(list []func([]string) bool) bool {
			return !slices.ContainsFunc(list, func(holds func([]string) bool) bool { return !holds(words) })
		})
	}}
}

// tsQuery is of words, beginnings and distances, joined by &, | and !.
func (f *forest) tsQuery(depth int) wordQuery {
	if depth == 0 || f.r.IntN(3) == 0 {
		text, is := f.tsWord()
		return wordQuery{text, func(words []string) bool { return slices.ContainsFunc(words, is) }}
	}
	switch f.r.IntN(4) {
	case 0:
		kid := f.tsQuery(depth - 1)
		return wordQuery{"!(" + kid.text + ")", func(words []string) bool { return !kid.judge(words) }}
	case 1:
		first, isFirst := f.tsWord()
		second, isSecond := f.tsWord()
		distance, operator := 1+f.r.IntN(2), "<->"
		if distance > 1 {
			operator = "<2>"
		}
		return wordQuery{"(" + first + operator + second + ")", func(words []string) bool {
			for i := range max(len(words)-distance, 0) {
				if isFirst(words[i]) && isSecond(words[i+distance]) {
					return true
				}
			}
			return false
		}}
	case 2:
		a, b := f.tsQuery(depth-1), f.tsQuery(depth-1)
		return wordQuery{"(" + a.text + "|" + b.text + ")", func(words []string) bool { return a.judge(words) || b.judge(words) }}
	}
	a, b := f.tsQuery(depth-1), f.tsQuery(depth-1)
	return wordQuery{"(" + a.text + " & " + b.text + ")", func(words []string) bool { return a.judge(words) && b.judge(words) }}
}

// tsWord is a word, or the beginning of words.
func (f *forest) tsWord() (text string, is func(word string) bool) {
	w := f.searchWords(1)[0]
	if f.r.IntN(3) == 0 {
		return w + ":*", func(word string) bool { return strings.HasPrefix(word, w) }
	}
	return w, func(word string) bool { return word == w }
}
