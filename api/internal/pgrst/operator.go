package pgrst

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

const anyOperator = "operator (eq, gt, ...)"

// operators maps a word to the comparison it stands for. The words in and is
// have a syntax of their own.
func operators(word string) (query.Op, bool) {
	switch word {
	case "eq":
		return query.OpEq, true
	case "neq":
		return query.OpNeq, true
	case "gt":
		return query.OpGt, true
	case "gte":
		return query.OpGte, true
	case "lt":
		return query.OpLt, true
	case "lte":
		return query.OpLte, true
	case "like":
		return query.OpLike, true
	case "ilike":
		return query.OpILike, true
	case "match":
		return query.OpMatch, true
	case "imatch":
		return query.OpIMatch, true
	case "search":
		return query.OpSearch, true
	case "fts":
		return query.OpFullText, true
	case "plfts":
		return query.OpFullTextPlain, true
	case "phfts":
		return query.OpFullTextPhrase, true
	case "wfts":
		return query.OpFullTextWeb, true
	case "in":
		return query.OpIn, true
	case "is":
		return query.OpIsNull, true
	case "isdistinct":
		return query.OpDistinct, true
	case "cs":
		return query.OpContains, true
	case "cd":
		return query.OpContained, true
	case "ov":
		return query.OpOverlaps, true
	}
	return 0, false
}

// unsupportedOperator reports whether a word is an operator of the wire that
// the library does not have.
func unsupportedOperator(word string) bool {
	switch word {
	case "sl", "sr", "nxr", "nxl", "adj":
		return true
	}
	return false
}

// quantifier says for how many of several values a comparison must hold.
type quantifier uint8

const (
	quantNone quantifier = iota
	quantAny
	quantAll
)

// comparator is an operator with what stands in parentheses behind it.
type comparator struct {
	op     query.Op
	quant  quantifier
	config string // of a full text search; empty takes the default
}

// operator reads "op.", "op(any).", "op(all)." or, of a full text search,
// "op(configuration).".
func (s *scanner) operator(expecting string) (comparator, error) {
	start := s.pos
	for s.pos < len(s.text) && 'a' <= s.text[s.pos] && s.text[s.pos] <= 'z' {
		s.pos++
	}
	word := s.text[start:s.pos]
	op, known := operators(word)
	c := comparator{op: op}
	next := s.peek()
	if unsupportedOperator(word) && (next == '.' || next == '(') {
		return comparator{}, unsupported("the operator " + word + " is")
	}
	switch {
	case !known || next != '(':
	case fullText(op):
		var err error
		if c.config, err = s.configuration(); err != nil {
			return comparator{}, err
		}
	case quantifiable(op):
		switch {
		case s.accept("(any)"):
			c.quant = quantAny
		case s.accept("(all)"):
			c.quant = quantAll
		default:
			return comparator{}, s.unexpected(`"(any)" or "(all)"`)
		}
	}
	if known && s.accept(".") {
		return c, nil
	}
	return comparator{}, s.unexpectedAt(start, expecting)
}

// quantifiable reports whether an operator compares with any or all of several
// values.
func quantifiable(op query.Op) bool {
	switch op {
	case query.OpEq, query.OpGt, query.OpGte, query.OpLt, query.OpLte, query.OpLike, query.OpILike, query.OpMatch, query.OpIMatch:
		return true
	}
	return false
}

// startsComparison reports whether text begins with an operator, supported or not. This
// distinguishes filters on the rows of a function from its arguments.
func startsComparison(text string) bool {
	text = strings.TrimPrefix(text, "not.")
	end := strings.IndexAny(text, ".(")
	if end < 0 {
		return false
	}
	_, known := operators(text[:end])
	return known || unsupportedOperator(text[:end])
}

// operand reads the value of a comparison, up to the end of the text, or, in a
// group, up to the end of the member.
func (p *parser) operand(s *scanner, column string, c comparator, grouped bool) (store.Cond, error) {
	switch c.op {
	case query.OpIn:
		return p.inList(s, column)
	case query.OpIsNull:
		return isValue(s, column, grouped)
	}
	value := ""
	if grouped {
		value = s.member()
	} else {
		value, s.pos = s.text[s.pos:], len(s.text)
	}
	if c.quant != quantNone {
		return p.quantified(column, c.op, c.quant, value)
	}
	value, err := p.value(c.op, value)
	if fullText(c.op) {
		return store.Compare(column, c.op, query.FullText{Config: c.config, Query: value}), err
	}
	return store.Compare(column, c.op, store.Text(value)), err
}

// quantified reads the array {a,"b c"} of a comparison with any or all of its
// elements. To look for a value in it is one comparison; all others are as many
// as there are elements.
func (p *parser) quantified(column string, op query.Op, quant quantifier, value string) (store.Cond, error) {
	list, err := canon.ParseTextArray(value)
	if err != nil {
		return store.Cond{}, &problem.Error{Code: problem.InvalidText, Message: "malformed array literal: " + strconv.Quote(errtext.Quote(value))}
	}
	if len(list) > p.lim.In {
		return store.Cond{}, &LimitError{Limit: "in", Max: p.lim.In, Unit: "elements"}
	}
	if op != query.OpEq || quant != quantAny {
		if err := p.compare(max(len(list)-1, 0)); err != nil {
			return store.Cond{}, err
		}
	}
	for i := range list {
		if list[i], err = p.value(op, list[i]); err != nil {
			return store.Cond{}, err
		}
	}
	if quant == quantAll {
		return query.CompareAll(column, op, query.Texts(list)), nil
	}
	return query.CompareAny(column, op, query.Texts(list)), nil
}

// value reads the value of an operator that takes a pattern, and leaves that of
// any other as it is. What an operator may take of them is bounded.
func (p *parser) value(op query.Op, value string) (string, error) {
	switch op {
	case query.OpLike, query.OpILike:
		return p.pattern(value)
	case query.OpMatch, query.OpIMatch, query.OpFullText, query.OpFullTextPlain, query.OpFullTextPhrase, query.OpFullTextWeb:
		if len(value) > p.lim.Pattern {
			return "", &LimitError{Limit: "pattern", Max: p.lim.Pattern, Unit: "bytes"}
		}
	case query.OpSearch:
		if fulltext.CountWords(value) > p.lim.Search {
			return "", &LimitError{Limit: "search", Max: p.lim.Search, Unit: "words"}
		}
	case query.OpContains, query.OpContained, query.OpOverlaps:
		if p.elements += countElements(value); p.elements > p.lim.Elements {
			return "", &LimitError{Limit: "cs, cd, ov", Max: p.lim.Elements, Unit: "elements in a request"}
		}
	}
	return value, nil
}

// countElements counts the members and elements of a document or an array on all levels,
// empty ones as if they had one. What is neither of the two is refused later.
func countElements(text string) int {
	n, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			quoted = !quoted
		case '\\':
			i++
		case ',', '[', '{':
			if !quoted {
				n++
			}
		}
	}
	return n
}

// pattern makes a LIKE pattern of a value, in which * is another way to write %.
func (p *parser) pattern(value string) (string, error) {
	value = strings.ReplaceAll(value, "*", "%")
	wildcards := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '%':
			wildcards++
		}
	}
	if wildcards > p.lim.Wildcards {
		return "", &LimitError{Limit: "like", Max: p.lim.Wildcards, Unit: "wildcards"}
	}
	return value, nil
}

// inList reads (a,b,"c,d"). An empty list selects nothing.
func (p *parser) inList(s *scanner, column string) (store.Cond, error) {
	s.spaces()
	if !s.accept("(") {
		return store.Cond{}, s.unexpected(`"("`)
	}
	s.spaces()
	list := query.Texts{}
	if !s.accept(")") {
		list = make(query.Texts, 0, min(strings.Count(s.text[s.pos:], ",")+1, p.lim.In))
		for {
			if len(list) == p.lim.In {
				return store.Cond{}, &LimitError{Limit: "in", Max: p.lim.In, Unit: "elements"}
			}
			list = append(list, s.element())
			if s.accept(")") {
				break
			}
			if !s.accept(",") {
				return store.Cond{}, s.unexpected(`"," or ")"`)
			}
		}
	}
	s.spaces()
	return store.In(column, list), nil
}

// isValue reads the operand of is: a truth value or its absence.
func isValue(s *scanner, column string, grouped bool) (store.Cond, error) {
	start, word := s.pos, ""
	if grouped {
		word = s.element()
	} else {
		word, s.pos = s.text[s.pos:], len(s.text)
	}
	switch {
	case strings.EqualFold(word, "null"), strings.EqualFold(word, "unknown"):
		return store.Null(column), nil
	case strings.EqualFold(word, "not_null"):
		return store.Not(store.Null(column)), nil
	case strings.EqualFold(word, "true"):
		return store.Compare(column, query.OpIsTrue, nil), nil
	case strings.EqualFold(word, "false"):
		return store.Compare(column, query.OpIsFalse, nil), nil
	}
	return store.Cond{}, s.unexpectedAt(start, "isVal: (null, not_null, true, false, unknown)")
}

// maxConfiguration is the length of a name in PostgreSQL.
const maxConfiguration = 63

// fullText reports whether an operator may have a configuration behind it.
func fullText(op query.Op) bool {
	switch op {
	case query.OpFullText, query.OpFullTextPlain, query.OpFullTextPhrase, query.OpFullTextWeb:
		return true
	}
	return false
}

// configuration reads the name of a text search configuration in parentheses.
// Whether there is one of that name is for the store to know.
func (s *scanner) configuration() (string, error) {
	s.accept("(")
	start := s.pos
	for !s.eof() && isConfiguration(s.text[s.pos]) && s.pos-start < maxConfiguration {
		s.pos++
	}
	name := s.text[start:s.pos]
	if name == "" || !s.accept(")") {
		return "", s.unexpected(`letter, digit, "_" or ")"`)
	}
	return name, nil
}

func isConfiguration(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
