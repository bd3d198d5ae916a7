package pgrst

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// jsonPath reads what may follow the name of a column: steps into its documents,
// each a key or a position behind an arrow, of which the last may be ->>.
func (p *parser) jsonPath(s *scanner) (path store.Path, err error) {
	for depth, text := 0, false; s.has("->"); depth++ {
		if text {
			return path, s.unexpected("nothing behind ->>")
		}
		if depth == p.lim.Path {
			return path, &LimitError{Limit: "json path", Max: p.lim.Path, Unit: "steps"}
		}
		if text = s.accept("->>"); !text {
			s.accept("->")
		}
		if path, err = s.jsonStep(path); err != nil {
			return path, err
		}
		if text {
			path = path.Text()
		}
	}
	return path, nil
}

// jsonStep reads a key, quoted or not, or a position.
func (s *scanner) jsonStep(path store.Path) (store.Path, error) {
	start := s.pos
	if key, ok := s.quoted(); ok {
		return path.Key(key), nil
	}
	if n := s.positionSize(); n > 0 {
		position, err := strconv.ParseInt(s.text[s.pos:s.pos+n], 10, 32)
		if err != nil {
			return path, s.unexpected("a position of 32 bits")
		}
		s.pos += n
		return path.Item(int32(position)), nil
	}
	for s.pos < len(s.text) && (keyChar(s.text[s.pos]) || s.pos > start && s.dash()) {
		s.pos++
	}
	key := strings.Trim(s.text[start:s.pos], " ")
	if key == "" {
		return path, s.unexpectedAt(start, "a key or position")
	}
	return path.Key(key), nil
}

// positionSize returns the length of the integer at pos, 0 if what is there is
// no integer or only begins like one.
func (s *scanner) positionSize() int {
	rest := s.text[s.pos:]
	n := len(rest) - len(strings.TrimLeft(strings.TrimPrefix(rest, "-"), "0123456789"))
	behind := strings.TrimLeft(rest[n:], " ")
	ends := behind == "" || strings.HasPrefix(behind, "->") || strings.IndexByte(":.,)", behind[0]) >= 0
	if n == 0 || rest[:n] == "-" || !ends {
		return 0
	}
	return n
}

// keyChar reports whether a byte may stand in a key without quotes.
func keyChar(c byte) bool { return strings.IndexByte("(-:.,>)", c) < 0 }

// dash reports whether a dash inside a key stands at pos.
func (s *scanner) dash() bool {
	return s.peek() == '-' && s.pos+1 < len(s.text) && keyChar(s.text[s.pos+1])
}
