package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqltokens"
)

// ParseCondition reads a condition in the language of tags, which is a part of SQL:
// comparisons of a column with a constant or another column by =, <>, <, <=, > and >=, in,
// is null, is not null, and, or and parentheses. It also reads what the engines make of
// such conditions in their catalogs. Anything else is an error.
func ParseCondition(t *Table, text string) (*Condition, error) {
	tokens, err := sqltokens.Scan(text)
	if err != nil {
		return nil, err
	}
	p := &conditionParser{table: t, tokens: tokens}
	c, err := p.condition(sqlOr)
	if err == nil && p.at < len(p.tokens) {
		err = fmt.Errorf("unexpected %q", p.peek().Text)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// conditionParser reads tokens by recursive descent.
type conditionParser struct {
	table  *Table
	tokens []sqltokens.Token
	at     int
	depth  int
}

// operand is one side of a comparison, or a condition in parentheses.
type operand struct {
	column    *Column
	text      string
	bare      bool // a constant without quotes
	list      []operand
	condition *Condition
}

// maxConditionDepth bounds nested parentheses.
const maxConditionDepth = 32

const (
	sqlOr  = "or"
	sqlAnd = "and"
)

func (p *conditionParser) peek() sqltokens.Token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return sqltokens.Token{}
}

// take skips the next token if it is the keyword or symbol.
func (p *conditionParser) take(text string) bool {
	if !p.peek().Is(text) {
		return false
	}
	p.at++
	return true
}

func (p *conditionParser) want(text string) error {
	if p.take(text) {
		return nil
	}
	return fmt.Errorf("want %q before %q", text, p.peek().Text)
}

// condition reads terms that are joined by or, or by and, which binds stronger.
func (p *conditionParser) condition(joiner string) (*Condition, error) {
	o, err := p.terms(joiner)
	if err != nil {
		return nil, err
	}
	return o.truth()
}

func (p *conditionParser) terms(joiner string) (operand, error) {
	next := p.predicate
	if joiner == sqlOr {
		next = func() (operand, error) { return p.terms(sqlAnd) }
	}
	first, err := next()
	if err != nil || !p.peek().Is(joiner) {
		return first, err // perhaps a value in parentheses
	}
	c, err := first.truth()
	terms := []*Condition{c}
	for err == nil && p.take(joiner) {
		var o operand
		if o, err = next(); err == nil {
			c, err = o.truth()
			terms = append(terms, c)
		}
	}
	if err != nil {
		return operand{}, err
	}
	return operand{condition: joined(ConditionOp(joiner), terms)}, nil
}

// truth returns the operand as a condition. A boolean column alone is true.
func (o operand) truth() (*Condition, error) {
	switch {
	case o.condition != nil:
		return o.condition, nil
	case o.column != nil && o.column.Kind == driver.KindBool:
		return &Condition{Op: equal, Column: o.column, Values: []string{"true"}}, nil
	case o.column != nil:
		return nil, fmt.Errorf("%s is compared with nothing", o.column.Name)
	}
	return nil, fmt.Errorf("%q is no condition", o.text)
}

// predicate reads a comparison, or an operand alone.
func (p *conditionParser) predicate() (operand, error) {
	if p.take("not") {
		o, err := p.operand()
		if err == nil && (o.column == nil || o.column.Kind != driver.KindBool) {
			err = fmt.Errorf("not needs a boolean column")
		}
		return operand{condition: &Condition{Op: equal, Column: o.column, Values: []string{"false"}}}, err
	}
	left, err := p.operand()
	if err != nil {
		return operand{}, err
	}
	var c *Condition
	switch next := p.peek(); {
	case left.condition != nil && p.take("is"):
		if err = p.want("not"); err == nil { // what a check means
			err = p.want("false")
		}
		c = left.condition
	case p.take("is"):
		op := IsNull
		if p.take("not") {
			op = NotNull
		}
		if err = p.want("null"); err == nil && left.column == nil {
			err = fmt.Errorf("is null needs a column")
		}
		c = &Condition{Op: op, Column: left.column}
	case p.take("in"):
		c, err = p.in(left)
	case next.Kind == sqltokens.Symbol && slices.Contains(comparisons, next.Text):
		p.at++
		c, err = p.comparison(left, ConditionOp(strings.Replace(next.Text, "!=", "<>", 1)))
	default:
		return left, nil
	}
	return operand{condition: c}, err
}

var comparisons = []string{"=", "<>", "!=", "<", "<=", ">", ">="}

func (p *conditionParser) comparison(left operand, op ConditionOp) (*Condition, error) {
	if op == equal && p.take("any") {
		return p.in(left)
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	if left.condition != nil || right.condition != nil || right.list != nil {
		return nil, fmt.Errorf("%s compares columns and constants only", op)
	}
	return comparison(op, left, right)
}

// in reads the constants of in, or of PostgreSQL's "= any (array[...])".
func (p *conditionParser) in(left operand) (*Condition, error) {
	if left.column == nil {
		return nil, fmt.Errorf("in needs a column")
	}
	list, err := p.parentheses()
	if err != nil {
		return nil, err
	}
	if list.list == nil {
		list.list = []operand{list}
	}
	values := make([]string, 0, len(list.list))
	for _, o := range list.list {
		c, err := comparison(equal, left, o)
		if err != nil {
			return nil, err
		}
		if c.Other != nil {
			return nil, fmt.Errorf("in takes constants")
		}
		if !slices.Contains(values, c.Values[0]) {
			values = append(values, c.Values[0])
		}
	}
	return choice(left.column, values), nil
}

// parentheses reads a list, or one condition or operand.
func (p *conditionParser) parentheses() (operand, error) {
	if err := p.want("("); err != nil {
		return operand{}, err
	}
	if p.depth++; p.depth > maxConditionDepth {
		return operand{}, fmt.Errorf("more than %d levels of parentheses", maxConditionDepth)
	}
	defer func() { p.depth-- }()
	return p.listUntil(")")
}

func (p *conditionParser) listUntil(end string) (operand, error) {
	var list []operand
	for {
		o, err := p.terms(sqlOr)
		if err != nil {
			return operand{}, err
		}
		list = append(list, o)
		if !p.take(",") {
			break
		}
	}
	if err := p.want(end); err != nil {
		return operand{}, err
	}
	if len(list) == 1 && end == ")" {
		return list[0], nil
	}
	return operand{list: list}, nil
}

// operand reads a column, a constant, or what is in parentheses, without the casts and
// collations behind it: constants have the kind of the column.
func (p *conditionParser) operand() (o operand, err error) {
	switch next := p.peek(); {
	case next.Is("("):
		o, err = p.parentheses()
	case p.take("array"):
		if err = p.want("["); err == nil {
			o, err = p.listUntil("]")
		}
	default:
		p.at++
		o, err = p.simple(next)
	}
	for err == nil && (p.peek().Is("::") || p.peek().Is("collate")) {
		err = p.suffix()
	}
	return o, err
}

func (p *conditionParser) simple(t sqltokens.Token) (operand, error) {
	switch {
	case t.Kind == sqltokens.Text:
		return operand{text: t.Text}, nil
	case t.Kind == sqltokens.Number:
		return operand{text: t.Text, bare: true}, nil
	case t.Is("-") || t.Is("+"):
		number := p.peek()
		p.at++
		if number.Kind != sqltokens.Number {
			return operand{}, fmt.Errorf("want a number behind %s", t.Text)
		}
		return operand{text: strings.TrimPrefix(t.Text, "+") + number.Text, bare: true}, nil
	case t.Is("true") || t.Is("false"):
		return operand{text: strings.ToLower(t.Text), bare: true}, nil
	case t.Kind == sqltokens.Word && slices.Contains(reserved, strings.ToLower(t.Text)), t.Kind == sqltokens.Symbol, t.Kind == 0:
		if t.Kind == 0 {
			return operand{}, fmt.Errorf("the condition ends too early")
		}
		return operand{}, fmt.Errorf("unexpected %q", t.Text)
	}
	c := p.table.byName[t.Text]
	if c == nil {
		return operand{}, fmt.Errorf("there is no column %q", t.Text)
	}
	return operand{column: c}, nil
}

var reserved = []string{"and", "or", "not", "is", "null", "in", "any", "array", "collate"}

// typeWords are the words of the types with names of more than one.
var typeWords = []string{"precision", "varying", "with", "without", "time", "zone"}

// suffix skips a cast or a collation.
func (p *conditionParser) suffix() error {
	cast := p.take("::")
	if !cast {
		p.at++
	}
	if k := p.peek().Kind; k != sqltokens.Word && k != sqltokens.Name {
		return fmt.Errorf("want a name before %q", p.peek().Text)
	}
	p.at++
	for cast && slices.ContainsFunc(typeWords, p.take) {
		continue
	}
	if cast && p.take("(") { // a length
		for !p.take(")") {
			if p.at++; p.at > len(p.tokens) {
				return fmt.Errorf("a parenthesis has no end")
			}
		}
	}
	for cast && p.take("[") {
		if err := p.want("]"); err != nil {
			return err
		}
	}
	return nil
}
