package sqlgen

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Constants of rules stand in the text of a statement, which all requests of a policy share.
// PostgreSQL keeps one plan for them that knows the values, so that it estimates the rows and
// uses partial indexes. A value of the request is always an argument.

// maxConstant is the length of a text up to which it is a constant, and maxConstants the
// length of a list.
const (
	maxConstant  = 64
	maxConstants = 16
)

// constant reports whether the operand of a comparison is the same for all requests: a bound
// value in a rule. Those of hidden columns stay arguments, because statements are logged and
// explained.
func (c *CondWriter) constant(n *query.Node) bool {
	return c.inRule && n.Column != nil && n.Operand.Kind == query.OperandValue && n.Column.Mode < schema.Hidden
}

// writeConstant writes a value of a kind as a literal, and reports false if it has none that
// needs no quoting.
func (t *Writer) writeConstant(k driver.Kind, v any) bool {
	switch v := v.(type) {
	case bool:
		t.Truth(v)
		return true
	case int64:
		if v == math.MinInt64 {
			return false // its digits alone are no integer
		}
		t.SQL = strconv.AppendInt(t.SQL, v, 10)
		t.Write(t.Syntax.casts[k])
		return true
	case string:
		if !isConstant(k, v) {
			return false
		}
		t.Write("'", v, "'", t.Syntax.casts[k])
		return true
	}
	return false
}

// writeConstants writes the test that the preceding expression is one of a list of constants.
// It writes nothing and reports false unless all of them have literals.
func (t *Writer) writeConstants(k driver.Kind, list any) bool {
	switch list := list.(type) {
	case []int64:
		if len(list) > maxConstants || slices.Contains(list, math.MinInt64) {
			return false
		}
		for i, v := range list {
			t.nextOf(i)
			t.writeConstant(k, v)
		}
	case []string:
		if len(list) > maxConstants || slices.ContainsFunc(list, func(v string) bool { return !isConstant(k, v) }) {
			return false
		}
		for i, v := range list {
			t.nextOf(i)
			t.writeConstant(k, v)
		}
	default:
		return false
	}
	t.Write(")")
	return true
}

func (t *Writer) nextOf(i int) {
	if i == 0 {
		t.Write(" in (")
	} else {
		t.Write(", ")
	}
}

// isConstant reports whether a value kept as text can stand between quotation marks as it is:
// no engine and no setting reads one of its characters otherwise.
func isConstant(k driver.Kind, v string) bool {
	switch k {
	case driver.KindText, driver.KindUUID, driver.KindDate, driver.KindDecimal:
		return len(v) <= maxConstant && strings.IndexFunc(v, notConstant) < 0
	}
	return false
}

func notConstant(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.:@/ ", r)
}
