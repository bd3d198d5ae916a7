package pgrst

import (
	"math"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// order reads the value of order: keys joined by commas.
func (p *parser) order(t *target, key, value string) error {
	if err := t.once(seenOrder, key); err != nil {
		return err
	}
	s := scanner{what: "order", text: value}
	for {
		if p.orders++; p.orders > p.lim.Order {
			return &LimitError{Limit: "order", Max: p.lim.Order, Unit: "keys"}
		}
		s.spaces()
		term, err := p.orderTerm(&s, t.query)
		if err != nil {
			return err
		}
		t.query.Order = append(t.query.Order, term)
		if s.eof() {
			return nil
		}
		s.pos++ // the comma orderTerm ends at
	}
}

// orderTerm reads column[.asc|.desc][.nullsfirst|.nullslast], where column may be
// relation(column), each with a path behind it, up to a comma or the end.
func (p *parser) orderTerm(s *scanner, q *query.Query) (term store.Order, err error) {
	if term.Column, _, err = s.name(); err != nil {
		return term, err
	}
	if s.accept("(") {
		term.Relation = relationOf(q, term.Column)
		if term.Column, _, err = s.name(); err != nil {
			return term, err
		}
		if term.Path, err = p.jsonPath(s); err != nil {
			return term, err
		}
		if !s.accept(")") {
			return term, s.unexpected(`")"`)
		}
	} else if term.Path, err = p.jsonPath(s); err != nil {
		return term, err
	}
	expecting, directed := `"asc", "desc", "nullsfirst" or "nullslast"`, false
	for s.accept(".") {
		switch {
		case !directed && s.accept("asc"):
			directed = true
		case !directed && s.accept("desc"):
			directed, term.Desc = true, true
		case s.accept("nullsfirst"):
			term.Nulls = query.NullsFirst
			return term, s.orderEnd(`"," or end of input`)
		case s.accept("nullslast"):
			term.Nulls = query.NullsLast
			return term, s.orderEnd(`"," or end of input`)
		default:
			return term, s.unexpected(expecting)
		}
		expecting = `"nullsfirst" or "nullslast"`
	}
	return term, s.orderEnd(`delimiter (.), "," or end of input`)
}

func (s *scanner) orderEnd(expecting string) error {
	s.spaces()
	if s.eof() || s.peek() == ',' {
		return nil
	}
	return s.unexpected(expecting)
}

// relationOf returns the relation that a name in an order means: that of the
// embed with this alias, or the name itself.
func relationOf(q *query.Query, name string) string {
	if embed, found := embedNamed(q, name); found == 1 {
		return embed.Relation
	}
	return name
}

func (p *parser) limit(t *target, key, value string) error {
	if err := t.once(seenLimit, key); err != nil {
		return err
	}
	n, err := number("limit", key, value, p.lim.Rows)
	t.query.Limit = store.Limit(n)
	return err
}

func (p *parser) offset(t *target, key, value string) (err error) {
	if err := t.once(seenOffset, key); err != nil {
		return err
	}
	t.query.Offset, err = number("offset", key, value, p.lim.Offset)
	return err
}

// number reads a count of rows. A number below zero is a range that cannot be;
// what is no number is not understood.
func number(what, key, value string, limit int) (int, error) {
	s := scanner{what: what, text: value}
	negative := s.accept("-")
	start, n := s.pos, 0
	for ; !s.eof() && '0' <= s.peek() && s.peek() <= '9'; s.pos++ {
		if n <= math.MaxInt32 {
			n = n*10 + int(s.peek()-'0')
		}
	}
	switch {
	case s.pos == start:
		return 0, s.unexpected("digit")
	case !s.eof():
		return 0, s.unexpected("digit or end of input")
	case negative && n > 0:
		return 0, unsatisfiable(strings.ToUpper(what[:1]) + what[1:] + " should be greater than or equal to zero.")
	case n > limit:
		return 0, &LimitError{Limit: what, Max: limit, Unit: "rows", Got: errtext.Quote(key + "=" + value)}
	}
	return n, nil
}
