package store

import (
	"slices"
	"strings"
)

// maxTracedSQL is where the text of a statement that Bun wrote is cut: one that
// inserts many rows has no end.
const maxTracedSQL = 16 << 10

// withoutValues returns a statement with a question mark in place of every value:
// of strings, numbers and bytes, in any form PostgreSQL or SQLite reads. Comments
// are left out. Names in double quotes and placeholders stay.
func withoutValues(sql string) string {
	var b strings.Builder
	b.Grow(min(len(sql), maxTracedSQL))
	for rest := sql; rest != ""; {
		kind, size := sqlToken(rest)
		switch kind {
		case sqlValue:
			b.WriteByte('?')
		case sqlComment:
			b.WriteByte(' ')
		default:
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
		if b.Len() > maxTracedSQL {
			b.WriteString(" ...")
			break
		}
	}
	return b.String()
}

// sqlKind is what a piece of a statement is.
type sqlKind uint8

const (
	sqlOther   sqlKind = iota // spaces, operators
	sqlWord                   // keywords and names
	sqlQuoted                 // names in quotes
	sqlValue                  // strings and numbers
	sqlComment                // of one line or several
)

// sqlToken returns the kind of the first piece of a text that is not empty, and
// its size. What has no end goes to the end of the text.
func sqlToken(s string) (sqlKind, int) {
	switch c := s[0]; {
	case c == '\'' || c == '`': // the second is a name for SQLite, and nothing for PostgreSQL
		return sqlValue, quotedEnd(s, 0, false)
	case c == '"':
		end := quotedEnd(s, 0, false)
		if end == 1 || s[end-1] != '"' {
			return sqlValue, end // broken: who knows what it holds
		}
		return sqlQuoted, end
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return sqlComment, end
		}
		return sqlComment, len(s)
	case strings.HasPrefix(s, "/*"):
		return sqlComment, commentEnd(s)
	case isWordStart(c):
		return wordToken(s)
	case c >= '0' && c <= '9':
		return sqlValue, numberEnd(s)
	case c == '$':
		return dollarToken(s)
	case c == '?':
		return sqlOther, 1 + digitsEnd(s[1:]) // a placeholder of SQLite
	}
	return sqlOther, 1
}

// wordToken is a word, or a string with letters before it: E'a\'b', X'00', U&'a'.
func wordToken(s string) (sqlKind, int) {
	end := wordEnd(s)
	quote := end
	if end == 1 && strings.HasPrefix(s[1:], "&'") {
		quote = 2
	}
	if end != 1 || quote >= len(s) || s[quote] != '\'' {
		return sqlWord, end
	}
	return sqlValue, quotedEnd(s, quote, s[0] == 'e' || s[0] == 'E')
}

// dollarToken is a placeholder, $1, or a string between two equal tags, $a$b$a$.
func dollarToken(s string) (sqlKind, int) {
	end := 1
	for end < len(s) && isWordPart(s[end]) && s[end] != '$' {
		end++
	}
	if end == len(s) || s[end] != '$' || end > 1 && !isWordStart(s[1]) {
		return sqlOther, end
	}
	tag := s[:end+1]
	if at := strings.Index(s[len(tag):], tag); at >= 0 {
		return sqlValue, len(tag) + at + len(tag)
	}
	return sqlValue, len(s)
}

// quotedEnd returns where a piece ends that is quoted by the byte at start, which
// stands twice for itself.
func quotedEnd(s string, start int, escapes bool) int {
	quote := s[start]
	for i := start + 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] != quote:
		case i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

// commentEnd returns where a comment ends. PostgreSQL's nest. SQLite's do not:
// there more is taken for comment, and left out.
func commentEnd(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// numberEnd returns where a number ends: 1, 1.5e-3, 0xff, 1_000.
func numberEnd(s string) int {
	for i := 1; i < len(s); i++ {
		sign := (s[i] == '-' || s[i] == '+') && (s[i-1] == 'e' || s[i-1] == 'E')
		if !sign && s[i] != '.' && !isWordPart(s[i]) {
			return i
		}
	}
	return len(s)
}

func wordEnd(s string) int {
	for i := range len(s) {
		if !isWordPart(s[i]) {
			return i
		}
	}
	return len(s)
}

func digitsEnd(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

func isWordStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool {
	return isWordStart(c) || c >= '0' && c <= '9' || c == '$'
}

// describeSQL returns what a statement does and the table it does it with: the
// first one that is written, else the first one that is read outside of the
// parentheses around others. It looks at words only, and is for who watches.
func describeSQL(sql string) (op, table string) {
	var words [3]string // the last ones, in lower case; names as they are
	depth, best := 0, -1
	for rest := sql; rest != ""; {
		kind, size := sqlToken(rest)
		piece := rest[:size]
		rest = rest[size:]
		switch {
		case piece == "(":
			depth++
		case piece == ")":
			depth--
		case kind != sqlWord && kind != sqlQuoted:
			continue
		}
		words[0], words[1], words[2] = words[1], words[2], piece
		if kind == sqlWord {
			words[2] = strings.ToLower(piece)
		}
		if op == "" && kind == sqlWord {
			op = words[2]
		}
		if verb := writtenBy(words); verb != "" {
			return verb, unquoteName(piece)
		}
		if words[1] == "from" && words[0] != "distinct" && piece != "(" && (best < 0 || depth < best) {
			best, table = depth, unquoteName(piece)
		}
	}
	if op == "with" || op == "explain" {
		op = "select"
	}
	return op, table
}

// writtenBy returns the verb where the last of three words is a table that is
// written.
func writtenBy(words [3]string) string {
	switch {
	case words[0] == "insert" && words[1] == "into":
		return "insert"
	case words[0] == "delete" && words[1] == "from":
		return "delete"
	case words[1] == "update" && !slices.Contains([]string{"for", "key", "do", "on"}, words[0]):
		return "update"
	}
	return ""
}

// unquoteName returns a name without quotes.
func unquoteName(s string) string {
	if len(s) > 1 && s[0] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
