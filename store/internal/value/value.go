// Package value holds the forms of column values: what a Go type, a JSON text and a text
// are as bound value of a kind, and back.
package value

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Bound values are what statements carry: for each kind the Go type that
// package driver describes, in canonical form, or nil.

// ZeroValue returns the bound zero of a kind.
func ZeroValue(k driver.Kind) any {
	switch k {
	case driver.KindText:
		return ""
	case driver.KindBool:
		return false
	case driver.KindInt:
		return int64(0)
	case driver.KindFloat:
		return float64(0)
	case driver.KindDecimal:
		return "0"
	case driver.KindTimestamp:
		return time.Time{}
	case driver.KindDate:
		return "0001-01-01"
	case driver.KindUUID:
		return "00000000-0000-0000-0000-000000000000"
	case driver.KindBytes:
		return []byte{}
	case driver.KindJSON:
		return "null"
	case driver.KindTextArray:
		return []string{}
	}
	return nil
}

// AppendValue appends a bound value as canonical JSON, nil as null.
func AppendValue(dst []byte, k driver.Kind, v any) []byte {
	switch v := v.(type) {
	case string:
		if k == driver.KindDecimal || k == driver.KindJSON {
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

// CompareValues compares two bound values of a kind, neither nil, in the order
// of both engines: -1, 0 or +1. JSON documents and text arrays have no order on
// the engines; for them only 0 has a meaning.
func CompareValues(k driver.Kind, a, b any) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		if k == driver.KindDecimal {
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

// CanonicalJSON returns the canonical form of a document of the application or of a
// body. The growth of its numbers was limited when the body was read.
func CanonicalJSON(raw []byte) (string, error) {
	return canonicalWithin(raw, strictjson.Limits{LastWins: true, Growth: -1})
}

// canonicalText is [CanonicalJSON] for a document in a separate text.
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

// IsZeroValue reports whether a bound value is NULL, the integer 0 or an empty text.
func IsZeroValue(v any) bool {
	switch v {
	case nil, int64(0), "":
		return true
	}
	return false
}

// Absent marks a column that an input does not give.
type Absent struct{}

// SameValue reports whether two bound values of a kind are equal.
func SameValue(k driver.Kind, a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	if k.Ordered() {
		return CompareValues(k, a, b) == 0
	}
	return SameBytes(k, a, b)
}

// Bit returns 1 for true.
func Bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SameBytes reports whether two values are the same in an answer.
func SameBytes(k driver.Kind, a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	return string(AppendValue(nil, k, a)) == string(AppendValue(nil, k, b))
}
