package store

import "errors"

// FixesKey reports whether a condition compares every column of the primary key with a
// value by equality, each once, and has no other condition.
func (t *Table) FixesKey(where Cond) bool {
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

// Identify checks that the one row of the input has the key of a condition, see
// [Table.FixesKey]. It reports false if the row has another key. With fill it sets the
// key of a row without one. A key column that the scope may not write is an error,
// unless the database makes the key: then it identifies the row.
func (g Gate) Identify(in *Input, where Cond, fill bool) (bool, error) {
	bound, err := g.table.Bind(where)
	if err != nil {
		return false, err
	}
	for _, n := range conjuncts(bound) {
		c := n.column
		_, err := g.writableColumn(c.Name, true)
		if _, readOnly := errors.AsType[*ReadOnlyColumnError](err); err != nil && (!readOnly || !c.Generated) {
			return false, err
		}
		row := in.rows[0]
		if _, gap := row[c.index].(absent); gap && fill {
			row[c.index] = n.operand.value
			in.given.Add(c)
			continue
		}
		if _, gap := row[c.index].(absent); gap || !sameValue(c.Kind, row[c.index], n.operand.value) {
			return false, nil
		}
	}
	return true, nil
}
