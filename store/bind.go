package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Bind resolves the names of a trusted condition on the table and converts its values,
// so that later uses skip both steps. It reports every mistake at once. A bound
// condition belongs to its table. As a rule, bind it once and not for each request: its
// values become part of the text of statements. A value of the request is a [Var].
func Bind(t *Table, c Cond) (Cond, error) {
	if c.IsZero() {
		return c, nil
	}
	n, err := bindNode(t, c.n)
	return Cond{n}, err
}

// KeyCond returns the bound condition that the table's key, a single column, equals the
// value of a text. Invalid text is a [ValueError].
func KeyCond(t *Table, text string) (Cond, error) {
	key := t.PrimaryKey[0]
	v, err := key.ParseText(text)
	if err != nil {
		return Cond{}, err
	}
	return Cond{&node{
		kind: nodeCompare, name: key.Name, op: OpEq, operand: operand{kind: operandValue, value: v}, column: key,
	}}, checkOp(key, OpEq)
}

func bindNode(t *Table, n *node) (*node, error) {
	switch n.kind {
	case nodeCompare:
		return bindCompare(t, n)
	case nodeRelated:
		return bindRelated(t, n)
	}
	bound := *n
	bound.kids = make([]*node, len(n.kids))
	var errs []error
	for i, k := range n.kids {
		kid, err := bindNode(t, k)
		errs = append(errs, err)
		bound.kids[i] = kid
	}
	return &bound, errors.Join(errs...)
}

func bindRelated(t *Table, n *node) (*node, error) {
	rel, several := t.Resolve(n.name, schema.AllRelations)
	if len(several) > 0 {
		return nil, fmt.Errorf("store: table %s has several relations %s; name the field of one", t.Name, n.name)
	}
	if rel == nil {
		return nil, fmt.Errorf("store: table %s has no relation %s", t.Name, n.name)
	}
	bound := *n
	bound.relation = rel
	bound.kids = nil
	if len(n.kids) == 1 {
		kid, err := bindNode(rel.Target, n.kids[0])
		if err != nil {
			return nil, err
		}
		bound.kids = []*node{kid}
	}
	return &bound, nil
}

func bindCompare(t *Table, n *node) (*node, error) {
	col, err := nodeColumn(t, nil, n)
	if err != nil {
		return nil, err
	}
	bound := *n
	bound.column = col
	switch n.operand.kind {
	case operandText:
		if isPatternOp(n.op) {
			bound.operand = operand{kind: operandValue, value: n.operand.texts[0]}
			break
		}
		v, err := col.ParseText(n.operand.texts[0])
		if err != nil {
			return nil, err
		}
		bound.operand = operand{kind: operandValue, value: v}
	case operandValue:
		if n.listed() {
			if _, err := col.ParseList(n.operand.value); err != nil {
				return nil, err
			}
			break
		}
		if isPatternOp(n.op) {
			break
		}
		v, err := col.ParseValue(n.operand.value)
		if err != nil {
			return nil, err
		}
		bound.operand.value = v
	case operandNone:
		if n.op != OpIsNull && n.op != OpIsTrue && n.op != OpIsFalse {
			return nil, fmt.Errorf("store: the comparison of %s.%s has no operand", t.Name, col.Name)
		}
	}
	return &bound, checkOp(col, n.op)
}

// columns adds the columns the condition reads to the set. complete is false when it
// also reads other tables, or the condition is not bound and its columns are unknown.
func (n *node) columns(set *ColumnSet) (complete bool) {
	complete = true
	switch n.kind {
	case nodeCompare:
		if n.column == nil {
			set.Fill()
			return false
		}
		set.Add(n.column)
		return true
	case nodeRelated:
		if n.relation == nil {
			set.Fill()
			return false
		}
		for _, k := range n.relation.SourceKeys {
			set.Add(k)
		}
		return false
	}
	for _, k := range n.kids {
		complete = k.columns(set) && complete
	}
	return complete
}

// columnsOf adds the columns of a table that the condition reads to the set, of the row
// itself and of rows behind relations. It adds all columns if the condition is not
// bound or reads a view, because the tables behind a view are unknown.
func (n *node) columnsOf(t *Table, set *ColumnSet) {
	switch n.kind {
	case nodeCompare:
		if n.column == nil {
			set.Fill()
		} else if n.column.Table == t {
			set.Add(n.column)
		}
	case nodeRelated:
		if n.relation == nil {
			set.Fill()
		} else {
			n.relation.AddColumns(t, set)
		}
	}
	for _, k := range n.kids {
		k.columnsOf(t, set)
	}
}

// lookup finds a column of a table by its name. Under a guard, a column the scope may
// not read does not exist.
func lookup(t *Table, guard *Guard, name string) (*Column, error) {
	col := t.Column(name)
	if col == nil || guard != nil && !guard.Readable.Has(col) {
		return nil, &UnknownColumnError{Table: t.Name, Column: name, Near: nearestColumn(t, name, guard)}
	}
	return col, nil
}

// nodeColumn returns the column that a comparison is about, with its path.
func nodeColumn(t *Table, guard *Guard, n *node) (*Column, error) {
	if n.column != nil {
		return n.column, nil
	}
	col, err := namedColumn(t, guard, n)
	if err != nil {
		return nil, err
	}
	return columnAt(col, n.path)
}

func namedColumn(t *Table, guard *Guard, n *node) (*Column, error) {
	if n.field.owner != nil {
		col, err := n.field.column(t)
		if err != nil {
			return nil, err
		}
		return lookup(t, guard, col.Name)
	}
	return lookup(t, guard, n.name)
}

// reaches reports whether the rule reads the rows of a table behind relations.
func (c Cond) reaches(t *Table) bool { return !c.IsZero() && c.n.reaches(t) }

// reaches reports whether the condition reads the rows of a table behind relations. A
// view counts as reading every table.
func (n *node) reaches(t *Table) bool {
	read := func(other *Table) bool { return other == t || other.View }
	if r := n.relation; n.kind == nodeRelated && (r == nil || read(r.Target) || r.Junction != nil && read(r.Junction.Table)) {
		return true
	}
	return slices.ContainsFunc(n.kids, func(k *node) bool { return k.reaches(t) })
}
