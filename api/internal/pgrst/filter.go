package pgrst

import "github.com/seed-7694ebf6/plinth/store"

// filter reads the value of column=value.
func (p *parser) filter(t *target, column string, path store.Path, value string) error {
	s := scanner{what: "filter", text: value}
	before := p.predicates
	c, err := p.comparison(&s, t, column, path, false)
	if err != nil {
		return err
	}
	if !s.eof() {
		return s.unexpected("end of input")
	}
	t.add(c, p.predicates-before)
	return nil
}

// comparison reads [not.]op.value of a column, of what a path into it leads to,
// or of an embed.
func (p *parser) comparison(s *scanner, t *target, column string, path store.Path, grouped bool) (store.Cond, error) {
	if err := p.compare(1); err != nil {
		return store.Cond{}, err
	}
	negated, expecting := s.accept("not."), anyOperator
	if !negated {
		expecting = `"not" or ` + anyOperator
	}
	cmp, err := s.operator(expecting)
	if err != nil {
		return store.Cond{}, err
	}
	start := s.pos
	c, err := p.operand(s, column, cmp, grouped)
	if err != nil {
		return store.Cond{}, err
	}
	if path.IsZero() {
		switch embed, found := embedAnswered(t.query, column); found {
		case 0:
		case 1:
			return p.embedComparison(embed, cmp.op, s.text[start:s.pos], negated)
		default:
			return store.Cond{}, ambiguousEmbed(column)
		}
	}
	c = c.At(path)
	if negated {
		c = store.Not(c)
	}
	return c, nil
}

// compare counts comparisons.
func (p *parser) compare(n int) error {
	if p.predicates += n; p.predicates > p.lim.Predicates {
		return &LimitError{Limit: "predicates", Max: p.lim.Predicates, Unit: "comparisons"}
	}
	return nil
}

// group reads the value of and=(...) and or=(...).
func (p *parser) group(t *target, word string, negated bool, value string) error {
	s := scanner{what: "logic tree", text: value, before: len(word)}
	if negated {
		s.before += len("not.")
	}
	before := p.predicates
	c, err := p.members(&s, t, word, 1)
	if err != nil {
		return err
	}
	if !s.eof() {
		return s.unexpected("end of input")
	}
	if negated {
		c = store.Not(c)
	}
	t.add(c, p.predicates-before)
	return nil
}

// members reads (a,b,...) and joins what it reads with and or or.
func (p *parser) members(s *scanner, t *target, word string, depth int) (store.Cond, error) {
	if depth > p.lim.GroupDepth {
		return store.Cond{}, &LimitError{Limit: "groups", Max: p.lim.GroupDepth, Unit: "levels"}
	}
	s.spaces()
	if !s.accept("(") {
		return store.Cond{}, s.unexpected(`"("`)
	}
	var conds []store.Cond
	for {
		s.spaces()
		c, err := p.groupMember(s, t, depth)
		if err != nil {
			return store.Cond{}, err
		}
		conds = append(conds, c)
		s.spaces()
		if s.accept(")") {
			break
		}
		if !s.accept(",") {
			return store.Cond{}, s.unexpected(`"," or ")"`)
		}
	}
	s.spaces()
	if word == "or" {
		return store.Or(conds...), nil
	}
	return store.And(conds...), nil
}

// groupMember reads a comparison or a group, either of which not. may precede.
func (p *parser) groupMember(s *scanner, t *target, depth int) (store.Cond, error) {
	negated := s.has("not.") && s.negates()
	if negated {
		s.pos += len("not.")
	}
	var c store.Cond
	var err error
	if word := s.groupWord(); word != "" {
		s.pos += len(word)
		c, err = p.members(s, t, word, depth+1)
	} else {
		c, err = p.groupComparison(s, t)
	}
	if err == nil && negated {
		c = store.Not(c)
	}
	return c, err
}

func (p *parser) groupComparison(s *scanner, t *target) (store.Cond, error) {
	start := s.pos
	column, _, err := s.name()
	if err != nil {
		return store.Cond{}, s.unexpectedAt(start, fieldName+", negation operator (not) or logic operator (and, or)")
	}
	path, err := p.jsonPath(s)
	if err != nil {
		return store.Cond{}, err
	}
	if !s.accept(".") {
		return store.Cond{}, s.unexpected("delimiter (.)")
	}
	return p.comparison(s, t, column, path, true)
}

// groupWord returns the word of a group that starts here, or "".
func (s *scanner) groupWord() string {
	for _, word := range [...]string{"and", "or"} {
		if s.has(word) {
			ahead := scanner{text: s.text, pos: s.pos + len(word)}
			ahead.spaces()
			if ahead.peek() == '(' {
				return word
			}
		}
	}
	return ""
}

// negates reports whether the "not." at pos negates what follows, and is not a
// column of that name in front of its operator.
func (s *scanner) negates() bool {
	ahead := scanner{text: s.text, pos: s.pos + len("not.")}
	if ahead.groupWord() != "" {
		return true
	}
	if _, _, err := ahead.name(); err != nil {
		return false
	}
	return ahead.has("->") || ahead.accept(".") && startsComparison(ahead.text[ahead.pos:])
}

// member reads the value of a comparison in a group: like an element of a list,
// or an array literal in braces, which may contain commas.
func (s *scanner) member() string {
	if s.peek() == '{' {
		start := s.pos
		for s.pos++; !s.eof() && s.text[s.pos] != '{' && s.text[s.pos] != '}'; {
			s.pos++
		}
		if s.accept("}") && s.atElementEnd() {
			return s.text[start:s.pos]
		}
		s.pos = start
	}
	return s.element()
}
