package strictjson

import (
	"fmt"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// scanner checks a document in one pass. Its methods take the position of the first
// byte of what they read and return the position after it.
type scanner struct {
	data  []byte
	lim   Limits
	keys  keySet
	grown int // see Limits.Growth
}

func (s *scanner) fail(at int, reason string) *SyntaxError {
	return &SyntaxError{Offset: at, Reason: reason}
}

// unexpected reports the byte at position at, or the end of the document.
func (s *scanner) unexpected(at int, wanted string) *SyntaxError {
	if at >= len(s.data) {
		return s.fail(at, "it ends where "+wanted+" is expected")
	}
	return s.fail(at, fmt.Sprintf("%s where %s is expected", describe(s.data[at]), wanted))
}

func describe(c byte) string {
	if c < ' ' || c > '~' {
		return fmt.Sprintf("byte 0x%02x", c)
	}
	return strconv.QuoteRune(rune(c))
}

func (s *scanner) space(i int) int {
	for i < len(s.data) && isSpace(s.data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// value reads one value inside depth open arrays and objects. The error is a nil
// interface or a *SyntaxError.
func (s *scanner) value(i, depth int) (int, error) {
	if i >= len(s.data) {
		return i, s.unexpected(i, "a value")
	}
	switch c := s.data[i]; {
	case c == '"':
		end, _, err := s.str(i)
		return end, err
	case c == '{':
		return s.object(i, depth+1)
	case c == '[':
		return s.array(i, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		return s.number(i)
	case c == 't':
		return s.literal(i, "true")
	case c == 'f':
		return s.literal(i, "false")
	case c == 'n':
		return s.literal(i, "null")
	}
	return i, s.unexpected(i, "a value")
}

func (s *scanner) literal(i int, word string) (int, error) {
	for k := range len(word) {
		if i+k >= len(s.data) || s.data[i+k] != word[k] {
			return i, s.unexpected(i+k, word)
		}
	}
	return i + len(word), nil
}

func (s *scanner) tooDeep(i, depth int) error {
	if depth > s.lim.Depth {
		return s.fail(i, fmt.Sprintf("it is nested deeper than %d levels", s.lim.Depth))
	}
	return nil
}

func (s *scanner) array(i, depth int) (int, error) {
	if err := s.tooDeep(i, depth); err != nil {
		return i, err
	}
	i = s.space(i + 1)
	if i < len(s.data) && s.data[i] == ']' {
		return i + 1, nil
	}
	for {
		end, err := s.value(i, depth)
		if err != nil {
			return end, err
		}
		i = s.space(end)
		switch {
		case i < len(s.data) && s.data[i] == ',':
			i = s.space(i + 1)
		case i < len(s.data) && s.data[i] == ']':
			return i + 1, nil
		default:
			return i, s.unexpected(i, "',' or ']'")
		}
	}
}

func (s *scanner) object(i, depth int) (int, error) {
	if err := s.tooDeep(i, depth); err != nil {
		return i, err
	}
	i = s.space(i + 1)
	if i < len(s.data) && s.data[i] == '}' {
		return i + 1, nil
	}
	var frame keyFrame
	defer s.keys.done(&frame)
	for {
		end, err := s.member(i, depth, &frame)
		if err != nil {
			return end, err
		}
		i = s.space(end)
		switch {
		case i < len(s.data) && s.data[i] == ',':
			i = s.space(i + 1)
		case i < len(s.data) && s.data[i] == '}':
			return i + 1, nil
		default:
			return i, s.unexpected(i, "',' or '}'")
		}
	}
}

// member reads a key, its colon and its value.
func (s *scanner) member(i, depth int, frame *keyFrame) (int, error) {
	if i >= len(s.data) || s.data[i] != '"' {
		return i, s.unexpected(i, "a key in double quotes")
	}
	end, escaped, err := s.str(i)
	if err != nil {
		return end, err
	}
	if !s.lim.LastWins && !s.keys.add(s.data, frame, newKeyRef(i, escaped), end) {
		key := errtext.Quote(string(appendUnquoted(nil, s.data[i:end])))
		return i, s.fail(i, "the key "+strconv.Quote(key)+" appears twice")
	}
	i = s.space(end)
	if i >= len(s.data) || s.data[i] != ':' {
		return i, s.unexpected(i, "':'")
	}
	return s.value(s.space(i+1), depth)
}
