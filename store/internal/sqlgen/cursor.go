package sqlgen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// macSize is the number of bytes of the authentication code in a cursor.
const macSize = 16

// CursorKey authenticates cursors with HMAC-SHA-256. It is safe for concurrent use.
type CursorKey struct{ Secret []byte }

// appendMAC appends the code that authenticates the values together with the
// order they belong to.
func (c *CursorKey) appendMAC(dst []byte, keys []query.OrderKey, values []byte) []byte {
	text := make([]byte, 0, 256)
	for _, k := range keys {
		text = append(append(append(text, k.Column.Table.Name...), '.'), k.Column.Name...)
		if k.Column.Place != nil {
			text = append(text, k.Column.Place.Path...)
		}
		if k.Relation != nil {
			text = append(append(append(text, '('), k.Relation.Source.Name...), '.')
			text = append(append(text, k.Relation.Name...), ')')
		}
		text = append(text, byte(value.Bit(k.Desc)), byte(value.Bit(k.First)), 0)
	}
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write(text)
	mac.Write(values)
	return append(dst, mac.Sum(text[:0])[:macSize]...)
}

// Make makes the cursor behind a row from the JSON array of its keys.
func (c *CursorKey) Make(keys []query.OrderKey, values []byte) query.Cursor {
	raw := make([]byte, 0, macSize+len(values))
	return query.Cursor(base64.RawURLEncoding.EncodeToString(append(c.appendMAC(raw, keys, values), values...)))
}

// open checks a cursor and returns the values of its keys.
func (c *CursorKey) open(keys []query.OrderKey, cursor query.Cursor) ([]any, error) {
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
		value, err := keys[i].Column.ParseJSON(v.Raw())
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

// Seal returns a text that [CursorKey.Open] accepts for the same purpose.
func (c *CursorKey) Seal(purpose string, raw []byte) string {
	sealed := append(c.purposeMAC(purpose, raw), raw...)
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Open returns what was sealed.
func (c *CursorKey) Open(purpose, text string) (raw []byte, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) < macSize {
		return nil, false
	}
	raw = sealed[macSize:]
	return raw, hmac.Equal(sealed[:macSize], c.purposeMAC(purpose, raw))
}

// purposeMAC is the code of a text. The first byte is that of no column's name, so it is
// never the code of a cursor of rows.
func (c *CursorKey) purposeMAC(purpose string, raw []byte) []byte {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte{0xff})
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(raw)
	return mac.Sum(nil)[:macSize]
}

// after returns the conditions that a row follows a position in an order. All have to hold.
func after(keys []query.OrderKey, values []any) (bound, rest query.Cond) {
	n := uniform(keys)
	switch n {
	case 0:
		return afterKey(keys, values), query.Cond{}
	case len(keys):
		return query.CompareOrder(keys, values, behind(keys[0]), true), query.Cond{}
	}
	// The bound on the first keys is implied by the two conditions together, but
	// no engine makes of an "or" where an index begins: without it each page
	// would read all pages before it.
	from := query.OpGte
	if keys[0].Desc {
		from = query.OpLte
	}
	bound = query.CompareOrder(keys[:n], values[:n], from, true)
	return bound, query.Or(query.CompareOrder(keys[:n], values[:n], query.OpNeq, true), afterKey(keys[n:], values[n:]))
}

// uniform returns how many of the first keys can be compared as one row value,
// which an index serves: not null, and all in one direction.
func uniform(keys []query.OrderKey) int {
	for i, k := range keys {
		if k.Nullable || k.Desc != keys[0].Desc {
			return i
		}
	}
	return len(keys)
}

// afterKey returns, for the first key and the rest: behind the value, or equal
// and the rest behind. NULL stands where the order puts it.
func afterKey(keys []query.OrderKey, values []any) query.Cond {
	k, first := keys[0], keys[:1]
	same := query.CompareOrder(first, values[:1], query.OpEq, false)
	var behindRest query.Cond
	if len(keys) > 1 {
		behindRest = query.And(same, afterKey(keys[1:], values[1:]))
	}
	null := []any{nil}
	switch {
	case values[0] == nil && k.First:
		return anyOf(query.CompareOrder(first, null, query.OpNeq, false), behindRest)
	case values[0] == nil:
		return anyOf(behindRest)
	case k.Nullable && !k.First:
		return anyOf(query.CompareOrder(first, values[:1], behind(k), false), query.CompareOrder(first, null, query.OpEq, false), behindRest)
	}
	return anyOf(query.CompareOrder(first, values[:1], behind(k), false), behindRest)
}

// anyOf is Or with parentheses around a single condition too, and False without one.
func anyOf(conds ...query.Cond) query.Cond {
	kids := make([]*query.Node, 0, len(conds))
	for _, c := range conds {
		if !c.IsZero() {
			kids = append(kids, c.Node())
		}
	}
	if len(kids) == 0 {
		return query.False()
	}
	return query.CondOf(&query.Node{Kind: query.NodeOr, Kids: kids})
}

// behind is the operator that selects values after the value of a key.
func behind(k query.OrderKey) query.Op {
	if k.Desc {
		return query.OpLt
	}
	return query.OpGt
}

// compareOrder writes a comparison of order keys with the values of a cursor.
func (c *CondWriter) compareOrder(s Source, o *query.OrderCompare) error {
	if !o.Row {
		return c.compareOrderKey(s, o.Keys[0], o.Op, o.Values[0])
	}
	c.Write("(")
	for i, k := range o.Keys {
		if i > 0 {
			c.Write(", ")
		}
		if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.collate(k.Column, true)
	}
	c.Write(")", compareWords[o.Op], "(")
	for i, k := range o.Keys {
		if i > 0 {
			c.Write(", ")
		}
		c.Dialect.position(&c.Writer, k.Column.Kind, o.Values[i])
	}
	c.Write(")")
	return nil
}

func (c *CondWriter) compareOrderKey(s Source, k query.OrderKey, op query.Op, v any) error {
	if err := c.orderValue(s, k); err != nil {
		return err
	}
	switch {
	case v != nil:
		c.collate(k.Column, true)
		c.Write(compareWords[op])
		c.Dialect.position(&c.Writer, k.Column.Kind, v)
	case op == query.OpEq:
		c.Write(" is null")
	default:
		c.Write(" is not null")
	}
	return nil
}

var errCursor = &fault.QueryError{Kind: fault.QueryBadCursor, Reason: "the cursor is not valid for this query; start again without it"}
