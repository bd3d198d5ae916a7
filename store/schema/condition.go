package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Condition is a condition on the columns of one row: that of a check or of a partial
// index. Both engines give it the same truth for each row.
type Condition struct {
	Op ConditionOp

	// Terms are the conditions of And and Or.
	Terms []*Condition

	// Column is compared with Other, if it is set, else with Values.
	Column, Other *Column

	// Values are constants in the canonical text of the column's kind: those of In, or
	// one.
	Values []string
}

// ConditionOp is what a [Condition] does with its operands.
type ConditionOp string

// The operators of conditions.
const (
	And     ConditionOp = "and"
	Or      ConditionOp = "or"
	In      ConditionOp = "in"
	IsNull  ConditionOp = "is null"
	NotNull ConditionOp = "is not null"

	equal    ConditionOp = "="
	notEqual ConditionOp = "<>"
)

// Render writes the condition as SQL. column and constant write the operands.
func (c *Condition) Render(column func(*Column) string, constant func(*Column, string) string) string {
	switch c.Op {
	case And, Or:
		terms := make([]string, len(c.Terms))
		for i, t := range c.Terms {
			if terms[i] = t.Render(column, constant); t.Op == Or {
				terms[i] = "(" + terms[i] + ")"
			}
		}
		return strings.Join(terms, " "+string(c.Op)+" ")
	case IsNull, NotNull:
		return column(c.Column) + " " + string(c.Op)
	case In:
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			values[i] = constant(c.Column, v)
		}
		return column(c.Column) + " in (" + strings.Join(values, ", ") + ")"
	}
	if c.Other != nil {
		return column(c.Column) + " " + string(c.Op) + " " + column(c.Other)
	}
	return column(c.Column) + " " + string(c.Op) + " " + constant(c.Column, c.Values[0])
}

// String returns the condition as a tag can have it.
func (c *Condition) String() string {
	return c.Render(func(c *Column) string { return c.Name }, func(c *Column, text string) string {
		switch c.Kind {
		case driver.KindBool, driver.KindInt, driver.KindFloat, driver.KindDecimal:
			return text
		}
		return quoteText(text)
	})
}

// Same reports whether two conditions are written alike, except for the order of the values
// of In. Two nil conditions are the same.
func (c *Condition) Same(other *Condition) bool {
	if c == nil || other == nil {
		return c == other
	}
	return slices.EqualFunc(c.Terms, other.Terms, (*Condition).Same) && c.Op == other.Op &&
		sameColumn(c.Column, other.Column) && sameColumn(c.Other, other.Other) && sameValues(c.Values, other.Values)
}

func sameColumn(a, b *Column) bool { return a == b || a != nil && b != nil && a.Name == b.Name }

func sameValues(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Columns returns the columns of the condition in the order of the table.
func (c *Condition) Columns() []*Column {
	var set ColumnSet
	table := c.addColumns(&set)
	return slices.DeleteFunc(slices.Clone(table.Columns), func(c *Column) bool { return !set.Has(c) })
}

func (c *Condition) addColumns(set *ColumnSet) (t *Table) {
	for _, col := range []*Column{c.Column, c.Other} {
		if col != nil {
			set.Add(col)
			t = col.Table
		}
	}
	for _, term := range c.Terms {
		t = term.addColumns(set)
	}
	return t
}

// joined returns a condition of several terms without nesting one operator in itself.
func joined(op ConditionOp, terms []*Condition) *Condition {
	flat := make([]*Condition, 0, len(terms))
	for _, t := range terms {
		if t.Op == op {
			flat = append(flat, t.Terms...)
		} else {
			flat = append(flat, t)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return &Condition{Op: op, Terms: flat}
}

// AllOf returns the condition that all terms hold.
func AllOf(terms ...*Condition) *Condition { return joined(And, terms) }

// comparison checks that both engines compare the operands alike.
func comparison(op ConditionOp, left, right operand) (*Condition, error) {
	if left.column == nil && right.column != nil {
		left, right = right, left
		if flipped, ok := flip[op]; ok {
			op = flipped
		}
	}
	c := left.column
	switch {
	case c == nil:
		return nil, fmt.Errorf("a comparison needs a column")
	case c.Kind == driver.KindJSON || c.Kind == driver.KindBytes || c.Kind == driver.KindTextArray:
		return nil, fmt.Errorf("%s is %s, which can only be compared by is null and is not null", c.Name, c.Kind)
	case c.Kind == driver.KindBool && op != equal && op != notEqual:
		return nil, fmt.Errorf("%s is boolean, which can only be compared by = and <>", c.Name)
	case right.column != nil && right.column.Kind != c.Kind:
		return nil, fmt.Errorf("%s is %s and %s is %s", c.Name, c.Kind, right.column.Name, right.column.Kind)
	case right.column != nil:
		return &Condition{Op: op, Column: c, Other: right.column}, nil
	}
	text, err := constantOf(c, right)
	if err != nil {
		return nil, err
	}
	return &Condition{Op: op, Column: c, Values: []string{text}}, nil
}

// flip has what an operator becomes if its operands change places.
var flip = map[ConditionOp]ConditionOp{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// constantOf returns the canonical text of a constant that is compared with a column.
func constantOf(c *Column, o operand) (string, error) {
	if o.bare && c.Kind == driver.KindText {
		return "", fmt.Errorf("%s is text: put %s in single quotes", c.Name, o.text)
	}
	v, err := c.GoType.FromText(o.text)
	if err != nil || v == nil {
		return "", fmt.Errorf("%s is no %s for %s", quoteText(o.text), c.Kind, c.Name)
	}
	if text, ok := v.(string); ok {
		return text, nil
	}
	return strings.Trim(string(value.AppendValue(nil, c.Kind, v)), `"`), nil
}

// choice returns the condition that a column has one of some constants.
func choice(c *Column, values []string) *Condition {
	if len(values) == 1 {
		return &Condition{Op: equal, Column: c, Values: values}
	}
	return &Condition{Op: In, Column: c, Values: values}
}

// quoteText quotes a constant for SQL and for tags.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
