package store

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSQLiteLike is the longest pattern of LIKE on SQLite, in bytes.
const maxSQLiteLike = 50000

// dotAll lets a dot of Go's regular expressions take every character.
const dotAll = "(?s)"

// sqliteLikes reports whether SQLite's LIKE reads a pattern as PostgreSQL's does. It
// rejects very long ones, and treats U+FFFD, U+FFFE and U+FFFF as equal.
func sqliteLikes(pattern string) bool {
	return len(pattern) <= maxSQLiteLike && !strings.ContainsAny(pattern, "\uFFFD\uFFFE\uFFFF")
}

// likeRegexp returns the regular expression that matches what a valid pattern
// of LIKE matches.
func likeRegexp(pattern string) string {
	var b strings.Builder
	b.WriteString(dotAll + "^")
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

// foldText folds letters rune by rune, which is what lower() of both engines
// does.
func foldText(s string) string { return strings.Map(unicode.ToLower, s) }
