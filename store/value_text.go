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
		return asBound(canonicalText(s))
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

// parseArrayText reads an array as PostgreSQL writes it.
func parseArrayText(s string) ([]string, error) {
	list, err := canon.ParseTextArray(s)
	if err != nil {
		return nil, err
	}
	for _, item := range list {
		if err := checkText(item); err != nil {
			return nil, err
		}
	}
	return list, nil
}
