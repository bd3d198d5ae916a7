// Package textmatch holds what both engines take as a pattern: the regular expressions that
// they read alike, and patterns of LIKE as regular expressions.
package textmatch

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSQLite is the longest pattern of LIKE on SQLite, in bytes.
const MaxSQLite = 50000

// DotAll lets a dot of Go's regular expressions take every character.
const DotAll = "(?s)"

// SQLiteReads reports whether SQLite's LIKE reads a pattern as PostgreSQL's does. It
// rejects very long ones, and treats U+FFFD, U+FFFE and U+FFFF as equal.
func SQLiteReads(pattern string) bool {
	return len(pattern) <= MaxSQLite && !strings.ContainsAny(pattern, "\uFFFD\uFFFE\uFFFF")
}

// LikeRegexp returns the regular expression that matches what a valid pattern
// of LIKE matches.
func LikeRegexp(pattern string) string {
	var b strings.Builder
	b.WriteString(DotAll + "^")
	for pattern != "" {
		switch pattern[0] {
		case '%':
			b.WriteString(".*")
			pattern = pattern[1:]
			continue
		case '_':
			b.WriteString(".")
			pattern = pattern[1:]
			continue
		case '\\':
			pattern = pattern[1:]
		}
		_, size := utf8.DecodeRuneInString(pattern)
		b.WriteString(regexp.QuoteMeta(pattern[:size]))
		pattern = pattern[size:]
	}
	b.WriteString("$")
	return b.String()
}

// Fold folds letters rune by rune, which is what lower() of both engines
// does.
func Fold(s string) string { return strings.Map(unicode.ToLower, s) }
