package value

import (
	"math"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// FromText reads text as a bound value of the type.
func (g *GoType) FromText(s string) (any, error) {
	switch g.Kind {
	case driver.KindText:
		return s, CheckText(s)
	case driver.KindBool:
		return parseBool(s)
	case driver.KindInt:
		n, err := canon.ParseInt(s)
		if err != nil {
			return nil, err
		}
		return g.integer(n)
	case driver.KindFloat:
		f, err := canon.ParseFloat(s)
		if err != nil {
			return nil, err
		}
		return g.float(f)
	case driver.KindDecimal:
		return asBound(canon.ParseDecimal(s))
	case driver.KindTimestamp:
		return asBound(canon.ParseTimestamp(s))
	case driver.KindDate:
		return asBound(canon.ParseDate(s))
	case driver.KindUUID:
		return asBound(canon.ParseUUID(s))
	case driver.KindBytes:
		return asBound(canon.ParseBytes(s))
	case driver.KindJSON:
		return asBound(canonicalText(s))
	case driver.KindTextArray:
		return asBound(parseArrayText(s))
	}
	return nil, FormError("the column has no type")
}

// asBound turns the result of a parser into a bound value.
func asBound[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// integer checks the range of the field.
func (g *GoType) integer(n int64) (any, error) {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if g.Unsigned {
		low, high = 0, 1<<g.Bits-1 // at most 32 bits, see plainType
	} else if g.Bits > 0 && g.Bits < 64 {
		low, high = -1<<(g.Bits-1), 1<<(g.Bits-1)-1
	}
	if n < low || n > high {
		return nil, canon.ErrRange
	}
	return n, nil
}

// float checks the range of the field and rounds to its precision.
func (g *GoType) float(f float64) (any, error) {
	if g.Bits == 32 {
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
		if err := CheckText(item); err != nil {
			return nil, err
		}
	}
	return list, nil
}
