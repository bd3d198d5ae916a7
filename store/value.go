package store

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Bound values are what statements carry: for each kind the Go type that
// package driver describes, in canonical form, or nil. The methods of Column
// here make them of what comes in; nothing else does.

// parseText reads an operand as text, from a URL or a variable of the scope.
func (c *Column) parseText(s string) (any, error) {
	v, err := c.goType.fromText(s)
	if err != nil {
		return nil, c.valueError(err, s)
	}
	return v, nil
}

// parseJSON reads a value of a body, which strictjson has accepted. Null is
// nil, also where the column is not nullable: the write path reports that.
func (c *Column) parseJSON(raw []byte) (any, error) {
	v, err := c.goType.fromJSON(bytes.TrimSpace(raw))
	if err != nil {
		text, errText := unquoteJSON(raw)
		if errText != nil {
			text = string(raw)
		}
		return nil, c.valueError(err, text)
	}
	return v, nil
}

// parseValue reads an operand of Go code: the field's own type, a pointer to
// it, a plain type of the kind, or text where the kind is kept as text. A nil
// pointer is nil.
func (c *Column) parseValue(v any) (any, error) {
	x, err := c.goType.fromGo(v)
	if err != nil {
		return nil, c.valueError(err, "")
	}
	return x, nil
}

// parseSet reads a value that Go code writes. It is parseValue, but the zero of a
// nullzero field is NULL, and so is the document null where NULL can be, as when a
// whole struct is written.
func (c *Column) parseSet(v any) (any, error) {
	x, err := c.parseValue(v)
	if err == nil && c.Kind == KindJSON && c.Nullable && isNullDocument(x) {
		return nil, nil
	}
	if err == nil && x != nil && c.goType.nullZero && compareValues(c.Kind, x, c.goType.zero) == 0 {
		return nil, nil
	}
	return x, err
}

// zeroValue returns the bound value of an absent column that is not nullable.
func (c *Column) zeroValue() any { return c.goType.zero }

// zeroValue returns the bound zero of a kind.
func zeroValue(k Kind) any {
	switch k {
	case KindText:
		return ""
	case KindBool:
		return false
	case KindInt:
		return int64(0)
	case KindFloat:
		return float64(0)
	case KindDecimal:
		return "0"
	case KindTimestamp:
		return time.Time{}
	case KindDate:
		return "0001-01-01"
	case KindUUID:
		return "00000000-0000-0000-0000-000000000000"
	case KindBytes:
		return []byte{}
	case KindJSON:
		return "null"
	case KindTextArray:
		return []string{}
	}
	return nil
}

// appendValue appends a bound value as canonical JSON, nil as null.
func appendValue(dst []byte, k Kind, v any) []byte {
	switch v := v.(type) {
	case string:
		if k == KindDecimal || k == KindJSON {
			return append(dst, v...)
		}
		return strictjson.AppendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return canon.AppendFloat(dst, v)
	case time.Time:
		return append(canon.AppendTimestamp(append(dst, '"'), v), '"')
	case []byte:
		return canon.AppendBytesJSON(dst, v)
	case []string:
		dst = append(dst, '[')
		for i, s := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strictjson.AppendString(dst, s)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

// compareValues compares two bound values of a kind, neither nil, in the order
// of both engines: -1, 0 or +1. JSON documents and text arrays have no order on
// the engines; for them only 0 has a meaning.
func compareValues(k Kind, a, b any) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		if k == KindDecimal {
			return canon.CompareDecimal(a, b)
		}
		return strings.Compare(a, b)
	case bool:
		b, _ := b.(bool)
		switch {
		case a == b:
			return 0
		case b:
			return -1
		}
		return 1
	case int64:
		b, _ := b.(int64)
		return cmp.Compare(a, b)
	case float64:
		b, _ := b.(float64)
		return cmp.Compare(a, b)
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case []byte:
		b, _ := b.([]byte)
		return bytes.Compare(a, b)
	case []string:
		b, _ := b.([]string)
		return slices.Compare(a, b)
	}
	return 0
}

// canonicalJSON returns the canonical form of a document of the application or of a
// body. The growth of its numbers was limited when the body was read.
func canonicalJSON(raw []byte) (string, error) {
	return canonicalWithin(raw, strictjson.Limits{LastWins: true, Growth: -1})
}

// canonicalText is canonicalJSON for a document in a separate text.
func canonicalText(text string) (string, error) {
	return canonicalWithin([]byte(text), strictjson.Limits{LastWins: true})
}

func canonicalWithin(raw []byte, lim strictjson.Limits) (string, error) {
	b, err := strictjson.Canonical(nil, raw, lim)
	if err != nil {
		return "", err
	}
	return string(b), nil
}
