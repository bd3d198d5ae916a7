package query

import (
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// FixesKey reports whether a condition compares every column of the primary key with a
// value by equality, each once, and has no other condition.
func FixesKey(t *schema.Table, where Cond) bool {
	if where.IsZero() || len(t.PrimaryKey) == 0 {
		return false
	}
	nodes := Conjuncts(where)
	for _, n := range nodes {
		if n.Kind != NodeCompare || n.Op != OpEq || n.Operand.Kind != operandText && n.Operand.Kind != OperandValue {
			return false
		}
	}
	return len(nodes) == len(t.PrimaryKey) && Pinned(t, where)
}

// Conjuncts returns the conditions that have to hold together.
func Conjuncts(where Cond) []*Node {
	if where.n.Kind == NodeAnd {
		return where.n.Kids
	}
	return []*Node{where.n}
}

// RowKeys selects the rows that have the keys of rows. It is bound.
func RowKeys(t *schema.Table, rows [][]any) Cond {
	if pk := t.PrimaryKey[0]; len(t.PrimaryKey) == 1 {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[pk.Index]
		}
		list := Operand{Kind: OperandValue, Value: value.PackList(pk.Kind, values)}
		return Cond{&Node{Kind: NodeCompare, Name: pk.Name, Column: pk, Op: OpIn, Operand: list}}
	}
	conds := make([]Cond, len(rows))
	for i, row := range rows {
		conds[i] = RowKey(t, row)
	}
	return Or(conds...)
}

// RowKey selects the row that has the key of row. It is bound.
func RowKey(t *schema.Table, row []any) Cond {
	parts := make([]Cond, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		parts[i] = BoundEq(pk, row[pk.Index])
	}
	return And(parts...)
}

// BoundEq compares a column with a bound value.
func BoundEq(col *schema.Column, v any) Cond {
	n := &Node{Kind: NodeCompare, Name: col.Name, Column: col, Op: OpEq, Operand: Operand{Kind: OperandValue, Value: v}}
	return Cond{n}
}

// OrderKey is one resolved key of an order.
type OrderKey struct {
	Column   *schema.Column
	Relation *schema.Relation // nil: a column of the table itself
	Desc     bool
	First    bool // nulls first
	Nullable bool
}

// OrderCompare compares the keys of an order with values of a kind each. With row they are
// compared together as one row value, otherwise there is one key, and a nil value is
// compared by IS.
type OrderCompare struct {
	Keys   []OrderKey
	Values []any
	Op     Op
	Row    bool
}

// CompareOrder returns the condition of an [OrderCompare].
func CompareOrder(keys []OrderKey, values []any, op Op, row bool) Cond {
	made := &struct {
		Node
		OrderCompare
	}{Node{Kind: NodeOrder}, OrderCompare{keys, values, op, row}}
	made.Order = &made.OrderCompare
	return Cond{&made.Node}
}

// Pinned reports whether a condition fixes the primary key, so that it selects
// one row at most.
func Pinned(t *schema.Table, where Cond) bool {
	if where.IsZero() {
		return false
	}
	nodes := Conjuncts(where)
	fixed := 0
	for _, pk := range t.PrimaryKey {
		for _, n := range nodes {
			if n.Kind == NodeCompare && n.Op == OpEq && n.quant == quantNone && n.Name == pk.Name {
				fixed++
				break
			}
		}
	}
	return fixed == len(t.PrimaryKey)
}
