package canon

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// AppendFloat appends f as a JSON number in the shortest form that reads back
// as f, with an exponent below 1e-4 and from 1e15 on, as PostgreSQL prints it.
// Negative zero is 0. What JSON cannot hold, NaN and the infinities, is null;
// they are refused at write and can only come out of a view.
func AppendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case abs == 0:
		return append(dst, '0')
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case abs >= 1e-4 && abs < 1e15:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'e', -1, 64)
}

// ParseFloat reads a decimal number. Negative zero becomes zero. An overflow is [ErrRange],
// and so is a number other than zero that underflows to zero.
func ParseFloat(s string) (float64, error) {
	for i := range len(s) {
		if strings.IndexByte("0123456789+-.eE", s[i]) < 0 {
			return 0, ErrSyntax // strconv knows more: hexadecimal, underscores, words
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, numError(err)
	}
	if f != 0 {
		return f, nil
	}
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
	}
	if strings.ContainsAny(mantissa, "123456789") {
		return 0, ErrRange
	}
	return 0, nil
}

// ParseInt reads a decimal integer of 64 bits with an optional sign.
func ParseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, numError(err)
	}
	return n, nil
}

func numError(err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return ErrRange
	}
	return ErrSyntax
}
