package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// BoundOperand returns the operand of a comparison as bound value. known is false for
// a variable without a usable value.
func BoundOperand(scope *Scope, col *schema.Column, n *Node) (v any, known bool, err error) {
	switch n.Operand.Kind {
	case operandText:
		if isPatternOp(n.Op) {
			return n.Operand.texts[0], true, nil
		}
		v, err = col.ParseText(n.Operand.texts[0])
		return v, true, err
	case OperandVar:
		text, ok := scope.Variable(n.Operand.name)
		if !ok || isPatternOp(n.Op) && checkPattern(n.Op, text) != nil {
			return nil, false, nil
		}
		v, err = col.ParseText(text)
		return v, err == nil, nil
	case OperandValue:
		if n.Column != nil || isPatternOp(n.Op) {
			return n.Operand.Value, true, nil
		}
		v, err = col.ParseValue(n.Operand.Value)
		return v, v != nil || n.Op == OpDistinct, err
	}
	return nil, false, &fault.QueryError{Kind: fault.QueryMalformed, Reason: fmt.Sprintf("the comparison of %s has no operand", col.Name)}
}

// BoundList returns the operands of a listed comparison as one typed slice and its length.
// known is false for a variable without a usable value.
func BoundList(scope *Scope, col *schema.Column, n *Node) (list any, count int, known bool, err error) {
	switch n.Operand.Kind {
	case operandList:
		list, count, err = col.ParseTexts(n.Operand.texts)
		return list, count, true, err
	case OperandValue:
		list, err = col.ParseList(n.Operand.Value)
		return list, len(value.ListValues(list)), true, err
	case OperandVar:
		text, ok := scope.Variable(n.Operand.name)
		if !ok {
			return nil, 0, false, nil
		}
		texts := strings.Split(text, listSeparator)
		if isPatternOp(n.Op) && slices.ContainsFunc(texts, func(p string) bool { return checkPattern(n.Op, p) != nil }) {
			return nil, 0, false, nil
		}
		list, count, err = col.ParseTexts(texts)
		return list, count, err == nil, nil
	}
	return nil, 0, false, &fault.QueryError{Kind: fault.QueryMalformed, Reason: fmt.Sprintf("the comparison of %s needs a list", col.Name)}
}

// listSeparator separates the values of a variable that holds a list; text from a token
// or a client cannot contain it.
const listSeparator = "\x00"
