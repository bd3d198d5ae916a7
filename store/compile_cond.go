package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// trust says where a condition comes from.
type trust bool

const (
	trustedCond   trust = true  // a rule, or Go code
	untrustedCond trust = false // a filter in a scope
)

// errNotExposed marks a table the scope must not know of; callers turn it into
// the error for an unknown name.
var errNotExposed = errors.New("store: table is not exposed")

// cond writes a condition in parentheses or as one expression.
func (c *compiler) cond(s source, n *node, trusted trust) error {
	switch n.kind {
	case nodeTrue:
		c.write(c.trueLiteral())
	case nodeFalse:
		c.write(c.falseLiteral())
	case nodeAnd:
		return c.joined(s, n.kids, " and ", trusted)
	case nodeOr:
		return c.joined(s, n.kids, " or ", trusted)
	case nodeNot:
		c.write("not (")
		if err := c.cond(s, n.kids[0], trusted); err != nil {
			return err
		}
		c.write(")")
	case nodeCompare:
		return c.compare(s, n)
	case nodeRelated:
		return c.related(s, n, trusted)
	default:
		return fmt.Errorf("store: condition of kind %d cannot be compiled", n.kind)
	}
	return nil
}

func (c *compiler) joined(s source, kids []*node, word string, trusted trust) error {
	return c.balanced(len(kids), word, func(i int) error { return c.cond(s, kids[i], trusted) })
}

// lookup finds the column a node names. Under a guard, a column the scope may
// not read does not exist.
func (s source) lookup(name string) (*Column, error) {
	col := s.table.byName[name]
	if col == nil || s.guard != nil && !s.guard.Readable.Has(col) {
		return nil, &UnknownColumnError{Table: s.table.Name, Column: name}
	}
	return col, nil
}

func (s source) nodeColumn(n *node) (*Column, error) {
	if n.column != nil {
		return n.column, nil
	}
	if n.field.owner != nil {
		col, err := n.field.column(s.table)
		if err != nil {
			return nil, err
		}
		return s.lookup(col.Name)
	}
	return s.lookup(n.name)
}

var compareWords = [...]string{OpEq: " = ", OpNe: " <> ", OpLt: " < ", OpLte: " <= ", OpGt: " > ", OpGte: " >= "}

func (c *compiler) compare(s source, n *node) error {
	col, err := s.nodeColumn(n)
	if err != nil {
		return err
	}
	switch n.op {
	case OpIsNull, OpIsTrue, OpIsFalse:
		return c.is(s, col, n.op)
	case OpIn:
		return c.in(s, col, n)
	}
	v, known, err := c.value(col, n)
	if err != nil {
		return err
	}
	if !known {
		c.write(c.unknownLiteral())
		return nil
	}
	switch n.op {
	case OpLike, OpILike:
		return c.like(s, col, n.op, v)
	case OpMatch, OpIMatch:
		return c.match(s, col, n.op, v)
	}
	ordered := n.op != OpEq && n.op != OpNe
	if ordered && !col.Kind.Ordered() {
		return operatorError(col, "has no order")
	}
	c.comparable(s, col, ordered)
	c.write(compareWords[n.op])
	c.bindComparable(col.Kind, v)
	return nil
}

// comparable writes a column for a comparison, with the collation that both
// engines order by.
func (c *compiler) comparable(s source, col *Column, ordered bool) {
	c.column(s, col)
	c.collate(col, ordered)
	if c.pg && col.Kind == KindJSON {
		c.write("::text")
	}
}

// bindComparable writes a value to be compared with what comparable wrote.
// PostgreSQL takes the documents 1 and 1.0 for equal, so texts are compared.
func (c *compiler) bindComparable(k Kind, v any) {
	c.bind(k, v)
	if c.pg && k == KindJSON {
		c.write("::text")
	}
}

func (c *compiler) collate(col *Column, ordered bool) {
	switch {
	case c.pg && ordered && col.Kind == KindText:
		c.write(` collate "C"`)
	case !c.pg && col.Kind == KindDecimal:
		c.write(" collate pl_decimal")
	}
}

func (c *compiler) is(s source, col *Column, op Op) error {
	if op != OpIsNull && col.Kind != KindBool {
		return operatorError(col, "is no boolean")
	}
	c.column(s, col)
	switch op {
	case OpIsNull:
		c.write(" is null")
	case OpIsTrue:
		c.write(" is true")
	default:
		c.write(" is false")
	}
	return nil
}

func (c *compiler) in(s source, col *Column, n *node) error {
	list, count, known, err := c.list(col, n)
	if err != nil {
		return err
	}
	if !known {
		c.write(c.unknownLiteral())
		return nil
	}
	if count == 0 {
		c.write(c.falseLiteral())
		return nil
	}
	if !listable(col.Kind) {
		return c.inEach(s, col, list)
	}
	c.comparable(s, col, false)
	if c.pg {
		c.write(" = ")
	} else {
		c.write(" in ")
	}
	c.bindList(col.Kind, list)
	return nil
}

// inEach compares with one value after the other.
func (c *compiler) inEach(s source, col *Column, list any) error {
	values := listValues(list)
	return c.balanced(len(values), " or ", func(i int) error {
		c.comparable(s, col, false)
		c.write(" = ")
		c.bindComparable(col.Kind, values[i])
		return nil
	})
}

func (c *compiler) like(s source, col *Column, op Op, v any) error {
	pattern, ok := v.(string)
	if !ok || col.Kind != KindText {
		return operatorError(col, "is no text")
	}
	if err := checkText(pattern); err != nil {
		return col.valueError(err, "")
	}
	if err := checkPattern(op, pattern); err != nil {
		return &ValueError{Column: col.Name, Code: "22025", Reason: err.Error()}
	}
	if op == OpILike {
		pattern = foldText(pattern)
	}
	if !c.pg && !sqliteLikes(pattern) {
		c.write("pl_regexp(")
		c.bind(KindText, likeRegexp(pattern))
		c.write(", ")
		c.likeColumn(s, col, op)
		c.write(")")
		return nil
	}
	c.likeColumn(s, col, op)
	c.write(" like ")
	c.bind(KindText, pattern)
	if !c.pg {
		c.write(` escape '\'`)
	}
	return nil
}

// likeColumn writes the column of a pattern.
func (c *compiler) likeColumn(s source, col *Column, op Op) {
	if op == OpILike {
		c.folded(s, col)
		return
	}
	c.column(s, col)
}

// folded writes a text column in lower case, folded as foldText does.
func (c *compiler) folded(s source, col *Column) {
	if c.pg {
		c.write("lower(")
		c.column(s, col)
		c.write(" collate ", c.dialect.FoldCollation, `)`)
		return
	}
	c.write("pl_lower(")
	c.column(s, col)
	c.write(")")
}

func (c *compiler) match(s source, col *Column, op Op, v any) error {
	pattern, ok := v.(string)
	if !ok || col.Kind != KindText {
		return operatorError(col, "is no text")
	}
	if err := checkText(pattern); err != nil {
		return col.valueError(err, "")
	}
	if err := checkPattern(op, pattern); err != nil {
		return &ValueError{Column: col.Name, Code: "2201B", Reason: err.Error()}
	}
	write := func() { c.column(s, col) }
	if op == OpIMatch {
		pattern = foldText(pattern)
		write = func() { c.folded(s, col) }
	}
	if c.pg {
		write()
		c.write(` collate "C" ~ `)
		c.bind(KindText, pattern)
		return nil
	}
	c.write("pl_regexp(")
	c.bind(KindText, dotAll+pattern) // on PostgreSQL a dot takes a newline
	c.write(", ")
	write()
	c.write(")")
	return nil
}

// foldText folds letters rune by rune, which is what lower() of both engines
// does.
func foldText(s string) string { return strings.Map(unicode.ToLower, s) }

// checkPattern reports why the pattern of an operator cannot be used.
func checkPattern(op Op, pattern string) error {
	if op == OpMatch || op == OpIMatch {
		return checkRegexp(pattern)
	}
	if !validPattern(pattern) {
		return errors.New("the pattern ends with an escape character")
	}
	return nil
}

// validPattern reports whether a LIKE pattern does not end in the middle of an
// escape.
func validPattern(p string) bool {
	trailing := 0
	for i := len(p) - 1; i >= 0 && p[i] == '\\'; i-- {
		trailing++
	}
	return trailing%2 == 0
}

func operatorError(col *Column, why string) error {
	return &ValueError{Column: col.Name, Code: "42804", Reason: fmt.Sprintf("the operator does not fit: the column %s", why)}
}

// value returns the operand of a comparison as bound value. known is false for
// a variable without a usable value.
func (c *compiler) value(col *Column, n *node) (v any, known bool, err error) {
	switch n.operand.kind {
	case operandText:
		if isPatternOp(n.op) {
			return n.operand.texts[0], true, nil
		}
		v, err = col.parseText(n.operand.texts[0])
		return v, true, err
	case operandVar:
		text, ok := c.scope.variable(n.operand.name)
		if !ok || isPatternOp(n.op) && checkPattern(n.op, text) != nil {
			return nil, false, nil
		}
		v, err = col.parseText(text)
		return v, err == nil, nil
	case operandValue:
		if n.column != nil || isPatternOp(n.op) {
			return n.operand.value, true, nil
		}
		v, err = col.parseValue(n.operand.value)
		return v, v != nil, err
	}
	return nil, false, &QueryError{Code: "PGRST100", Reason: fmt.Sprintf("the comparison of %s has no operand", col.Name)}
}

func isPatternOp(op Op) bool {
	return op == OpLike || op == OpILike || op == OpMatch || op == OpIMatch
}

// list returns the operand of OpIn as one typed slice and its length. known is
// false for a variable without a usable value.
func (c *compiler) list(col *Column, n *node) (list any, count int, known bool, err error) {
	switch n.operand.kind {
	case operandList:
		list, count, err = col.parseTexts(n.operand.texts)
		return list, count, true, err
	case operandValue:
		list, err = col.parseList(n.operand.value)
		return list, len(listValues(list)), true, err
	case operandVar:
		text, ok := c.scope.variable(n.operand.name)
		if !ok {
			return nil, 0, false, nil
		}
		list, count, err = col.parseTexts(strings.Split(text, listSeparator))
		return list, count, err == nil, nil
	}
	return nil, 0, false, &QueryError{Code: "PGRST100", Reason: fmt.Sprintf("in needs a list for %s", col.Name)}
}

// listSeparator separates the values of a variable that holds a list; it cannot
// stand in text that comes from a token or a client.
const listSeparator = "\x00"
