package sqlite

import "strings"

// writes reports whether a statement must run on the writer. Only statements
// that certainly read are left to the readers, which refuse to write anyway.
func writes(text string) bool {
	verb, rest := nextWord(text)
	if !strings.EqualFold(verb, "with") {
		return !reads(verb)
	}
	// The verb of a WITH statement follows the last table expression, whose
	// names and bodies are no verbs or stand in parentheses.
	for rest != "" {
		if verb, rest = nextWord(rest); reads(verb) || changes(verb) {
			return !reads(verb)
		}
	}
	return true
}

func reads(verb string) bool {
	return strings.EqualFold(verb, "select") || strings.EqualFold(verb, "values") || strings.EqualFold(verb, "explain")
}

func changes(verb string) bool {
	return strings.EqualFold(verb, "insert") || strings.EqualFold(verb, "update") ||
		strings.EqualFold(verb, "delete") || strings.EqualFold(verb, "replace")
}

// nextWord returns the next bare word outside of parentheses, quotes and
// comments, and what follows it. There is none if the word is empty.
func nextWord(s string) (word, rest string) {
	depth := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'' || c == '"' || c == '`':
			i = skipPast(s, i+1, string(c))
		case c == '[':
			i = skipPast(s, i+1, "]")
		case strings.HasPrefix(s[i:], "--"):
			i = skipPast(s, i+2, "\n")
		case strings.HasPrefix(s[i:], "/*"):
			i = skipPast(s, i+2, "*/")
		case c == '(':
			depth++
			i++
		case c == ')':
			depth--
			i++
		case isLetter(c):
			end := i
			for end < len(s) && isLetter(s[end]) {
				end++
			}
			if depth <= 0 {
				return s[i:end], s[end:]
			}
			i = end
		default:
			i++
		}
	}
	return "", ""
}

// skipPast returns the index behind the next end, or the length of s. A doubled
// quote inside a quoted text begins another one at once, which is the same.
func skipPast(s string, from int, end string) int {
	i := strings.Index(s[from:], end)
	if i < 0 {
		return len(s)
	}
	return from + i + len(end)
}

// isLetter reports whether c can be part of a bare word.
func isLetter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}
