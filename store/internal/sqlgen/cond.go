package sqlgen

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Cond writes a condition in parentheses or as one expression.
func (c *CondWriter) Cond(s Source, n *query.Node) error {
	if !s.Trusted && s.Guard == nil {
		return ErrNotExposed
	}
	switch n.Kind {
	case query.NodeTrue:
		c.Truth(true)
	case query.NodeFalse:
		c.Truth(false)
	case query.NodeUnknown:
		c.Write(c.Syntax.unknown)
	case query.NodeAnd:
		return c.joined(s, n.Kids, " and ")
	case query.NodeOr:
		return c.joined(s, n.Kids, " or ")
	case query.NodeNot:
		defer func(was bool) { c.Unindexed = was }(c.Unindexed)
		c.Unindexed = true
		c.Write("not (")
		if err := c.Cond(s, n.Kids[0]); err != nil {
			return err
		}
		c.Write(")")
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

func (c *CondWriter) joined(s Source, kids []*query.Node, word string) error {
	return c.Balanced(len(kids), word, func(i int) error { return c.Cond(s, kids[i]) })
}

var compareWords = [...]string{query.OpEq: " = ", query.OpNeq: " <> ", query.OpLt: " < ", query.OpLte: " <= ", query.OpGt: " > ", query.OpGte: " >= "}

func (c *CondWriter) compare(s Source, n *query.Node) error {
	col, err := query.NodeColumn(s.Table, s.Guard, n)
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

func (c *CondWriter) compareColumn(s Source, col *schema.Column, n *query.Node) error {
	switch {
	case n.Op == query.OpIsNull || n.Op == query.OpIsTrue || n.Op == query.OpIsFalse:
		c.is(s, col, n.Op)
		return nil
	case n.Listed():
		return c.compareList(s, col, n)
	}
	if use, plain := plainUse(n, col); plain && c.Variables[use] != "" {
		c.Comparable(s, col, n.Op.Ordering())
		c.Write(compareWords[n.Op], c.Variables[use], c.Syntax.asText[col.Kind])
		return nil
	}
	v, known, err := query.BoundOperand(c.scope, col, n)
	if err != nil {
		return err
	}
	if !known {
		c.Write(c.Syntax.unknown)
		return nil
	}
	return c.compareValue(s, col, n.Op, v, c.constant(n))
}

// ofShown writes a comparison that is evaluated only for rows that the read rule of the
// table allows. The rule alone is not enough: the planner may evaluate the cheaper
// comparison first, and its running time would leak values of hidden rows.
func (c *CondWriter) ofShown(s Source, col *schema.Column, compare func() error) error {
	if s.Trusted || s.Guard.Read.Always() || s.Guard.UnguardedFilters.Has(col) {
		return compare()
	}
	c.Write("case when ")
	steps := c.steps
	if err := c.Rule(s, s.Guard.Read); err != nil {
		return err
	}
	c.steps = steps // it was counted where it stands in front
	c.Write(" then ")
	if err := compare(); err != nil {
		return err
	}
	c.Write(" else ", c.Syntax.no, " end")
	return nil
}

// compareValue compares a column with one bound value.
func (c *CondWriter) compareValue(s Source, col *schema.Column, op query.Op, v any, constant bool) error {
	switch op {
	case query.OpLike, query.OpILike:
		return c.like(s, col, op, v)
	case query.OpMatch, query.OpIMatch:
		return c.match(s, col, op, v)
	case query.OpSearch:
		return c.search(s, col, v)
	case query.OpFullText, query.OpFullTextPlain, query.OpFullTextPhrase, query.OpFullTextWeb:
		return c.fullText(s, col, op, v)
	case query.OpContains, query.OpContained, query.OpOverlaps:
		c.Dialect.holds(&c.Writer, s, col, op, v)
		return nil
	}
	c.Comparable(s, col, op.Ordering())
	if op == query.OpDistinct {
		c.Write(c.Syntax.distinct)
	} else {
		c.Write(compareWords[op])
	}
	if !constant || !c.writeConstant(col.Kind, v) {
		c.bindComparable(col.Kind, v)
	}
	return nil
}

// Comparable writes a column for a comparison, with the collation that both
// engines order by.
func (t *Writer) Comparable(s Source, col *schema.Column, ordered bool) {
	t.Column(s, col)
	t.collate(col, ordered)
	t.Write(t.Syntax.asText[col.Kind])
}

// bindComparable writes a value to be compared with a column that [Writer.Comparable] wrote.
func (t *Writer) bindComparable(k driver.Kind, v any) {
	t.Bind(k, v)
	t.Write(t.Syntax.asText[k])
}

// collate writes the collation that compares a column as both engines do.
func (t *Writer) collate(col *schema.Column, ordered bool) {
	if ordered {
		t.Write(t.Syntax.ordered[col.Kind])
	} else {
		t.Write(t.Syntax.collation[col.Kind])
	}
}

func (t *Writer) is(s Source, col *schema.Column, op query.Op) {
	t.Column(s, col)
	switch op {
	case query.OpIsNull:
		t.Write(" is null")
	case query.OpIsTrue:
		t.Write(" is true")
	default:
		t.Write(" is false")
	}
}

// compareList compares a column with several values: all at once where a value
// of the list is to be found, else with one after the other.
func (c *CondWriter) compareList(s Source, col *schema.Column, n *query.Node) error {
	list, count, known, err := query.BoundList(c.scope, col, n)
	if err != nil {
		return err
	}
	op, quant := n.Quantified()
	switch {
	case !known:
		c.Write(c.Syntax.unknown)
		return nil
	case count == 0 && quant == query.QuantAll:
		c.Truth(true)
		return nil
	case count == 0:
		c.Truth(false)
		return nil
	case op != query.OpEq || quant != query.QuantAny || !value.Listable(col.Kind):
		return c.compareEach(s, col, op, quant, value.ListValues(list), c.constant(n))
	}
	c.Comparable(s, col, false)
	if !c.constant(n) || !c.writeConstants(col.Kind, list) {
		c.Dialect.OneOf(&c.Writer, col.Kind, list)
	}
	return nil
}

// compareEach compares with one value after the other.
func (c *CondWriter) compareEach(s Source, col *schema.Column, op query.Op, quant query.Quantifier, values []any, constant bool) error {
	word := " or "
	if quant == query.QuantAll {
		word = " and "
	}
	return c.Balanced(len(values), word, func(i int) error { return c.compareValue(s, col, op, values[i], constant) })
}

// Balanced writes n parts with a word between them, many of them in nested
// pairs: a row of operators is an expression as deep as the row is long, and
// SQLite takes expressions 1,000 deep.
func (t *Writer) Balanced(n int, word string, part func(i int) error) error {
	return t.balancedRange(0, n, word, part)
}

func (t *Writer) balancedRange(from, to int, word string, part func(i int) error) error {
	const flat = 64
	t.Write("(")
	if to-from > flat {
		middle := (from + to) / 2
		if err := t.balancedRange(from, middle, word, part); err != nil {
			return err
		}
		t.Write(word)
		if err := t.balancedRange(middle, to, word, part); err != nil {
			return err
		}
		t.Write(")")
		return nil
	}
	for i := from; i < to; i++ {
		if i > from {
			t.Write(word)
		}
		if err := part(i); err != nil {
			return err
		}
	}
	t.Write(")")
	return nil
}
