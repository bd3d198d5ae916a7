package pgrst

import "github.com/seed-7694ebf6/plinth/store"

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
func (p *parser) orderTerm(s *scanner, q *store.Query) (term store.Order, err error) {
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
			term.Nulls = store.NullsFirst
			return term, s.orderEnd(`"," or end of input`)
		case s.accept("nullslast"):
			term.Nulls = store.NullsLast
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
func relationOf(q *store.Query, name string) string {
	if embed, found := embedNamed(q, name); found == 1 {
		return embed.Relation
	}
	return name
}
