package query

import (
	"regexp"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/textmatch"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Truth is a value of three-valued logic.
type Truth int8

// The truths.
const (
	IsFalse Truth = iota - 1
	IsUnknown
	IsTrue
)

// TruthOf returns IsTrue or IsFalse.
func TruthOf(b bool) Truth {
	if b {
		return IsTrue
	}
	return IsFalse
}

// Evaluate evaluates a bound condition on a row of bound values, one for each column of
// the table. decided is false if the condition reads other tables or an absent column,
// or uses a server-side search. The database must evaluate it then.
func (n *Node) Evaluate(scope *Scope, row []any) (result Truth, decided bool) {
	switch n.Kind {
	case NodeTrue:
		return IsTrue, true
	case NodeFalse:
		return IsFalse, true
	case NodeUnknown:
		return IsUnknown, true
	case NodeAnd:
		return n.fold(scope, row, IsFalse)
	case NodeOr:
		return n.fold(scope, row, IsTrue)
	case NodeNot:
		r, ok := n.Kids[0].Evaluate(scope, row)
		return -r, ok
	case NodeCompare:
		if n.Column == nil {
			return IsUnknown, false // not bound: compiling finds the column
		}
		if _, gap := row[n.Column.Index].(value.Absent); gap || n.Op.fullText() {
			return IsUnknown, false
		}
		return n.evaluateCompare(scope, row), true
	}
	return IsUnknown, false
}

// fold combines the kids of And and Or: one kid with the deciding value decides
// the whole, even beside kids that cannot be decided.
func (n *Node) fold(scope *Scope, row []any, deciding Truth) (Truth, bool) {
	result, all := -deciding, true
	for _, k := range n.Kids {
		r, ok := k.Evaluate(scope, row)
		switch {
		case !ok:
			all = false
		case r == deciding:
			return deciding, true
		case r == IsUnknown:
			result = IsUnknown
		}
	}
	return result, all
}

func (n *Node) evaluateCompare(scope *Scope, row []any) Truth {
	v := n.Column.ValueIn(row)
	switch n.Op {
	case OpIsNull:
		return TruthOf(v == nil)
	case OpIsTrue:
		return TruthOf(v == true)
	case OpIsFalse:
		return TruthOf(v == false)
	}
	if n.Listed() {
		return n.evaluateList(scope, v)
	}
	operand, known, err := BoundOperand(scope, n.Column, n)
	if err != nil || !known {
		return IsUnknown
	}
	return evaluateOp(n.Column.Kind, n.Op, v, operand)
}

// evaluateList evaluates a comparison with several operands, combined by Or or by And.
func (n *Node) evaluateList(scope *Scope, v any) Truth {
	list, _, known, err := BoundList(scope, n.Column, n)
	if err != nil || !known {
		return IsUnknown
	}
	op, quant := n.Quantified()
	deciding := IsTrue
	if quant == QuantAll {
		deciding = IsFalse
	}
	result := -deciding
	for _, operand := range value.ListValues(list) {
		switch evaluateOp(n.Column.Kind, op, v, operand) {
		case deciding:
			return deciding
		case IsUnknown:
			result = IsUnknown
		}
	}
	return result
}

// evaluateOp compares a value of a kind with one operand.
func evaluateOp(k driver.Kind, op Op, v, operand any) Truth {
	if v == nil || operand == nil {
		if op == OpDistinct {
			return TruthOf((v == nil) != (operand == nil))
		}
		return IsUnknown
	}
	switch {
	case isPatternOp(op):
		return evaluatePattern(op, v, operand)
	case op == OpContains || op == OpContained || op == OpOverlaps:
		return evaluateHolds(k, op, v, operand)
	case k.Ordered():
		return evaluateOrder(op, value.CompareValues(k, v, operand))
	}
	equal := string(value.AppendValue(nil, k, v)) == string(value.AppendValue(nil, k, operand))
	return TruthOf(equal == (op == OpEq))
}

// evaluateHolds compares what two documents or arrays hold. A document that
// cannot be read is unknown, as no engine stores one.
func evaluateHolds(k driver.Kind, op Op, v, operand any) Truth {
	a, b := value.AppendValue(nil, k, v), value.AppendValue(nil, k, operand)
	if op == OpContained {
		a, b = b, a
	}
	hold := jsonb.Contains
	if op == OpOverlaps {
		hold = jsonb.Overlaps
	}
	held, err := hold(a, b)
	if err != nil {
		return IsUnknown
	}
	return TruthOf(held)
}

func evaluateOrder(op Op, order int) Truth {
	switch op {
	case OpEq:
		return TruthOf(order == 0)
	case OpNeq, OpDistinct:
		return TruthOf(order != 0)
	case OpLt:
		return TruthOf(order < 0)
	case OpLte:
		return TruthOf(order <= 0)
	case OpGt:
		return TruthOf(order > 0)
	case OpGte:
		return TruthOf(order >= 0)
	}
	return IsUnknown
}

func evaluatePattern(op Op, v, pattern any) Truth {
	text, ok1 := v.(string)
	p, ok2 := pattern.(string)
	if !ok1 || !ok2 {
		return IsUnknown
	}
	switch op {
	case OpILike:
		return TruthOf(likeMatch(textmatch.Fold(p), textmatch.Fold(text)))
	case OpLike:
		return TruthOf(likeMatch(p, text))
	case OpIMatch:
		p, text = textmatch.Fold(p), textmatch.Fold(text)
	case OpSearch:
		q, err := fulltext.Parse(p)
		return TruthOf(err == nil && q.Match(text)) // a query that is none was refused before
	}
	re, err := regexp.Compile(textmatch.DotAll + p)
	if err != nil {
		return IsUnknown
	}
	return TruthOf(re.MatchString(text))
}

// likeMatch reports whether text matches a LIKE pattern: % any run, _ one rune,
// backslash takes the next rune as it is. It takes time in proportion to the
// product of the lengths at most: only the last % ever needs another try.
func likeMatch(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	i, j := 0, 0
	star, mark := -1, 0 // behind the last %, and where its run ends so far
	for j < len(t) {
		if i < len(p) && p[i] == '%' {
			i++
			star, mark = i, j
			continue
		}
		if next, ok := likeRune(p, i, t[j]); ok {
			i, j = next, j+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star, mark
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}

// likeRune matches one rune against the pattern at i, which is no %, and returns
// where the pattern goes on.
func likeRune(p []rune, i int, r rune) (next int, ok bool) {
	if i == len(p) {
		return i, false
	}
	if p[i] == '_' {
		return i + 1, true
	}
	if p[i] == '\\' && i+1 < len(p) {
		i++
	}
	return i + 1, p[i] == r
}
