// Package query says which rows and columns are meant: conditions, queries and what a caller
// may see. A [Cond] is a tree that filters, rules and cursors share; a [Query] selects; a
// [Scope] holds who asks, and a [Guard] what that caller may do with a table.
//
// Package store repeats the names that applications write, such as store.Eq and
// store.Scope. This package also has what the layers above read of them: the nodes of a
// condition, its operators, and their operands.
package query

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Cond is a condition on the rows of one table: a tree of comparisons, used for
// filters, rules and cursors. It refers to columns by name. [Bind] checks the
// names and converts the values to the kinds of the columns.
//
// The zero Cond is no condition: as a filter it selects every row, as a rule of a
// [Guard] it allows none. Conds are immutable and safe for concurrent use.
//
// Logic is three-valued as in SQL. A comparison with NULL is unknown, Not of unknown is
// unknown, and a row is selected only if the whole condition is true.
type Cond struct {
	n *Node
}

// CondOf returns the condition with a tree of nodes, which must be bound or made by the
// functions of this package.
func CondOf(n *Node) Cond { return Cond{n} }

// Node returns the tree of the condition, nil of the zero Cond. It must not be changed.
func (c Cond) Node() *Node { return c.n }

// Op is a comparison of a column with an operand.
type Op uint8

// The comparisons. OpLike and OpILike take a pattern with % and _ and backslash
// as escape; OpMatch and OpIMatch a regular expression of the subset both
// engines read alike (see [fault.ValueError]).
const (
	OpEq Op = iota + 1
	OpNeq
	OpLt
	OpLte
	OpGt
	OpGte
	OpLike
	OpILike
	OpMatch
	OpIMatch
	OpIn
	OpIsNull
	OpIsTrue
	OpIsFalse
	// OpDistinct differs as IS DISTINCT FROM does: NULL is a value like others,
	// so the comparison is never unknown.
	OpDistinct
	// OpContains and OpContained are PostgreSQL's @> and <@ for documents and text
	// arrays: an object contains its members, an array its elements regardless of order
	// and duplicates.
	OpContains
	OpContained
	// OpOverlaps reports whether two text arrays have an element in common.
	OpOverlaps
	// OpSearch matches the words of a query and needs a column tagged
	// `plinth:"searchable"`, see store.TextCol.Search.
	OpSearch
	// OpFullText and the three behind it are PostgreSQL's own search: the column as
	// to_tsvector sees it matches the query of to_tsquery, plainto_tsquery,
	// phraseto_tsquery or websearch_to_tsquery. The operand is a [FullText]. They need
	// a searchable column but do not use its index: every row is read. Only the first
	// 100,000 characters of a text count, and ASCII punctuation only separates words.
	// SQLite rejects them; OpSearch works on both engines.
	OpFullText
	OpFullTextPlain
	OpFullTextPhrase
	OpFullTextWeb
)

// Quantifier says how many of several operands a comparison must hold for.
type Quantifier uint8

// The quantifiers.
const (
	quantNone Quantifier = iota // there is one operand
	QuantAny
	QuantAll
)

// NodeKind says what a node of a condition is.
type NodeKind uint8

// The kinds of nodes.
const (
	NodeTrue NodeKind = iota + 1
	NodeFalse
	NodeUnknown // of [Lacking]
	NodeAnd
	NodeOr
	NodeNot
	NodeCompare
	NodeRelated
	NodeOrder // compares order keys, see [OrderCompare]
)

// Node is one node of a condition. Nodes are never changed after they were
// built; binding makes new ones.
type Node struct {
	Kind NodeKind
	Kids []*Node // of NodeAnd, NodeOr, NodeNot, and at most one of NodeRelated

	Name    string // of the column or relation, as it was written
	Field   Field  // the column of a typed comparison, which has no Name
	path    Path
	Op      Op
	quant   Quantifier
	Operand Operand

	Column   *schema.Column   // set by binding
	Relation *schema.Relation // set by binding

	Order *OrderCompare // of NodeOrder
}

// OperandKind says what a comparison compares with.
type OperandKind uint8

// The kinds of operands. Text that is not read yet is of a kind of its own.
const (
	OperandNone  OperandKind = iota
	OperandValue             // a Go value, or after binding a bound value
	operandText              // text to be read in the column's kind
	OperandVar               // a variable of the scope
	operandList              // []any of values, or []string of texts
)

// Operand is what a comparison compares with.
type Operand struct {
	Kind  OperandKind
	Value any // of OperandValue
	name  string
	texts []string
}

// Var names a variable of the [Scope] as operand of a comparison, for example
// Compare("owner_id", OpEq, Var("principal.id")). A variable that is empty or
// cannot be read in the column's kind makes the comparison unknown, so it
// selects nothing, also under Not.
type Var string

// Text is an operand as text, read in the kind of the column it is compared
// with: what arrives in a URL. Text that cannot be read is a [fault.ValueError].
type Text string

// Texts is a list of operands as text, for OpIn, [CompareAny] and [CompareAll].
type Texts []string

// True selects every row. As a rule it allows every row.
func True() Cond { return Cond{&Node{Kind: NodeTrue}} }

// False selects no row.
func False() Cond { return Cond{&Node{Kind: NodeFalse}} }

// Equal reports whether two conditions state the same in the same words.
func (c Cond) Equal(o Cond) bool { return reflect.DeepEqual(c.n, o.n) }

// IsZero reports whether the condition states nothing.
func (c Cond) IsZero() bool { return c.n == nil }

// Always reports whether the condition selects every row.
func (c Cond) Always() bool { return c.n != nil && c.n.Kind == NodeTrue }

// Compare compares a column, by name, with an operand: a Go value of the
// column's type, a slice for OpIn, a [Var], a [Text] or [Texts]. Operators
// without an operand take nil. For the others nil and nil pointers are an error when the
// condition is used, except that OpDistinct takes a nil pointer.
func Compare(column string, op Op, value any) Cond {
	if op != OpDistinct && isNil(value) {
		value = nil
	}
	return Cond{&Node{Kind: NodeCompare, Name: column, Op: op, Operand: OperandOf(value)}}
}

// CompareAny selects the rows for which the comparison holds for at least one of the
// values, a slice or Texts. It is unknown if it holds for none and is unknown for one.
// An empty slice selects nothing; nil values are left out.
func CompareAny(column string, op Op, values any) Cond {
	return Cond{&Node{Kind: NodeCompare, Name: column, Op: op, quant: QuantAny, Operand: OperandOf(values)}}
}

// CompareAll selects the rows for which the comparison holds for every value. An empty
// slice selects every row.
func CompareAll(column string, op Op, values any) Cond {
	return Cond{&Node{Kind: NodeCompare, Name: column, Op: op, quant: QuantAll, Operand: OperandOf(values)}}
}

// At returns the condition with its comparisons applied at a path in the documents of a
// JSON column: Eq("meta", "x").At(path). Conditions on related rows are unchanged.
func (c Cond) At(path Path) Cond {
	if c.IsZero() || path.IsZero() {
		return c
	}
	return Cond{c.n.at(path)}
}

func (n *Node) at(path Path) *Node {
	if n.Kind == NodeRelated {
		return n
	}
	moved := *n
	if n.Kind == NodeCompare {
		moved.path, moved.Column = path, nil
		return &moved
	}
	moved.Kids = make([]*Node, len(n.Kids))
	for i, k := range n.Kids {
		moved.Kids[i] = k.at(path)
	}
	return &moved
}

// Eq is Compare with OpEq. A nil value is IS NULL, also a nil pointer.
func Eq(column string, value any) Cond {
	if isNil(value) {
		return Null(column)
	}
	return Compare(column, OpEq, value)
}

// isNil reports whether a value is nil or a nil pointer.
func isNil(value any) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// Null selects the rows where the column is NULL.
func Null(column string) Cond { return Compare(column, OpIsNull, nil) }

// In selects the rows where the column equals one of the values, a slice or Texts. An
// empty slice selects nothing.
func In(column string, values any) Cond { return Compare(column, OpIn, values) }

// And selects the rows that all conditions select. Zero conditions are left
// out; And of nothing is the zero Cond.
func And(conds ...Cond) Cond { return group(NodeAnd, conds) }

// Or selects the rows that any condition selects. Zero conditions are left out;
// Or of nothing is the zero Cond.
func Or(conds ...Cond) Cond { return group(NodeOr, conds) }

// Not selects the rows for which the condition is false; where it is unknown,
// Not is unknown too. Not of the zero Cond is the zero Cond.
func Not(c Cond) Cond {
	if c.IsZero() {
		return c
	}
	return Cond{&Node{Kind: NodeNot, Kids: []*Node{c.n}}}
}

// Related selects the rows with at least one related row that fulfils c, see
// [schema.Table.Relation]. The zero Cond only requires existence.
//
// In a rule the other table is read without its guard, so membership tables need not be
// exposed. In the filter of a scoped query the guard of the other table applies. The
// predicates for deleted rows and the tenant apply in both.
func Related(relation string, c Cond) Cond {
	n := &Node{Kind: NodeRelated, Name: relation}
	if !c.IsZero() {
		n.Kids = []*Node{c.n}
	}
	return Cond{n}
}

func group(kind NodeKind, conds []Cond) Cond {
	var last Cond
	n := 0
	for _, c := range conds {
		if !c.IsZero() {
			last = c
			n++
		}
	}
	if n <= 1 {
		return last
	}
	kids := make([]*Node, 0, n)
	for _, c := range conds {
		if !c.IsZero() {
			kids = append(kids, c.n)
		}
	}
	return Cond{&Node{Kind: kind, Kids: kids}}
}

// OperandOf returns the operand for what [Compare] takes.
func OperandOf(value any) Operand {
	switch v := value.(type) {
	case nil:
		return Operand{}
	case Var:
		return Operand{Kind: OperandVar, name: string(v)}
	case Text:
		return Operand{Kind: operandText, texts: []string{string(v)}}
	case Texts:
		return Operand{Kind: operandList, texts: v}
	}
	return Operand{Kind: OperandValue, Value: value}
}
