package pgrst

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner reads the text of one parameter from left to right.
type scanner struct {
	what string // what is read, for messages: "filter", "order"
	text string
	pos  int

	// before is a number of columns counted as if they stood before text:
	// PostgREST reads the key of a group together with its value.
	before int
}

func (s *scanner) eof() bool { return s.pos >= len(s.text) }

// peek returns the next byte, or 0 at the end: NUL does not get past decoding.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) has(prefix string) bool { return strings.HasPrefix(s.text[s.pos:], prefix) }

func (s *scanner) accept(prefix string) bool {
	if !s.has(prefix) {
		return false
	}
	s.pos += len(prefix)
	return true
}

func (s *scanner) spaces() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

// unexpected is the error for the character at pos, in PostgREST's words.
func (s *scanner) unexpected(expecting string) error { return s.unexpectedAt(s.pos, expecting) }

func (s *scanner) unexpectedAt(pos int, expecting string) error {
	found := "end of input"
	if pos < len(s.text) {
		_, size := utf8.DecodeRuneInString(s.text[pos:])
		found = strconv.Quote(s.text[pos : pos+size])
	}
	line, column := 1, s.before+1
	for _, r := range s.text[:pos] {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return parseError(s.what, s.text, line, column, "unexpected "+found+" expecting "+expecting)
}

const fieldName = "field name (* or [a..z0..9_$])"

// name reads the name of a column or relation: quoted, or letters, digits, _, $,
// spaces and single dashes between them. An arrow of a JSON path ends it.
func (s *scanner) name() (name string, quoted bool, err error) {
	start := s.pos
	if name, ok := s.quoted(); ok {
		if name == "" {
			return "", false, s.unexpectedAt(start, fieldName)
		}
		return name, true, nil
	}
	for s.pos < len(s.text) {
		if size := s.nameChar(s.pos); size > 0 {
			s.pos += size
			continue
		}
		if s.text[s.pos] != '-' || s.pos == start || s.nameChar(s.pos+1) == 0 {
			break
		}
		s.pos++
	}
	name = strings.Trim(s.text[start:s.pos], " ")
	if name == "" {
		return "", false, s.unexpected(fieldName)
	}
	return name, false, nil
}

// nameChar returns the size of the character of a name at pos, or 0.
func (s *scanner) nameChar(pos int) int {
	if pos >= len(s.text) {
		return 0
	}
	c := s.text[pos]
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '$', c == ' ':
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	r, size := utf8.DecodeRuneInString(s.text[pos:])
	if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
		return size
	}
	return 0
}

// quoted reads text in double quotes, in which a backslash takes the next
// character as it is. If there is none, or it is not closed, nothing is read.
func (s *scanner) quoted() (text string, ok bool) {
	if s.peek() != '"' {
		return "", false
	}
	rest := s.text[s.pos+1:]
	end := strings.IndexAny(rest, `"\`)
	if end < 0 {
		return "", false
	}
	if rest[end] == '"' {
		s.pos += end + 2
		return rest[:end], true
	}
	var b strings.Builder
	b.WriteString(rest[:end])
	for i := end; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			s.pos += i + 2
			return b.String(), true
		case '\\':
			if i++; i == len(rest) {
				return "", false
			}
		}
		b.WriteByte(rest[i])
	}
	return "", false
}

// element reads one value of a list or group: quoted, or up to the next comma or
// closing bracket. Quotes that do not enclose the whole element are part of it,
// as clients send them.
func (s *scanner) element() string {
	start := s.pos
	if text, ok := s.quoted(); ok && s.atElementEnd() {
		return text
	}
	s.pos = start
	if end := strings.IndexAny(s.text[start:], ",)"); end >= 0 {
		s.pos += end
	} else {
		s.pos = len(s.text)
	}
	return s.text[start:s.pos]
}

func (s *scanner) atElementEnd() bool {
	c := s.peek()
	return s.eof() || c == ',' || c == ')'
}
