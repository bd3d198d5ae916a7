package pgrst

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// leaf is the last name of a key: a column, or one of the reserved words.
type leaf struct {
	name    string
	path    store.Path
	quoted  bool // or a path follows, so it always names a column
	negated bool // "not." stood before and or or
}

// parseKey splits a key at its dots: names of embeds, appended to path, and the
// word behind them. The two are returned apart because the path is the caller's
// and stays on its stack.
func (p *parser) parseKey(text string, path []string) (embeds []string, last leaf, err error) {
	s := scanner{what: "tree path", text: text}
	for {
		last.name, last.quoted, err = s.name()
		if err != nil {
			return nil, leaf{}, err
		}
		if !s.accept(".") {
			break
		}
		path = append(path, last.name)
	}
	if last.path, err = p.jsonPath(&s); err != nil {
		return nil, leaf{}, err
	}
	last.quoted = last.quoted || !last.path.IsZero()
	if !s.eof() {
		return nil, leaf{}, s.unexpected("delimiter (.) or end of input")
	}
	if n := len(path); !last.quoted && (last.name == "and" || last.name == "or") && n > 0 && path[n-1] == "not" {
		path, last.negated = path[:n-1], true
	}
	return path, last, nil
}

// target is what parameters with the same embeds in their key apply to: the root
// of the query or one of its embeds.
type target struct {
	query      *query.Query
	conds      []store.Cond
	predicates int // comparisons in conds
	seen       seen
}

// add adds a condition that consists of so many comparisons.
func (t *target) add(c store.Cond, predicates int) {
	t.conds = append(t.conds, c)
	t.predicates += predicates
}

// seen notes which parameters a target has got that may be given once.
type seen uint8

const (
	seenSelect seen = 1 << iota
	seenOrder
	seenLimit
	seenOffset
	seenAfter
	seenColumns
	seenOnConflict
)

// once notes a parameter, and fails if it was noted before.
func (t *target) once(what seen, key string) error {
	if t.seen&what != 0 {
		return repeated(key)
	}
	t.seen |= what
	return nil
}

// target finds the target of a path of embeds, which select must have named.
// What it returns is valid until the next call.
func (p *parser) target(path []string) (*target, error) {
	q := p.targets[0].query
	for _, name := range path {
		embed, found := embedNamed(q, name)
		switch found {
		case 0:
			return nil, notEmbedded(name)
		case 1:
			q = &embed.Query
		default:
			return nil, ambiguousEmbed(name)
		}
	}
	for i := range p.targets {
		if p.targets[i].query == q {
			return &p.targets[i], nil
		}
	}
	p.targets = append(p.targets, target{query: q})
	return &p.targets[len(p.targets)-1], nil
}

// embedNamed finds an embed by its name in the answer, or else by its relation,
// and says how many there are of that name.
func embedNamed(q *query.Query, name string) (embed *query.Embed, found int) {
	if embed, found = embedAnswered(q, name); found > 0 {
		return embed, found
	}
	for i := range q.With {
		if relationName(&q.With[i]) == name {
			embed = &q.With[i]
			found++
		}
	}
	return embed, found
}

// embedAnswered finds an embed by its name in the answer, and says how many there
// are: those that are spread may share one.
func embedAnswered(q *query.Query, name string) (embed *query.Embed, found int) {
	for i := range q.With {
		if embedName(&q.With[i]) == name {
			embed = &q.With[i]
			found++
		}
	}
	return embed, found
}

// hintMark separates the name of a relation from a hint, here and in the store.
const hintMark = "!"

// relationName returns the name of an embed's relation without a hint.
func relationName(embed *query.Embed) string {
	name, _, _ := strings.Cut(embed.Relation, hintMark)
	return name
}

// embedName returns the name of an embed in the answer. One that is spread, and
// has none there, is known by its relation.
func embedName(embed *query.Embed) string { return answerName(embed.As, relationName(embed)) }

// answerName returns the name of an item in the answer.
func answerName(alias, name string) string {
	if alias != "" {
		return alias
	}
	return name
}

// reservedAtRoot reports whether a key is a word of the wire on the top level
// only.
func reservedAtRoot(key string) bool {
	switch key {
	case "select", "columns", "on_conflict", "after":
		return true
	}
	return false
}

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
