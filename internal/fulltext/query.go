package fulltext

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
)

// MaxTerms is how many words a query can have.
const MaxTerms = 32

// Errors of [Parse], in words for the client.
var (
	errNoWord  = errors.New("the search has no word that must occur")
	errTooLong = fmt.Errorf("the search has more than %d words", MaxTerms)
)

// Query is what a text is searched for: all of its words, in any order. It is
// immutable.
type Query struct {
	terms []term
}

// term is one word of a query.
type term struct {
	word   []rune // folded
	prefix bool   // words that begin so count too
	not    bool   // must not occur
}

// Parse reads a query: words, in any order and between any separators. A * right
// behind a word takes it for the beginning of words; a - before what stands
// between spaces excludes its words. At least one word must occur.
func Parse(text string) (Query, error) {
	var q Query
	var word []rune
	negated, start := false, true // start: of what stands between spaces
	end := func(prefix bool) {
		if len(word) > 0 {
			q.terms = append(q.terms, term{word, prefix, negated})
			word = nil
		}
	}
	for _, r := range text {
		switch {
		case !isSeparator(r):
			if len(word) < MaxWord {
				word = append(word, fold(r))
			}
		case unicode.IsSpace(r):
			end(false)
			negated = false
		default:
			negated = negated || start && r == '-'
			end(r == '*')
		}
		start = unicode.IsSpace(r)
		if len(q.terms) > MaxTerms {
			return Query{}, errTooLong
		}
	}
	end(false)
	switch {
	case len(q.terms) > MaxTerms:
		return Query{}, errTooLong
	case !slices.ContainsFunc(q.terms, func(t term) bool { return !t.not }):
		return Query{}, errNoWord
	}
	return q, nil
}

// CountWords returns how many words a query has, excluded ones too.
func CountWords(text string) int {
	n, inside := 0, false
	for _, r := range text {
		switch {
		case isSeparator(r):
			inside = false
		case !inside:
			n, inside = n+1, true
		}
	}
	return n
}

// Match reports whether the query finds a text.
func (q Query) Match(text string) bool {
	var found [MaxTerms]bool
	left, excluded := 0, false
	for _, t := range q.terms {
		if !t.not {
			left++
		}
	}
	exclusions := left < len(q.terms)
	eachWord(text, func(word []rune) bool {
		for i, t := range q.terms {
			if found[i] || !t.matches(word) {
				continue
			}
			if t.not {
				excluded = true
				return false
			}
			found[i] = true
			left--
		}
		return left > 0 || exclusions
	})
	return left == 0 && !excluded
}

func (t term) matches(word []rune) bool {
	if t.prefix && len(word) > len(t.word) {
		word = word[:len(t.word)]
	}
	return slices.Equal(word, t.word)
}
