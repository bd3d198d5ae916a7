package pgrst

import (
	"github.com/seed-7694ebf6/plinth/store/query"
)

// allColumns is the column of a Selected that stands for all columns.
const allColumns = "*"

// selectParam reads the value of select.
func (p *parser) selectParam(value string) error {
	if err := p.targets[0].once(seenSelect, "select"); err != nil {
		return err
	}
	if value == "" {
		p.read.Query.Select = []query.Selected{}
		return nil
	}
	return p.selection(&scanner{what: "select parameter", text: value}, &p.read.Query, 0)
}

// selection reads items up to the end, or, in an embed, up to its closing
// bracket, which is left to be read.
func (p *parser) selection(s *scanner, q *query.Query, depth int) error {
	q.Select = make([]query.Selected, 0, 4)
	for {
		s.spaces()
		if p.items++; p.items > p.lim.Select {
			return &LimitError{Limit: "select", Max: p.lim.Select, Unit: "items"}
		}
		if err := p.item(s, q, depth); err != nil {
			return err
		}
		s.spaces()
		if s.accept(",") {
			continue
		}
		if depth == 0 && !s.eof() {
			return s.unexpected(`"," or end of input`)
		}
		if depth > 0 && s.peek() != ')' {
			return s.unexpected(`"," or ")"`)
		}
		break
	}
	if len(q.Select) == 1 && q.Select[0].Column == allColumns {
		q.Select = nil
	}
	return nil
}

// item reads one column or embed.
func (p *parser) item(s *scanner, q *query.Query, depth int) error {
	start := s.pos
	if s.accept("*") {
		return s.selected(start, q, query.Selected{Column: allColumns})
	}
	spread := s.accept("...")
	name, _, err := s.name()
	if err != nil {
		return err
	}
	alias := ""
	if !spread && s.peek() == ':' && !s.has("::") {
		s.pos++
		alias = name
		if name, _, err = s.name(); err != nil {
			return err
		}
	}
	switch {
	case spread:
		return p.embed(s, q, query.Embed{Relation: name, Spread: true}, start, depth)
	case name == "count" && s.accept("()"):
		return p.aggregate(s, start, q, query.Selected{As: alias, Aggregate: query.AggregateCount})
	case s.peek() == '(' || s.peek() == '!':
		return p.embed(s, q, query.Embed{Relation: name, As: alias}, start, depth)
	}
	return p.column(s, start, q, query.Selected{Column: name, As: alias})
}

// column reads what may follow the name of a column: a path into its documents,
// then [::cast][.aggregate()[::cast]].
func (p *parser) column(s *scanner, start int, q *query.Query, column query.Selected) (err error) {
	if column.Column == allColumns { // in quotes: no column is called that
		return s.unexpectedAt(start, fieldName)
	}
	if column.Path, err = p.jsonPath(s); err != nil {
		return err
	}
	if column.Cast, err = s.cast(); err != nil {
		return err
	}
	if !s.accept(".") {
		return s.selected(start, q, column)
	}
	at := s.pos
	name, quoted, err := s.name()
	aggregate, known := query.AggregateNamed(name)
	if err != nil || quoted || !known || !s.accept("()") {
		return s.unexpectedAt(at, "avg(), count(), max(), min() or sum()")
	}
	column.Aggregate = aggregate
	return p.aggregate(s, start, q, column)
}

// aggregate reads what may follow an aggregate function, and counts it.
func (p *parser) aggregate(s *scanner, start int, q *query.Query, column query.Selected) (err error) {
	if p.aggregates++; p.aggregates > p.lim.Aggregates {
		return &LimitError{Limit: "aggregates", Max: p.lim.Aggregates, Unit: "in a request"}
	}
	if column.ResultCast, err = s.cast(); err != nil {
		return err
	}
	return s.selected(start, q, column)
}

// cast reads ::type if it is there.
func (s *scanner) cast() (string, error) {
	if !s.accept("::") {
		return "", nil
	}
	cast, quoted, err := s.name()
	if err != nil || quoted {
		return "", s.unexpected("letter or digit")
	}
	return cast, nil
}

// selected adds a column to the answer. A repeated column is added once. A different
// column under the same name is rejected, because the names would be ambiguous.
func (s *scanner) selected(start int, q *query.Query, column query.Selected) error {
	name := selectedName(column)
	for _, other := range q.Select {
		if other == column {
			return nil
		}
		if selectedName(other) == name {
			return s.unexpectedAt(start, "a name the answer does not have yet")
		}
	}
	q.Select = append(q.Select, column)
	return nil
}

// selectedName returns the name of a column in the answer: its alias, the name of
// its aggregate function, the last key of its path, or its own.
func selectedName(column query.Selected) string {
	if column.Aggregate != 0 {
		return answerName(column.As, column.Aggregate.String())
	}
	return answerName(column.As, answerName(column.Path.Name(), column.Column))
}

// embed reads [!hint][!inner](items) and adds the embed.
func (p *parser) embed(s *scanner, q *query.Query, embed query.Embed, start, depth int) error {
	if err := s.embedParams(&embed); err != nil {
		return err
	}
	if !s.accept("(") {
		return s.unexpected(`"("`)
	}
	if p.embeds++; p.embeds > p.lim.Embeds {
		return &LimitError{Limit: "embeds", Max: p.lim.Embeds, Unit: "in a request"}
	}
	if depth++; depth > p.lim.EmbedDepth {
		return &LimitError{Limit: "embeds", Max: p.lim.EmbedDepth, Unit: "levels"}
	}
	name := embedName(&embed)
	for i := range q.With {
		if embedName(&q.With[i]) == name && !embed.Spread && !q.With[i].Spread {
			return s.unexpectedAt(start, "a name the answer does not have yet")
		}
	}
	s.spaces()
	if s.peek() == ')' {
		embed.Query.Select = []query.Selected{}
	} else if err := p.selection(s, &embed.Query, depth); err != nil {
		return err
	}
	s.pos++
	q.With = append(q.With, embed)
	return nil
}

// embedParams reads the words that may follow the name of an embed: a hint and a
// kind of join, in either order. left says what holds anyway.
func (s *scanner) embedParams(embed *query.Embed) error {
	hinted, joined := false, false
	for s.accept("!") {
		start := s.pos
		word, quoted, err := s.name()
		if err != nil {
			return err
		}
		if join := !quoted && (word == "inner" || word == "left"); join && !joined {
			embed.Inner, joined = word == "inner", true
		} else if !join && !hinted {
			embed.Relation, hinted = embed.Relation+hintMark+word, true
		} else {
			return s.unexpectedAt(start, `"("`)
		}
	}
	return nil
}
