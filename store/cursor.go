package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// macSize is the number of bytes of the authentication code in a cursor.
const macSize = 16

// cursorKey authenticates cursors with HMAC-SHA-256. It is safe for concurrent use.
type cursorKey struct{ secret []byte }

// appendMAC appends the code that authenticates the values together with the
// order they belong to.
func (c *cursorKey) appendMAC(dst []byte, keys []orderKey, values []byte) []byte {
	text := make([]byte, 0, 256)
	for _, k := range keys {
		text = append(append(append(text, k.column.Table.Name...), '.'), k.column.Name...)
		if k.column.Place != nil {
			text = append(text, k.column.Place.Path...)
		}
		if k.relation != nil {
			text = append(append(append(text, '('), k.relation.Source.Name...), '.')
			text = append(append(text, k.relation.Name...), ')')
		}
		text = append(text, byte(value.Bit(k.desc)), byte(value.Bit(k.first)), 0)
	}
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(text)
	mac.Write(values)
	return append(dst, mac.Sum(text[:0])[:macSize]...)
}

// make makes the cursor behind a row from the JSON array of its keys.
func (c *cursorKey) make(keys []orderKey, values []byte) Cursor {
	raw := make([]byte, 0, macSize+len(values))
	return Cursor(base64.RawURLEncoding.EncodeToString(append(c.appendMAC(raw, keys, values), values...)))
}

// open checks a cursor and returns the values of its keys.
func (c *cursorKey) open(keys []orderKey, cursor Cursor) ([]any, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(cursor))
	if err != nil || len(raw) < macSize {
		return nil, errCursor
	}
	var mac [macSize]byte
	if !hmac.Equal(raw[:macSize], c.appendMAC(mac[:0], keys, raw[macSize:])) {
		return nil, errCursor
	}
	doc, err := strictjson.Parse(raw[macSize:], strictjson.Limits{})
	if err != nil {
		return nil, errCursor
	}
	values := make([]any, 0, len(keys))
	for i, v := range doc.Elements() {
		if i >= len(keys) {
			return nil, errCursor
		}
		value, err := keys[i].column.ParseJSON(v.Raw())
		if err != nil {
			return nil, errCursor
		}
		values = append(values, value)
	}
	if len(values) != len(keys) {
		return nil, errCursor
	}
	return values, nil
}

// after returns the conditions that a row follows a position in an order. All have to hold.
func after(keys []orderKey, values []any) (bound, rest Cond) {
	n := uniform(keys)
	switch n {
	case 0:
		return afterKey(keys, values), Cond{}
	case len(keys):
		return compareOrder(keys, values, behind(keys[0]), true), Cond{}
	}
	// The bound on the first keys is implied by the two conditions together, but
	// no engine makes of an "or" where an index begins: without it each page
	// would read all pages before it.
	from := OpGte
	if keys[0].desc {
		from = OpLte
	}
	bound = compareOrder(keys[:n], values[:n], from, true)
	return bound, Or(compareOrder(keys[:n], values[:n], OpNeq, true), afterKey(keys[n:], values[n:]))
}

// uniform returns how many of the first keys can be compared as one row value,
// which an index serves: not null, and all in one direction.
func uniform(keys []orderKey) int {
	for i, k := range keys {
		if k.nullable || k.desc != keys[0].desc {
			return i
		}
	}
	return len(keys)
}

// afterKey returns, for the first key and the rest: behind the value, or equal
// and the rest behind. NULL stands where the order puts it.
func afterKey(keys []orderKey, values []any) Cond {
	k, first := keys[0], keys[:1]
	same := compareOrder(first, values[:1], OpEq, false)
	var behindRest Cond
	if len(keys) > 1 {
		behindRest = And(same, afterKey(keys[1:], values[1:]))
	}
	null := []any{nil}
	switch {
	case values[0] == nil && k.first:
		return anyOf(compareOrder(first, null, OpNeq, false), behindRest)
	case values[0] == nil:
		return anyOf(behindRest)
	case k.nullable && !k.first:
		return anyOf(compareOrder(first, values[:1], behind(k), false), compareOrder(first, null, OpEq, false), behindRest)
	}
	return anyOf(compareOrder(first, values[:1], behind(k), false), behindRest)
}

// anyOf is Or with parentheses around a single condition too, and False without one.
func anyOf(conds ...Cond) Cond {
	kids := make([]*node, 0, len(conds))
	for _, c := range conds {
		if !c.IsZero() {
			kids = append(kids, c.n)
		}
	}
	if len(kids) == 0 {
		return False()
	}
	return Cond{&node{kind: nodeOr, kids: kids}}
}

// behind is the operator that selects values after the value of a key.
func behind(k orderKey) Op {
	if k.desc {
		return OpLt
	}
	return OpGt
}

// compareOrder writes an [orderCompare].
func (c *conds) compareOrder(s source, o *orderCompare) error {
	if !o.row {
		return c.compareOrderKey(s, o.keys[0], o.op, o.values[0])
	}
	c.write("(")
	for i, k := range o.keys {
		if i > 0 {
			c.write(", ")
		}
		if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.collate(k.column, true)
	}
	c.write(")", compareWords[o.op], "(")
	for i, k := range o.keys {
		if i > 0 {
			c.write(", ")
		}
		c.dialect.position(&c.text, k.column.Kind, o.values[i])
	}
	c.write(")")
	return nil
}

func (c *conds) compareOrderKey(s source, k orderKey, op Op, v any) error {
	if err := c.orderValue(s, k); err != nil {
		return err
	}
	switch {
	case v != nil:
		c.collate(k.column, true)
		c.write(compareWords[op])
		c.dialect.position(&c.text, k.column.Kind, v)
	case op == OpEq:
		c.write(" is null")
	default:
		c.write(" is not null")
	}
	return nil
}
