package pgrst

import "github.com/seed-7694ebf6/plinth/store"

// maxConfiguration is the length of a name in PostgreSQL.
const maxConfiguration = 63

// fullText reports whether an operator may have a configuration behind it.
func fullText(op store.Op) bool {
	switch op {
	case store.OpFullText, store.OpFullTextPlain, store.OpFullTextPhrase, store.OpFullTextWeb:
		return true
	}
	return false
}

// configuration reads the name of a text search configuration in parentheses.
// Whether there is one of that name is for the store to know.
func (s *scanner) configuration() (string, error) {
	s.accept("(")
	start := s.pos
	for !s.eof() && isConfiguration(s.text[s.pos]) && s.pos-start < maxConfiguration {
		s.pos++
	}
	name := s.text[start:s.pos]
	if name == "" || !s.accept(")") {
		return "", s.unexpected(`letter, digit, "_" or ")"`)
	}
	return name, nil
}

func isConfiguration(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
