package store

import "github.com/seed-7694ebf6/plinth/store/internal/value"

// FixesKey reports whether a condition compares every column of the primary key with a
// value by equality, each once, and has no other condition.
func FixesKey(t *Table, where Cond) bool {
	if where.IsZero() || len(t.PrimaryKey) == 0 {
		return false
	}
	nodes := conjuncts(where)
	for _, n := range nodes {
		if n.kind != nodeCompare || n.op != OpEq || n.operand.kind != operandText && n.operand.kind != operandValue {
			return false
		}
	}
	return len(nodes) == len(t.PrimaryKey) && pinned(t, where)
}

// conjuncts returns the conditions that have to hold together.
func conjuncts(where Cond) []*node {
	if where.n.kind == nodeAnd {
		return where.n.kids
	}
	return []*node{where.n}
}

// keysCond selects the rows that have the keys of rows. It is bound.
func keysCond(t *Table, rows [][]any) Cond {
	if pk := t.PrimaryKey[0]; len(t.PrimaryKey) == 1 {
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[pk.Index]
		}
		list := operand{kind: operandValue, value: value.PackList(pk.Kind, values)}
		return Cond{&node{kind: nodeCompare, name: pk.Name, column: pk, op: OpIn, operand: list}}
	}
	conds := make([]Cond, len(rows))
	for i, row := range rows {
		conds[i] = keyCond(t, row)
	}
	return Or(conds...)
}

// keyCond selects the row that has the key of row. It is bound.
func keyCond(t *Table, row []any) Cond {
	parts := make([]Cond, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		parts[i] = boundEq(pk, row[pk.Index])
	}
	return And(parts...)
}

// boundEq compares a column with a bound value.
func boundEq(col *Column, v any) Cond {
	n := &node{kind: nodeCompare, name: col.Name, column: col, op: OpEq, operand: operand{kind: operandValue, value: v}}
	return Cond{n}
}

// orderKey is one resolved key of an order.
type orderKey struct {
	column   *Column
	relation *Relation // nil: a column of the table itself
	desc     bool
	first    bool // nulls first
	nullable bool
}

// orderCompare compares the keys of an order with values of a kind each. With row they are
// compared together as one row value, otherwise there is one key, and a nil value is
// compared by IS.
type orderCompare struct {
	keys   []orderKey
	values []any
	op     Op
	row    bool
}

// compareOrder returns the condition of an [orderCompare].
func compareOrder(keys []orderKey, values []any, op Op, row bool) Cond {
	made := &struct {
		node
		orderCompare
	}{node{kind: nodeOrder}, orderCompare{keys, values, op, row}}
	made.order = &made.orderCompare
	return Cond{&made.node}
}
