package fulltext

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// TSQuery returns the query as the text of a PostgreSQL tsquery over whole
// words, which [Class] separates.
func (q Query) TSQuery() string {
	var b strings.Builder
	for i, t := range q.terms {
		if i > 0 {
			b.WriteString(" & ")
		}
		if t.not {
			b.WriteByte('!')
		}
		b.WriteString("'" + string(t.word) + "'") // no quote is part of a word
		if t.prefix {
			b.WriteString(":*")
		}
	}
	return b.String()
}

// FTS5 returns a query for SQLite's FTS5 over texts that went through [FTS5Tokenizer], with
// İ replaced by i. It finds every text this query finds and possibly others, which Match
// must filter out. ok is false if FTS5 can express no part of the query.
func (q Query) FTS5() (match string, ok bool) {
	var b strings.Builder
	for _, t := range q.terms {
		if t.not {
			continue
		}
		word, prefix := t.word, t.prefix || len(t.word) == MaxWord
		if i := slices.IndexFunc(word, func(r rune) bool { return unicode.Is(strangers(), r) }); i >= 0 {
			word, prefix = word[:i], true
		}
		if len(word) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + string(word) + `"`)
		if prefix {
			b.WriteString(" *")
		}
	}
	return b.String(), b.Len() > 0
}

// Class returns what separates words as the inside of a bracket expression of
// PostgreSQL's regular expressions.
var Class = sync.OnceValue(func() string {
	var b strings.Builder
	each(separators(), func(lo, hi rune) {
		fmt.Fprintf(&b, `\U%08X`, max(lo, 1)) // no text has a NUL
		if hi > lo {
			fmt.Fprintf(&b, `-\U%08X`, hi)
		}
	})
	return b.String()
})

// FTS5Tokenizer returns the tokenizer of SQLite's FTS5 that splits at every separator.
// SQLite takes unknown characters for letters, so the separators among them are listed.
var FTS5Tokenizer = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("unicode61 remove_diacritics 0 categories 'L* M* N*' separators '")
	each(unknownSeparators(), func(lo, hi rune) {
		for r := lo; r <= hi; r++ {
			b.WriteRune(r)
		}
	})
	b.WriteString("'")
	return b.String()
})

// each calls f with the ranges of a table.
func each(t *unicode.RangeTable, f func(lo, hi rune)) {
	for _, r := range t.R16 {
		f(rune(r.Lo), rune(r.Hi))
	}
	for _, r := range t.R32 {
		f(rune(r.Lo), rune(r.Hi))
	}
}
