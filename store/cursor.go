package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
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
		if k.column.place != nil {
			text = append(text, k.column.place.path...)
		}
		if k.relation != nil {
			text = append(append(append(text, '('), k.relation.Source.Name...), '.')
			text = append(append(text, k.relation.Name...), ')')
		}
		text = append(text, byte(btoi(k.desc)), byte(btoi(k.first)), 0)
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
	if !hmac.Equal(raw[:macSize], c.appendMAC(nil, keys, raw[macSize:])) {
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
		value, err := keys[i].column.parseJSON(v.Raw())
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

// after writes the condition that a row follows a cursor.
func (b *builder) after(s source, cursor Cursor, keys []orderKey) error {
	values, err := b.cursors.open(keys, cursor)
	if err != nil {
		return err
	}
	b.write(" and ")
	n := uniform(keys)
	if n == 0 {
		return b.afterKey(s, keys, values)
	}
	if n == len(keys) {
		return b.compareTuple(s, keys, values, behind(keys[0]))
	}
	// The bound on the first keys is implied by the two conditions together, but
	// no engine makes of an "or" where an index begins: without it each page
	// would read all pages before it.
	if err := b.compareTuple(s, keys[:n], values[:n], behind(keys[0])+"="); err != nil {
		return err
	}
	b.write(" and (")
	if err := b.compareTuple(s, keys[:n], values[:n], "<>"); err != nil {
		return err
	}
	b.write(" or ")
	if err := b.afterKey(s, keys[n:], values[n:]); err != nil {
		return err
	}
	b.write(")")
	return nil
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

// compareTuple writes a comparison of the keys with the values.
func (c *conds) compareTuple(s source, keys []orderKey, values []any, operator string) error {
	c.write("(")
	for i, k := range keys {
		if i > 0 {
			c.write(", ")
		}
		if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.collate(k.column, true)
	}
	c.write(") ", operator, " (")
	for i, k := range keys {
		if i > 0 {
			c.write(", ")
		}
		c.dialect.position(&c.text, k.column.Kind, values[i])
	}
	c.write(")")
	return nil
}

// afterKey writes, for the first key and the rest: behind the value, or equal
// and the rest behind. NULL stands where the order puts it.
func (c *conds) afterKey(s source, keys []orderKey, values []any) error {
	k, v := keys[0], values[0]
	if v == nil {
		return c.afterNull(s, keys, values)
	}
	c.write("(")
	if err := c.compareKey(s, k, v, behind(k)); err != nil {
		return err
	}
	if k.nullable && !k.first {
		c.write(" or ")
		if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.write(" is null")
	}
	if len(keys) > 1 {
		c.write(" or (")
		if err := c.compareKey(s, k, v, "="); err != nil {
			return err
		}
		c.write(" and ")
		if err := c.afterKey(s, keys[1:], values[1:]); err != nil {
			return err
		}
		c.write(")")
	}
	c.write(")")
	return nil
}

func (c *conds) afterNull(s source, keys []orderKey, values []any) error {
	k := keys[0]
	c.write("(")
	if err := c.orderValue(s, k); err != nil {
		return err
	}
	if k.first {
		c.write(" is not null")
	} else {
		c.write(" is null and ", c.words.no)
	}
	if len(keys) > 1 {
		c.write(" or (")
		if err := c.orderValue(s, k); err != nil {
			return err
		}
		c.write(" is null and ")
		if err := c.afterKey(s, keys[1:], values[1:]); err != nil {
			return err
		}
		c.write(")")
	}
	c.write(")")
	return nil
}

// behind is the operator that selects values after the value of a key.
func behind(k orderKey) string {
	if k.desc {
		return "<"
	}
	return ">"
}

func (c *conds) compareKey(s source, k orderKey, v any, operator string) error {
	if err := c.orderValue(s, k); err != nil {
		return err
	}
	c.collate(k.column, true)
	c.write(" ", operator, " ")
	c.dialect.position(&c.text, k.column.Kind, v)
	return nil
}
