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

func isZeroValue(v any) bool {
	switch v {
	case nil, int64(0), "":
		return true
	}
	return false
}

// absent marks a column that an input does not give.
type absent struct{}

func sameValue(k Kind, a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	if k.Ordered() {
		return compareValues(k, a, b) == 0
	}
	return sameBytes(k, a, b)
}

// btoi returns 1 for true.
func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sameBytes reports whether two values are the same in an answer.
func sameBytes(k Kind, a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	return string(appendValue(nil, k, a)) == string(appendValue(nil, k, b))
}
