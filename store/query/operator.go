package query

import (
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/textmatch"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// CheckOp rejects an operator that the kind of the column does not support.
func CheckOp(c *schema.Column, op Op) error {
	switch op {
	case OpLt, OpLte, OpGt, OpGte:
		if !c.Kind.Ordered() {
			return schema.OperatorError(c, "has no order")
		}
	case OpLike, OpILike, OpMatch, OpIMatch:
		if c.Kind != driver.KindText {
			return schema.OperatorError(c, "is not text")
		}
	case OpSearch:
		if !c.Searchable {
			return schema.OperatorError(c, "is not searchable")
		}
	case OpFullText, OpFullTextPlain, OpFullTextPhrase, OpFullTextWeb:
		return schema.CheckFullText(c)
	case OpIsTrue, OpIsFalse:
		if c.Kind != driver.KindBool {
			return schema.OperatorError(c, "is not a boolean")
		}
	case OpContains, OpContained:
		if c.Kind != driver.KindJSON && c.Kind != driver.KindTextArray {
			return schema.OperatorError(c, "is neither a document nor an array")
		}
	case OpOverlaps:
		if c.Kind != driver.KindTextArray {
			return schema.OperatorError(c, "is not an array")
		}
	}
	return nil
}

// Ordering reports whether an operator compares the order of values.
func (op Op) Ordering() bool { return op == OpLt || op == OpLte || op == OpGt || op == OpGte }

// Timed reports whether the time that an operator takes depends on what a text says, or on
// how large a document or an array is, which has to be read as a whole. That of OpSearch does
// only behind its index, and package sqlgen guards that part where it writes it.
func Timed(c *schema.Column, op Op) bool {
	if c.Kind == driver.KindJSON || c.Kind == driver.KindTextArray {
		return op != OpIsNull || c.Place != nil
	}
	return c.Place != nil || isPatternOp(op) && op != OpSearch
}

func isPatternOp(op Op) bool {
	return op == OpLike || op == OpILike || op == OpMatch || op == OpIMatch || op == OpSearch || op.fullText()
}

// Listed reports whether a comparison has several operands.
func (n *Node) Listed() bool { return n.Op == OpIn || n.quant != quantNone }

// Quantified returns the operator and the quantifier of a listed comparison: to
// be in a list is to equal any of its values.
func (n *Node) Quantified() (Op, Quantifier) {
	if n.Op == OpIn {
		return OpEq, QuantAny
	}
	return n.Op, n.quant
}

// CheckedPattern checks the operand of a pattern operator.
func CheckedPattern(c *schema.Column, op Op, v any) (string, error) {
	pattern, ok := v.(string)
	if !ok {
		return "", schema.OperatorError(c, "is compared with a pattern that is not text")
	}
	if err := value.CheckText(pattern); err != nil {
		return "", c.ValueError(err, "")
	}
	err := checkPattern(op, pattern)
	switch {
	case err == nil:
		return pattern, nil
	case op == OpSearch:
		return "", &fault.ValueError{Column: c.Name, Kind: fault.ValueBadSearch, Reason: err.Error()}
	case op == OpMatch || op == OpIMatch:
		return "", &fault.ValueError{Column: c.Name, Kind: fault.ValueBadRegexp, Reason: err.Error()}
	}
	return "", &fault.ValueError{Column: c.Name, Kind: fault.ValueBadPattern, Reason: err.Error()}
}

// checkPattern reports why the pattern of an operator cannot be used.
func checkPattern(op Op, pattern string) error {
	switch op {
	case OpMatch:
		return textmatch.CheckRegexp(pattern)
	case OpIMatch:
		return textmatch.CheckRegexp(textmatch.Fold(pattern)) // [Z-a] is no range then
	case OpSearch:
		_, err := fulltext.Parse(pattern)
		return err
	case OpFullText, OpFullTextPlain, OpFullTextPhrase, OpFullTextWeb:
		_, err := FullTextQuery(op, pattern)
		return err
	}
	if !validPattern(pattern) {
		return errors.New("the pattern ends with an escape character")
	}
	return nil
}

// validPattern reports whether a LIKE pattern does not end in the middle of an
// escape.
func validPattern(p string) bool {
	trailing := 0
	for i := len(p) - 1; i >= 0 && p[i] == '\\'; i-- {
		trailing++
	}
	return trailing%2 == 0
}
