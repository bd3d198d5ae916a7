package store

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// cond writes a condition in parentheses or as one expression.
func (c *conds) cond(s source, n *query.Node) error {
	if !s.trusted && s.guard == nil {
		return errNotExposed
	}
	switch n.Kind {
	case query.NodeTrue:
		c.write(c.words.yes)
	case query.NodeFalse:
		c.write(c.words.no)
	case query.NodeAnd:
		return c.joined(s, n.Kids, " and ")
	case query.NodeOr:
		return c.joined(s, n.Kids, " or ")
	case query.NodeNot:
		defer func(was bool) { c.unindexed = was }(c.unindexed)
		c.unindexed = true
		c.write("not (")
		if err := c.cond(s, n.Kids[0]); err != nil {
			return err
		}
		c.write(")")
	case query.NodeCompare:
		return c.compare(s, n)
	case query.NodeRelated:
		return c.related(s, n)
	case query.NodeOrder:
		return c.compareOrder(s, n.Order)
	default:
		return fmt.Errorf("store: condition of kind %d cannot be compiled", n.Kind)
	}
	return nil
}

func (c *conds) joined(s source, kids []*query.Node, word string) error {
	return c.balanced(len(kids), word, func(i int) error { return c.cond(s, kids[i]) })
}

var compareWords = [...]string{OpEq: " = ", OpNeq: " <> ", OpLt: " < ", OpLte: " <= ", OpGt: " > ", OpGte: " >= "}

func (c *conds) compare(s source, n *query.Node) error {
	col, err := query.NodeColumn(s.table, s.guard, n)
	if err != nil {
		return err
	}
	if err := query.CheckOp(col, n.Op); err != nil {
		return err
	}
	if query.Timed(col, n.Op) {
		return c.ofShown(s, col, func() error { return c.compareColumn(s, col, n) })
	}
	return c.compareColumn(s, col, n)
}

func (c *conds) compareColumn(s source, col *Column, n *query.Node) error {
	switch {
	case n.Op == OpIsNull || n.Op == OpIsTrue || n.Op == OpIsFalse:
		c.is(s, col, n.Op)
		return nil
	case n.Listed():
		return c.compareList(s, col, n)
	}
	v, known, err := query.BoundOperand(c.scope, col, n)
	if err != nil {
		return err
	}
	if !known {
		c.write(c.words.unknown)
		return nil
	}
	return c.compareValue(s, col, n.Op, v, c.constant(n))
}

// ofShown writes a comparison that is evaluated only for rows that the read rule of the
// table allows. The rule alone is not enough: the planner may evaluate the cheaper
// comparison first, and its running time would leak values of hidden rows.
func (c *conds) ofShown(s source, col *Column, compare func() error) error {
	if s.trusted || s.guard.Read.Always() || s.guard.UnguardedFilters.Has(col) {
		return compare()
	}
	c.write("case when ")
	steps := c.steps
	if err := c.rule(s, s.guard.Read); err != nil {
		return err
	}
	c.steps = steps // it was counted where it stands in front
	c.write(" then ")
	if err := compare(); err != nil {
		return err
	}
	c.write(" else ", c.words.no, " end")
	return nil
}

// compareValue compares a column with one bound value.
func (c *conds) compareValue(s source, col *Column, op Op, v any, constant bool) error {
	switch op {
	case OpLike, OpILike:
		return c.like(s, col, op, v)
	case OpMatch, OpIMatch:
		return c.match(s, col, op, v)
	case OpSearch:
		return c.search(s, col, v)
	case OpFullText, OpFullTextPlain, OpFullTextPhrase, OpFullTextWeb:
		return c.fullText(s, col, op, v)
	case OpContains, OpContained, OpOverlaps:
		c.dialect.holds(&c.text, s, col, op, v)
		return nil
	}
	c.comparable(s, col, op.Ordering())
	if op == OpDistinct {
		c.write(c.words.distinct)
	} else {
		c.write(compareWords[op])
	}
	if !constant || !c.writeConstant(col.Kind, v) {
		c.bindComparable(col.Kind, v)
	}
	return nil
}

// comparable writes a column for a comparison, with the collation that both
// engines order by.
func (t *text) comparable(s source, col *Column, ordered bool) {
	t.column(s, col)
	t.collate(col, ordered)
	t.write(t.words.asText[col.Kind])
}

// bindComparable writes a value to be compared with what comparable wrote.
func (t *text) bindComparable(k Kind, v any) {
	t.bind(k, v)
	t.write(t.words.asText[k])
}

// collate writes the collation that compares a column as both engines do.
func (t *text) collate(col *Column, ordered bool) {
	if ordered {
		t.write(t.words.ordered[col.Kind])
	} else {
		t.write(t.words.collation[col.Kind])
	}
}

func (t *text) is(s source, col *Column, op Op) {
	t.column(s, col)
	switch op {
	case OpIsNull:
		t.write(" is null")
	case OpIsTrue:
		t.write(" is true")
	default:
		t.write(" is false")
	}
}

// compareList compares a column with several values: all at once where a value
// of the list is to be found, else with one after the other.
func (c *conds) compareList(s source, col *Column, n *query.Node) error {
	list, count, known, err := query.BoundList(c.scope, col, n)
	if err != nil {
		return err
	}
	op, quant := n.Quantified()
	switch {
	case !known:
		c.write(c.words.unknown)
		return nil
	case count == 0 && quant == query.QuantAll:
		c.write(c.words.yes)
		return nil
	case count == 0:
		c.write(c.words.no)
		return nil
	case op != OpEq || quant != query.QuantAny || !value.Listable(col.Kind):
		return c.compareEach(s, col, op, quant, value.ListValues(list), c.constant(n))
	}
	c.comparable(s, col, false)
	if !c.constant(n) || !c.writeConstants(col.Kind, list) {
		c.dialect.oneOf(&c.text, col.Kind, list)
	}
	return nil
}

// compareEach compares with one value after the other.
func (c *conds) compareEach(s source, col *Column, op Op, quant query.Quantifier, values []any, constant bool) error {
	word := " or "
	if quant == query.QuantAll {
		word = " and "
	}
	return c.balanced(len(values), word, func(i int) error { return c.compareValue(s, col, op, values[i], constant) })
}

// balanced writes n parts with a word between them, many of them in nested
// pairs: a row of operators is an expression as deep as the row is long, and
// SQLite takes expressions 1,000 deep.
func (t *text) balanced(n int, word string, part func(i int) error) error {
	return t.balancedRange(0, n, word, part)
}

func (t *text) balancedRange(from, to int, word string, part func(i int) error) error {
	const flat = 64
	t.write("(")
	if to-from > flat {
		middle := (from + to) / 2
		if err := t.balancedRange(from, middle, word, part); err != nil {
			return err
		}
		t.write(word)
		if err := t.balancedRange(middle, to, word, part); err != nil {
			return err
		}
		t.write(")")
		return nil
	}
	for i := from; i < to; i++ {
		if i > from {
			t.write(word)
		}
		if err := part(i); err != nil {
			return err
		}
	}
	t.write(")")
	return nil
}
