package query

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Bind resolves the names of a trusted condition on the table and converts its values,
// so that later uses skip both steps. It reports every mistake at once. A bound
// condition belongs to its table. As a rule, bind it once and not for each request: its
// values become part of the text of statements. A value of the request is a [Var].
func Bind(t *schema.Table, c Cond) (Cond, error) {
	if c.IsZero() {
		return c, nil
	}
	n, err := bindNode(t, c.n)
	return Cond{n}, err
}

// KeyCond returns the bound condition that the table's key, a single column, equals the
// value of a text. Invalid text is a [fault.ValueError].
func KeyCond(t *schema.Table, text string) (Cond, error) {
	key := t.PrimaryKey[0]
	v, err := key.ParseText(text)
	if err != nil {
		return Cond{}, err
	}
	return Cond{&Node{
		Kind: NodeCompare, Name: key.Name, Op: OpEq, Operand: Operand{Kind: OperandValue, Value: v}, Column: key,
	}}, CheckOp(key, OpEq)
}

func bindNode(t *schema.Table, n *Node) (*Node, error) {
	switch n.Kind {
	case NodeCompare:
		return bindCompare(t, n)
	case NodeRelated:
		return bindRelated(t, n)
	}
	bound := *n
	bound.Kids = make([]*Node, len(n.Kids))
	var errs []error
	for i, k := range n.Kids {
		kid, err := bindNode(t, k)
		errs = append(errs, err)
		bound.Kids[i] = kid
	}
	return &bound, errors.Join(errs...)
}

func bindRelated(t *schema.Table, n *Node) (*Node, error) {
	rel, several := t.Resolve(n.Name, schema.AllRelations)
	if len(several) > 0 {
		return nil, fmt.Errorf("store: table %s has several relations %s; name the field of one", t.Name, n.Name)
	}
	if rel == nil {
		return nil, fmt.Errorf("store: table %s has no relation %s", t.Name, n.Name)
	}
	bound := *n
	bound.Relation = rel
	bound.Kids = nil
	if len(n.Kids) == 1 {
		kid, err := bindNode(rel.Target, n.Kids[0])
		if err != nil {
			return nil, err
		}
		bound.Kids = []*Node{kid}
	}
	return &bound, nil
}

func bindCompare(t *schema.Table, n *Node) (*Node, error) {
	col, err := NodeColumn(t, nil, n)
	if err != nil {
		return nil, err
	}
	bound := *n
	bound.Column = col
	switch n.Operand.Kind {
	case operandText:
		if isPatternOp(n.Op) {
			bound.Operand = Operand{Kind: OperandValue, Value: n.Operand.texts[0]}
			break
		}
		v, err := col.ParseText(n.Operand.texts[0])
		if err != nil {
			return nil, err
		}
		bound.Operand = Operand{Kind: OperandValue, Value: v}
	case OperandValue:
		if n.Listed() {
			if _, err := col.ParseList(n.Operand.Value); err != nil {
				return nil, err
			}
			break
		}
		if isPatternOp(n.Op) {
			break
		}
		v, err := col.ParseValue(n.Operand.Value)
		if err != nil {
			return nil, err
		}
		bound.Operand.Value = v
	case OperandNone:
		if n.Op != OpIsNull && n.Op != OpIsTrue && n.Op != OpIsFalse {
			return nil, fmt.Errorf("store: the comparison of %s.%s has no operand", t.Name, col.Name)
		}
	}
	return &bound, CheckOp(col, n.Op)
}

// Columns adds the columns the condition reads to the set. complete is false when it
// also reads other tables, or the condition is not bound and its columns are unknown.
func (n *Node) Columns(set *schema.ColumnSet) (complete bool) {
	complete = true
	switch n.Kind {
	case NodeCompare:
		if n.Column == nil {
			set.Fill()
			return false
		}
		set.Add(n.Column)
		return true
	case NodeRelated:
		if n.Relation == nil {
			set.Fill()
			return false
		}
		for _, k := range n.Relation.SourceKeys {
			set.Add(k)
		}
		return false
	}
	for _, k := range n.Kids {
		complete = k.Columns(set) && complete
	}
	return complete
}

// ColumnsOf adds the columns of a table that the condition reads to the set, of the row
// itself and of rows behind relations. It adds all columns if the condition is not
// bound or reads a view, because the tables behind a view are unknown.
func (n *Node) ColumnsOf(t *schema.Table, set *schema.ColumnSet) {
	switch n.Kind {
	case NodeCompare:
		if n.Column == nil {
			set.Fill()
		} else if n.Column.Table == t {
			set.Add(n.Column)
		}
	case NodeRelated:
		if n.Relation == nil {
			set.Fill()
		} else {
			n.Relation.AddColumns(t, set)
		}
	}
	for _, k := range n.Kids {
		k.ColumnsOf(t, set)
	}
}

// Lookup finds a column of a table by its name. Under a guard, a column the scope may
// not read does not exist.
func Lookup(t *schema.Table, guard *Guard, name string) (*schema.Column, error) {
	col := t.Column(name)
	if col == nil || guard != nil && !guard.Readable.Has(col) {
		return nil, &fault.UnknownColumnError{Table: t.Name, Column: name, Near: NearestColumn(t, name, guard)}
	}
	return col, nil
}

// NodeColumn returns the column that a comparison is about, with its path.
func NodeColumn(t *schema.Table, guard *Guard, n *Node) (*schema.Column, error) {
	if n.Column != nil {
		return n.Column, nil
	}
	col, err := namedColumn(t, guard, n)
	if err != nil {
		return nil, err
	}
	return ColumnAt(col, n.path)
}

func namedColumn(t *schema.Table, guard *Guard, n *Node) (*schema.Column, error) {
	if n.Field.Owner != nil {
		col, err := n.Field.Column(t)
		if err != nil {
			return nil, err
		}
		return Lookup(t, guard, col.Name)
	}
	return Lookup(t, guard, n.Name)
}

// Reaches reports whether the rule reads the rows of a table behind relations.
func (c Cond) Reaches(t *schema.Table) bool { return !c.IsZero() && c.n.reaches(t) }

// reaches reports whether the condition reads the rows of a table behind relations. A
// view counts as reading every table.
func (n *Node) reaches(t *schema.Table) bool {
	read := func(other *schema.Table) bool { return other == t || other.View }
	if r := n.Relation; n.Kind == NodeRelated && (r == nil || read(r.Target) || r.Junction != nil && read(r.Junction.Table)) {
		return true
	}
	return slices.ContainsFunc(n.Kids, func(k *Node) bool { return k.reaches(t) })
}
