package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// boundOperand returns the operand of a comparison as bound value. known is false for
// a variable without a usable value.
func boundOperand(scope *Scope, col *Column, n *node) (v any, known bool, err error) {
	switch n.operand.kind {
	case operandText:
		if isPatternOp(n.op) {
			return n.operand.texts[0], true, nil
		}
		v, err = col.ParseText(n.operand.texts[0])
		return v, true, err
	case operandVar:
		text, ok := scope.variable(n.operand.name)
		if !ok || isPatternOp(n.op) && checkPattern(n.op, text) != nil {
			return nil, false, nil
		}
		v, err = col.ParseText(text)
		return v, err == nil, nil
	case operandValue:
		if n.column != nil || isPatternOp(n.op) {
			return n.operand.value, true, nil
		}
		v, err = col.ParseValue(n.operand.value)
		return v, v != nil || n.op == OpDistinct, err
	}
	return nil, false, &QueryError{Code: "PGRST100", Reason: fmt.Sprintf("the comparison of %s has no operand", col.Name)}
}

// boundList returns the operands of a listed comparison as one typed slice and its length.
// known is false for a variable without a usable value.
func boundList(scope *Scope, col *Column, n *node) (list any, count int, known bool, err error) {
	switch n.operand.kind {
	case operandList:
		list, count, err = col.ParseTexts(n.operand.texts)
		return list, count, true, err
	case operandValue:
		list, err = col.ParseList(n.operand.value)
		return list, len(value.ListValues(list)), true, err
	case operandVar:
		text, ok := scope.variable(n.operand.name)
		if !ok {
			return nil, 0, false, nil
		}
		texts := strings.Split(text, listSeparator)
		if isPatternOp(n.op) && slices.ContainsFunc(texts, func(p string) bool { return checkPattern(n.op, p) != nil }) {
			return nil, 0, false, nil
		}
		list, count, err = col.ParseTexts(texts)
		return list, count, err == nil, nil
	}
	return nil, 0, false, &QueryError{Code: "PGRST100", Reason: fmt.Sprintf("the comparison of %s needs a list", col.Name)}
}

// listSeparator separates the values of a variable that holds a list; text from a token
// or a client cannot contain it.
const listSeparator = "\x00"
