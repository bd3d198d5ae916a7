package canon

import (
	"cmp"
	"strings"
)

// MaxDecimalDigits is the largest number of digits [ParseDecimal] returns. It
// is far beyond every use and keeps "1e100000" from becoming a large text.
const MaxDecimalDigits = 400

// ParseDecimal reads a decimal number and spells it as PostgreSQL prints a
// numeric: no plus sign, no leading zeros, no exponent, the digits behind the
// point kept, zero without sign. More than [MaxDecimalDigits] digits are
// [ErrRange].
func ParseDecimal(s string) (string, error) {
	whole, frac, exp, negative, err := splitDecimal(s)
	if err != nil {
		return "", err
	}
	all := whole + frac
	scale := len(frac) - exp
	if scale < 0 {
		if strings.Trim(all, "0") == "" {
			all = "" // 0e9 is 0, not nine zeros
		} else if -scale > MaxDecimalDigits {
			return "", ErrRange
		} else {
			all += strings.Repeat("0", -scale)
		}
		scale = 0
	}
	if scale > MaxDecimalDigits {
		return "", ErrRange
	}
	if len(all) < scale {
		all = strings.Repeat("0", scale-len(all)) + all
	}
	whole, frac = strings.TrimLeft(all[:len(all)-scale], "0"), all[len(all)-scale:]
	if len(whole)+len(frac) > MaxDecimalDigits {
		return "", ErrRange
	}
	negative = negative && strings.Trim(whole+frac, "0") != ""
	return spellDecimal(s, whole, frac, negative), nil
}

// splitDecimal takes a number apart. An exponent beyond anything representable
// comes back clamped.
func splitDecimal(s string) (whole, frac string, exp int, negative bool, err error) {
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative = rest[0] == '-'
		rest = rest[1:]
	}
	n := span(rest)
	whole, rest = rest[:n], rest[n:]
	if rest != "" && rest[0] == '.' {
		n = span(rest[1:])
		frac, rest = rest[1:1+n], rest[1+n:]
	}
	if whole == "" && frac == "" {
		return "", "", 0, false, ErrSyntax
	}
	if rest == "" {
		return whole, frac, 0, negative, nil
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return "", "", 0, false, ErrSyntax
	}
	exp, err = decimalExponent(rest[1:])
	return whole, frac, exp, negative, err
}

func decimalExponent(s string) (int, error) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if s == "" || span(s) != len(s) {
		return 0, ErrSyntax
	}
	s = strings.TrimLeft(s, "0")
	if len(s) > 9 {
		s = "999999999"
	}
	n, _ := digits(s)
	return sign * n, nil
}

// spellDecimal joins the parts, or returns s itself where it is spelled so.
func spellDecimal(s, whole, frac string, negative bool) string {
	if whole == "" {
		whole = "0"
	}
	var b strings.Builder
	b.Grow(len(whole) + len(frac) + 2)
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(whole)
	if frac != "" {
		b.WriteByte('.')
		b.WriteString(frac)
	}
	if b.String() == s {
		return s
	}
	return b.String()
}

// CompareDecimal compares two numbers as [ParseDecimal] spells them: -1, 0 or
// +1. Numbers that differ only in scale are equal. It never fails; for other
// text the result has no meaning.
func CompareDecimal(a, b string) int {
	aNeg, bNeg := strings.HasPrefix(a, "-"), strings.HasPrefix(b, "-")
	switch {
	case aNeg && bNeg:
		return compareMagnitude(b[1:], a[1:])
	case aNeg:
		return -1
	case bNeg:
		return 1
	}
	return compareMagnitude(a, b)
}

func compareMagnitude(a, b string) int {
	aWhole, aFrac, _ := strings.Cut(a, ".")
	bWhole, bFrac, _ := strings.Cut(b, ".")
	if c := cmp.Compare(len(aWhole), len(bWhole)); c != 0 {
		return c
	}
	if c := cmp.Compare(aWhole, bWhole); c != 0 {
		return c
	}
	return cmp.Compare(strings.TrimRight(aFrac, "0"), strings.TrimRight(bFrac, "0"))
}
