package store

import "reflect"

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
	n *node
}

// Op is a comparison of a column with an operand.
type Op uint8

// The comparisons. OpLike and OpILike take a pattern with % and _ and backslash
// as escape; OpMatch and OpIMatch a regular expression of the subset both
// engines read alike (see [ValueError]).
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
	// `plinth:"searchable"`, see [TextCol.Search].
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

// quantifier says how many of several operands a comparison must hold for.
type quantifier uint8

const (
	quantNone quantifier = iota // there is one operand
	quantAny
	quantAll
)

type nodeKind uint8

const (
	nodeTrue nodeKind = iota + 1
	nodeFalse
	nodeAnd
	nodeOr
	nodeNot
	nodeCompare
	nodeRelated
	nodeOrder // compares order keys, see orderCompare
)

// node is one node of a condition. Nodes are never changed after they were
// built; binding makes new ones.
type node struct {
	kind nodeKind
	kids []*node // and, or, not, related (at most one)

	name    string // column or relation as written
	field   fieldRef
	path    Path
	op      Op
	quant   quantifier
	operand operand

	// Set by binding.
	column   *Column
	relation *Relation

	order *orderCompare
}

type operandKind uint8

const (
	operandNone  operandKind = iota
	operandValue             // a Go value, or after binding a bound value
	operandText              // text to be read in the column's kind
	operandVar               // a variable of the scope
	operandList              // []any of values, or []string of texts
)

type operand struct {
	kind  operandKind
	value any
	name  string
	texts []string
}

// Var names a variable of the [Scope] as operand of a comparison, for example
// Compare("owner_id", OpEq, Var("principal.id")). A variable that is empty or
// cannot be read in the column's kind makes the comparison unknown, so it
// selects nothing, also under Not.
type Var string

// Text is an operand as text, read in the kind of the column it is compared
// with: what arrives in a URL. Text that cannot be read is a [ValueError].
type Text string

// Texts is a list of operands as text, for OpIn, [CompareAny] and [CompareAll].
type Texts []string

// True selects every row. As a rule it allows every row.
func True() Cond { return Cond{&node{kind: nodeTrue}} }

// False selects no row.
func False() Cond { return Cond{&node{kind: nodeFalse}} }

// Equal reports whether two conditions state the same in the same words.
func (c Cond) Equal(o Cond) bool { return reflect.DeepEqual(c.n, o.n) }

// IsZero reports whether the condition states nothing.
func (c Cond) IsZero() bool { return c.n == nil }

// always reports whether the condition selects every row.
func (c Cond) always() bool { return c.n != nil && c.n.kind == nodeTrue }

// Compare compares a column, by name, with an operand: a Go value of the
// column's type, a slice for OpIn, a [Var], a [Text] or [Texts]. Operators
// without an operand take nil.
func Compare(column string, op Op, value any) Cond {
	return Cond{&node{kind: nodeCompare, name: column, op: op, operand: operandOf(value)}}
}

// CompareAny selects the rows for which the comparison holds for at least one of the
// values, a slice or Texts. It is unknown if it holds for none and is unknown for one.
// An empty slice selects nothing; nil values are left out.
func CompareAny(column string, op Op, values any) Cond {
	return Cond{&node{kind: nodeCompare, name: column, op: op, quant: quantAny, operand: operandOf(values)}}
}

// CompareAll selects the rows for which the comparison holds for every value. An empty
// slice selects every row.
func CompareAll(column string, op Op, values any) Cond {
	return Cond{&node{kind: nodeCompare, name: column, op: op, quant: quantAll, operand: operandOf(values)}}
}

// At returns the condition with its comparisons applied at a path in the documents of a
// JSON column: Eq("meta", "x").At(path). Conditions on related rows are unchanged.
func (c Cond) At(path Path) Cond {
	if c.IsZero() || path.IsZero() {
		return c
	}
	return Cond{c.n.at(path)}
}

func (n *node) at(path Path) *node {
	if n.kind == nodeRelated {
		return n
	}
	moved := *n
	if n.kind == nodeCompare {
		moved.path, moved.column = path, nil
		return &moved
	}
	moved.kids = make([]*node, len(n.kids))
	for i, k := range n.kids {
		moved.kids[i] = k.at(path)
	}
	return &moved
}

// Eq is Compare with OpEq; a nil value is IS NULL.
func Eq(column string, value any) Cond {
	if value == nil {
		return Null(column)
	}
	return Compare(column, OpEq, value)
}

// Null selects the rows where the column is NULL.
func Null(column string) Cond { return Compare(column, OpIsNull, nil) }

// In selects the rows where the column equals one of the values, a slice or Texts. An
// empty slice selects nothing.
func In(column string, values any) Cond { return Compare(column, OpIn, values) }

// And selects the rows that all conditions select. Zero conditions are left
// out; And of nothing is the zero Cond.
func And(conds ...Cond) Cond { return group(nodeAnd, conds) }

// Or selects the rows that any condition selects. Zero conditions are left out;
// Or of nothing is the zero Cond.
func Or(conds ...Cond) Cond { return group(nodeOr, conds) }

// Not selects the rows for which the condition is false; where it is unknown,
// Not is unknown too. Not of the zero Cond is the zero Cond.
func Not(c Cond) Cond {
	if c.IsZero() {
		return c
	}
	return Cond{&node{kind: nodeNot, kids: []*node{c.n}}}
}

// Related selects the rows with at least one related row that fulfils c, see
// [Table.Relation]. The zero Cond only requires existence.
//
// In a rule the other table is read without its guard, so membership tables need not be
// exposed. In the filter of a scoped query the guard of the other table applies. The
// predicates for deleted rows and the tenant apply in both.
func Related(relation string, c Cond) Cond {
	n := &node{kind: nodeRelated, name: relation}
	if !c.IsZero() {
		n.kids = []*node{c.n}
	}
	return Cond{n}
}

func group(kind nodeKind, conds []Cond) Cond {
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
	kids := make([]*node, 0, n)
	for _, c := range conds {
		if !c.IsZero() {
			kids = append(kids, c.n)
		}
	}
	return Cond{&node{kind: kind, kids: kids}}
}

func operandOf(value any) operand {
	switch v := value.(type) {
	case nil:
		return operand{}
	case Var:
		return operand{kind: operandVar, name: string(v)}
	case Text:
		return operand{kind: operandText, texts: []string{string(v)}}
	case Texts:
		return operand{kind: operandList, texts: v}
	}
	return operand{kind: operandValue, value: value}
}
