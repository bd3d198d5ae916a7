package store

import (
	"math"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// fromText reads text as a bound value of the type.
func (g *goType) fromText(s string) (any, error) {
	switch g.kind {
	case KindText:
		return s, checkText(s)
	case KindBool:
		return parseBool(s)
	case KindInt:
		n, err := canon.ParseInt(s)
		if err != nil {
			return nil, err
		}
		return g.integer(n)
	case KindFloat:
		f, err := canon.ParseFloat(s)
		if err != nil {
			return nil, err
		}
		return g.float(f)
	case KindDecimal:
		return asBound(canon.ParseDecimal(s))
	case KindTimestamp:
		return asBound(canon.ParseTimestamp(s))
	case KindDate:
		return asBound(canon.ParseDate(s))
	case KindUUID:
		return asBound(canon.ParseUUID(s))
	case KindBytes:
		return asBound(canon.ParseBytes(s))
	case KindJSON:
		return asBound(canonicalJSON([]byte(s)))
	case KindTextArray:
		return asBound(parseArrayText(s))
	}
	return nil, formError("the column has no type")
}

// asBound turns the result of a parser into a bound value.
func asBound[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// integer checks the range of the field.
func (g *goType) integer(n int64) (any, error) {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if g.unsigned {
		low, high = 0, 1<<g.bits-1 // at most 32 bits, see plainType
	} else if g.bits > 0 && g.bits < 64 {
		low, high = -1<<(g.bits-1), 1<<(g.bits-1)-1
	}
	if n < low || n > high {
		return nil, canon.ErrRange
	}
	return n, nil
}

// float checks the range of the field and rounds to its precision.
func (g *goType) float(f float64) (any, error) {
	if g.bits == 32 {
		single := float32(f)
		if single == 0 && f != 0 {
			return nil, canon.ErrRange
		}
		f = widen(float64(single), 32)
	}
	return finite(f)
}

// parseBool reads what PostgreSQL reads as boolean.
func parseBool(s string) (any, error) {
	s = strings.ToLower(s)
	switch s {
	case "":
		return nil, canon.ErrSyntax
	case "1", "on":
		return true, nil
	case "0", "of", "off":
		return false, nil
	}
	switch {
	case strings.HasPrefix("true", s), strings.HasPrefix("yes", s):
		return true, nil
	case strings.HasPrefix("false", s), strings.HasPrefix("no", s):
		return false, nil
	}
	return nil, canon.ErrSyntax
}

// parseArrayText reads an array of one dimension as PostgreSQL writes it:
// {a,"b c",d}. NULL inside is refused, because []string has none.
func parseArrayText(s string) ([]string, error) {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, canon.ErrSyntax
	}
	list := []string{}
	rest := strings.TrimSpace(s[1 : len(s)-1])
	for more := rest != ""; more; {
		item, tail, err := arrayItem(rest)
		if err != nil {
			return nil, err
		}
		if err := checkText(item); err != nil {
			return nil, err
		}
		list = append(list, item)
		rest, more = strings.CutPrefix(tail, ",")
		if !more && tail != "" {
			return nil, canon.ErrSyntax
		}
	}
	return list, nil
}

// arrayItem reads one item and returns what is behind it.
func arrayItem(s string) (item, rest string, err error) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		item = strings.TrimRight(s[:end], " ")
		if item == "" || strings.ContainsAny(item, `{}"\`) || strings.EqualFold(item, "null") {
			return "", "", canon.ErrSyntax
		}
		return item, s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), strings.TrimLeft(s[i+1:], " "), nil
		case '\\':
			i++
			if i == len(s) {
				return "", "", canon.ErrSyntax
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", canon.ErrSyntax
}
