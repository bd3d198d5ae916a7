package store

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// String returns the condition as text for people: "owner_id = principal.id".
// The zero Cond is empty.
func (c Cond) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c.n.appendText(nil, nil, false))
}

// Text is [Cond.String] with confidential values masked: a value that is compared with
// a hidden or secret column of the table is printed as a question mark.
func (c Cond) Text(t *Table) string {
	if c.IsZero() {
		return ""
	}
	return string(c.n.appendText(nil, t, false))
}

// Variables returns the names of the variables the condition reads, each once.
func (c Cond) Variables() []string {
	if c.IsZero() {
		return nil
	}
	return c.n.variables(nil)
}

func (n *node) variables(names []string) []string {
	if n.operand.kind == operandVar && !slices.Contains(names, n.operand.name) {
		names = append(names, n.operand.name)
	}
	for _, k := range n.kids {
		names = k.variables(names)
	}
	return names
}

// appendText appends the node; inside says that it is an operand of another node. With
// a table the values of hidden and secret columns are masked.
func (n *node) appendText(dst []byte, t *Table, inside bool) []byte {
	switch n.kind {
	case nodeTrue:
		return append(dst, "true"...)
	case nodeFalse:
		return append(dst, "false"...)
	case nodeAnd:
		return n.appendJoined(dst, t, " and ", inside)
	case nodeOr:
		return n.appendJoined(dst, t, " or ", inside)
	case nodeNot:
		dst = append(dst, "not ("...)
		return append(n.kids[0].appendText(dst, t, false), ')')
	case nodeRelated:
		dst = append(append(dst, "exists "...), n.name...)
		if len(n.kids) == 0 {
			return dst
		}
		return append(n.kids[0].appendText(append(dst, " ("...), targetOf(t, n.name), false), ')')
	default:
		return n.appendComparison(dst, t)
	}
}

// targetOf returns the target of a relation of the table, which may be nil.
func targetOf(t *Table, relation string) *Table {
	if t == nil {
		return nil
	}
	if r := t.Relation(relation); r != nil {
		return r.Target
	}
	return nil
}

func (n *node) appendJoined(dst []byte, t *Table, word string, inside bool) []byte {
	if inside {
		dst = append(dst, '(')
	}
	for i, k := range n.kids {
		if i > 0 {
			dst = append(dst, word...)
		}
		dst = k.appendText(dst, t, true)
	}
	if inside {
		dst = append(dst, ')')
	}
	return dst
}

var opWords = [...]string{
	OpEq: " = ", OpNeq: " <> ", OpLt: " < ", OpLte: " <= ", OpGt: " > ", OpGte: " >= ", OpLike: " like ", OpILike: " ilike ",
	OpMatch: " match ", OpIMatch: " imatch ", OpIn: " in ", OpIsNull: " is null", OpIsTrue: " is true", OpIsFalse: " is false",
	OpDistinct: " is distinct from ", OpContains: " contains ", OpContained: " contained in ", OpOverlaps: " overlaps ", OpSearch: " search ",
	OpFullText: " fts ", OpFullTextPlain: " plfts ", OpFullTextPhrase: " phfts ", OpFullTextWeb: " wfts ",
}

func (n *node) appendComparison(dst []byte, t *Table) []byte {
	name := n.columnName()
	dst = append(append(dst, name...), n.path.String()...)
	dst = append(dst, opWords[n.op]...)
	switch n.quant {
	case quantAny:
		dst = append(dst, "any "...)
	case quantAll:
		dst = append(dst, "all "...)
	case quantNone:
	}
	switch {
	case n.operand.kind == operandNone, n.operand.kind == operandVar, t == nil:
	case t.Column(name) == nil, t.Column(name).Mode >= Hidden:
		return append(dst, '?')
	}
	switch n.operand.kind {
	case operandVar:
		return append(dst, n.operand.name...)
	case operandText, operandList:
		return append(dst, strings.Join(quoteAll(n.operand.texts), ", ")...)
	case operandValue:
		return appendOperand(dst, n.operand.value)
	case operandNone:
	}
	return dst
}

func (n *node) columnName() string {
	switch {
	case n.column != nil:
		return n.column.Name
	case n.field.owner == nil:
		return n.name
	}
	for _, f := range reflect.VisibleFields(n.field.owner) {
		if f.Type == n.field.typ && value.FieldOffset(n.field.owner, f.Index) == n.field.offset {
			return value.Underscore(f.Name)
		}
	}
	return "?"
}

func quoteAll(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = strconv.Quote(t)
	}
	return quoted
}

func appendOperand(dst []byte, v any) []byte {
	if s, ok := v.(string); ok {
		return strconv.AppendQuote(dst, s)
	}
	return fmt.Append(dst, v)
}
