package query

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
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
func (c Cond) Text(t *schema.Table) string {
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

// Variable returns the name of the variable that the operand is.
func (n *Node) Variable() (name string, ok bool) {
	return n.Operand.name, n.Operand.Kind == OperandVar
}

func (n *Node) variables(names []string) []string {
	if n.Operand.Kind == OperandVar && !slices.Contains(names, n.Operand.name) {
		names = append(names, n.Operand.name)
	}
	for _, k := range n.Kids {
		names = k.variables(names)
	}
	return names
}

// ComparedWith returns the columns that a bound condition compares with a variable.
func (c Cond) ComparedWith(variable string) []*schema.Column {
	if c.IsZero() {
		return nil
	}
	return c.n.comparedWith(variable, nil)
}

func (n *Node) comparedWith(variable string, columns []*schema.Column) []*schema.Column {
	if n.Operand.Kind == OperandVar && n.Operand.name == variable && n.Column != nil {
		columns = append(columns, n.Column)
	}
	for _, k := range n.Kids {
		columns = k.comparedWith(variable, columns)
	}
	return columns
}

// Pin returns a column and the one value that every row which a bound condition selects has
// there, if a comparison on the top level says so. The value is that of a row of bound values,
// and comparable.
func (c Cond) Pin(scope *Scope) (col *schema.Column, pinned any, ok bool) {
	if c.IsZero() {
		return nil, nil, false
	}
	return c.n.pin(scope)
}

func (n *Node) pin(scope *Scope) (col *schema.Column, pinned any, ok bool) {
	switch {
	case n.Kind == NodeAnd:
		for _, k := range n.Kids {
			if col, pinned, ok = k.pin(scope); ok {
				return col, pinned, true
			}
		}
	case n.Kind == NodeCompare && n.Op == OpEq && n.Column != nil && n.path.IsZero() && n.quant == quantNone:
		switch n.Column.Kind {
		case driver.KindText, driver.KindUUID, driver.KindInt, driver.KindBool: // equal values are identical
			v, known, err := BoundOperand(scope, n.Column, n)
			return n.Column, v, known && err == nil
		}
	}
	return nil, nil, false
}

// appendText appends the node; inside says that it is an operand of another node. With
// a table the values of hidden and secret columns are masked.
func (n *Node) appendText(dst []byte, t *schema.Table, inside bool) []byte {
	switch n.Kind {
	case NodeTrue:
		return append(dst, "true"...)
	case NodeFalse:
		return append(dst, "false"...)
	case NodeAnd:
		return n.appendJoined(dst, t, " and ", inside)
	case NodeOr:
		return n.appendJoined(dst, t, " or ", inside)
	case NodeNot:
		dst = append(dst, "not ("...)
		return append(n.Kids[0].appendText(dst, t, false), ')')
	case NodeRelated:
		dst = append(append(dst, "exists "...), n.Name...)
		if len(n.Kids) == 0 {
			return dst
		}
		return append(n.Kids[0].appendText(append(dst, " ("...), targetOf(t, n.Name), false), ')')
	default:
		return n.appendComparison(dst, t)
	}
}

// targetOf returns the target of a relation of the table, which may be nil.
func targetOf(t *schema.Table, relation string) *schema.Table {
	if t == nil {
		return nil
	}
	if r := t.Relation(relation); r != nil {
		return r.Target
	}
	return nil
}

func (n *Node) appendJoined(dst []byte, t *schema.Table, word string, inside bool) []byte {
	if inside {
		dst = append(dst, '(')
	}
	for i, k := range n.Kids {
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

func (n *Node) appendComparison(dst []byte, t *schema.Table) []byte {
	name := n.columnName()
	dst = append(append(dst, name...), n.path.String()...)
	dst = append(dst, opWords[n.Op]...)
	switch n.quant {
	case QuantAny:
		dst = append(dst, "any "...)
	case QuantAll:
		dst = append(dst, "all "...)
	case quantNone:
	}
	switch {
	case n.Operand.Kind == OperandNone, n.Operand.Kind == OperandVar, t == nil:
	case t.Column(name) == nil, t.Column(name).Mode >= schema.Hidden:
		return append(dst, '?')
	}
	switch n.Operand.Kind {
	case OperandVar:
		return append(dst, n.Operand.name...)
	case operandText, operandList:
		return append(dst, strings.Join(quoteAll(n.Operand.texts), ", ")...)
	case OperandValue:
		return appendOperand(dst, n.Operand.Value)
	case OperandNone:
	}
	return dst
}

func (n *Node) columnName() string {
	switch {
	case n.Column != nil:
		return n.Column.Name
	case n.Field.Owner == nil:
		return n.Name
	}
	for _, f := range reflect.VisibleFields(n.Field.Owner) {
		if f.Type == n.Field.Type && value.FieldOffset(n.Field.Owner, f.Index) == n.Field.Offset {
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
