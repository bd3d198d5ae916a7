package textmatch

import (
	"errors"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CheckRegexp accepts the regular expressions that PostgreSQL and RE2 read alike:
// literals, ".", "^", "$", "|", groups, bracket expressions without classes and ranges
// that share an end, and * + ? {n,m} with counts up to 255. Letters after a backslash
// and (?flags) differ between the engines and are rejected.
func CheckRegexp(p string) error {
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
			if i == len(p) || isWord(p[i]) {
				return errors.New("the regular expression uses a backslash before a letter or digit, which the engines read differently; write the class out, for example [0-9]")
			}
		case '(':
			if strings.HasPrefix(p[i:], "(?") && !strings.HasPrefix(p[i:], "(?:") {
				return errors.New("the regular expression uses (?...), which the engines read differently")
			}
		case '[':
			if strings.HasPrefix(p[i:], "[[:") || strings.HasPrefix(p[i:], "[^[:") || strings.ContainsAny(p[i+1:], "[") && nestedClass(p[i+1:]) {
				return errors.New("the regular expression uses a character class, which the engines read differently")
			}
			if rangeBehindRange(p[i+1:]) {
				return errors.New("the regular expression has a - behind a range, which the engines read differently; put it last or write \\-")
			}
		case '^', '$':
			if i+1 < len(p) && strings.IndexByte("*+?{", p[i+1]) >= 0 {
				return errors.New("the regular expression repeats ^ or $, which the engines read differently")
			}
		case '{':
			if err := checkCounts(p[i+1:]); err != nil {
				return err
			}
		}
	}
	if _, err := syntax.Parse(p, syntax.Perl); err != nil {
		return errors.New("the regular expression cannot be read")
	}
	return nil
}

// MaxRegexpSteps limits the compiled instructions of all regular expressions of a
// statement. On SQLite a Go function matches them, and it cannot be interrupted within
// one text. Each character may cost every instruction, see BenchmarkRegexp in
// store/sqlite. A pattern without counted repetitions has about one instruction for
// each byte.
const MaxRegexpSteps = 1000

// nestedClass reports whether a bracket expression holds [: [. or [=, which only
// PostgreSQL gives a meaning.
func nestedClass(rest string) bool {
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return false
	}
	in := rest[:end]
	return strings.Contains(in, "[:") || strings.Contains(in, "[.") || strings.Contains(in, "[=")
}

// rangeBehindRange reports whether a - directly follows a range, as in [a-c-e], and is
// not the last character. Go treats it as a literal, and PostgreSQL rejects it.
func rangeBehindRange(rest string) bool {
	rest = strings.TrimPrefix(rest, "^")
	ranged := func() bool { return strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "-]") }
	element := func() {
		rest = strings.TrimPrefix(rest, `\`)
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	for first := true; rest != "" && (first || rest[0] != ']'); first = false {
		element()
		if !ranged() {
			continue
		}
		rest = rest[1:]
		element()
		if ranged() {
			return true
		}
	}
	return false
}

func checkCounts(rest string) error {
	counts, _, ok := strings.Cut(rest, "}")
	if !ok {
		return errors.New("the regular expression has a { without }; write \\{ for the character")
	}
	low, high, ranged := strings.Cut(counts, ",")
	for i, n := range []string{low, high} {
		if i == 1 && n == "" {
			break // {n} or {n,}
		}
		if v, err := strconv.Atoi(n); err != nil || v > 255 || !ranged && i == 1 {
			return errors.New("the regular expression repeats with something else than {n}, {n,} or {n,m} up to 255")
		}
	}
	return nil
}

func isWord(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}
