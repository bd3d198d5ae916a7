package sqlite

import (
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// compareDecimals is the collation pl_decimal. It compares numbers in the spelling of
// the store by value, so 9.50 equals 9.500. SQLite's indexes need a total order on all
// texts, so any other text sorts after all numbers, by its bytes.
func compareDecimals(a, b string) int {
	aOK, bOK := isDecimal(a), isDecimal(b)
	switch {
	case aOK && bOK:
		return canon.CompareDecimal(a, b)
	case aOK:
		return -1
	case bOK:
		return 1
	}
	return strings.Compare(a, b)
}

// isDecimal reports whether s is a number as the store spells it:
// -?(0|[1-9][0-9]*)(\.[0-9]+)? and not a negative zero.
func isDecimal(s string) bool {
	s, negative := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || len(whole) > 1 && whole[0] == '0' || point && frac == "" {
		return false
	}
	zero := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '1' && c <= '9':
			zero = false
		case c != '0' && i != len(whole):
			return false
		}
	}
	return !negative || !zero
}
