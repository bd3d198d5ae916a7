package store

import (
	"regexp"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// truth is a value of three-valued logic.
type truth int8

const (
	isFalse truth = iota - 1
	isUnknown
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// evaluate evaluates a bound condition on a row of bound values, one for each column of
// the table. decided is false if the condition reads other tables or an absent column,
// or uses a server-side search. The database must evaluate it then.
func (n *node) evaluate(scope *Scope, row []any) (result truth, decided bool) {
	switch n.kind {
	case nodeTrue:
		return isTrue, true
	case nodeFalse:
		return isFalse, true
	case nodeAnd:
		return n.fold(scope, row, isFalse)
	case nodeOr:
		return n.fold(scope, row, isTrue)
	case nodeNot:
		r, ok := n.kids[0].evaluate(scope, row)
		return -r, ok
	case nodeCompare:
		if n.column == nil {
			return isUnknown, false // not bound: compiling finds the column
		}
		if _, gap := row[n.column.Index].(value.Absent); gap || n.op.fullText() {
			return isUnknown, false
		}
		return n.evaluateCompare(scope, row), true
	}
	return isUnknown, false
}

// fold combines the kids of And and Or: one kid with the deciding value decides
// the whole, even beside kids that cannot be decided.
func (n *node) fold(scope *Scope, row []any, deciding truth) (truth, bool) {
	result, all := -deciding, true
	for _, k := range n.kids {
		r, ok := k.evaluate(scope, row)
		switch {
		case !ok:
			all = false
		case r == deciding:
			return deciding, true
		case r == isUnknown:
			result = isUnknown
		}
	}
	return result, all
}

func (n *node) evaluateCompare(scope *Scope, row []any) truth {
	v := n.column.ValueIn(row)
	switch n.op {
	case OpIsNull:
		return truthOf(v == nil)
	case OpIsTrue:
		return truthOf(v == true)
	case OpIsFalse:
		return truthOf(v == false)
	}
	if n.listed() {
		return n.evaluateList(scope, v)
	}
	operand, known, err := boundOperand(scope, n.column, n)
	if err != nil || !known {
		return isUnknown
	}
	return evaluateOp(n.column.Kind, n.op, v, operand)
}

// evaluateList evaluates a comparison with several operands, combined by Or or by And.
func (n *node) evaluateList(scope *Scope, v any) truth {
	list, _, known, err := boundList(scope, n.column, n)
	if err != nil || !known {
		return isUnknown
	}
	op, quant := n.quantified()
	deciding := isTrue
	if quant == quantAll {
		deciding = isFalse
	}
	result := -deciding
	for _, operand := range value.ListValues(list) {
		switch evaluateOp(n.column.Kind, op, v, operand) {
		case deciding:
			return deciding
		case isUnknown:
			result = isUnknown
		}
	}
	return result
}

// evaluateOp compares a value of a kind with one operand.
func evaluateOp(k Kind, op Op, v, operand any) truth {
	if v == nil || operand == nil {
		if op == OpDistinct {
			return truthOf((v == nil) != (operand == nil))
		}
		return isUnknown
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
	return truthOf(equal == (op == OpEq))
}

// evaluateHolds compares what two documents or arrays hold. A document that
// cannot be read is unknown, as no engine stores one.
func evaluateHolds(k Kind, op Op, v, operand any) truth {
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
		return isUnknown
	}
	return truthOf(held)
}

func evaluateOrder(op Op, order int) truth {
	switch op {
	case OpEq:
		return truthOf(order == 0)
	case OpNeq, OpDistinct:
		return truthOf(order != 0)
	case OpLt:
		return truthOf(order < 0)
	case OpLte:
		return truthOf(order <= 0)
	case OpGt:
		return truthOf(order > 0)
	case OpGte:
		return truthOf(order >= 0)
	}
	return isUnknown
}

func evaluatePattern(op Op, v, pattern any) truth {
	text, ok1 := v.(string)
	p, ok2 := pattern.(string)
	if !ok1 || !ok2 {
		return isUnknown
	}
	switch op {
	case OpILike:
		return truthOf(likeMatch(foldText(p), foldText(text)))
	case OpLike:
		return truthOf(likeMatch(p, text))
	case OpIMatch:
		p, text = foldText(p), foldText(text)
	case OpSearch:
		q, err := fulltext.Parse(p)
		return truthOf(err == nil && q.Match(text)) // a query that is none was refused before
	}
	re, err := regexp.Compile(dotAll + p)
	if err != nil {
		return isUnknown
	}
	return truthOf(re.MatchString(text))
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
