package pgrst

import "github.com/seed-7694ebf6/plinth/store"

const jsonPath = "JSON paths are"

// key is the left side of a parameter: names of embeds, and in the end a column
// or one of the reserved words.
type key struct {
	embeds  []string
	last    string
	quoted  bool // last is quoted, so it is a column
	negated bool // "not." stood before the reserved word and or or
}

// parseKey splits a key at its dots. The embeds are appended to buf.
func parseKey(text string, buf []string) (key, error) {
	s := scanner{what: "tree path", text: text}
	k := key{embeds: buf}
	for {
		name, quoted, err := s.name()
		if err != nil {
			return key{}, err
		}
		k.last, k.quoted = name, quoted
		if !s.accept(".") {
			break
		}
		k.embeds = append(k.embeds, name)
	}
	switch {
	case s.has("->"):
		return key{}, unsupported(jsonPath)
	case !s.eof():
		return key{}, s.unexpected("delimiter (.) or end of input")
	}
	if n := len(k.embeds); !k.quoted && (k.last == "and" || k.last == "or") && n > 0 && k.embeds[n-1] == "not" {
		k.embeds, k.negated = k.embeds[:n-1], true
	}
	return k, nil
}

// target is what parameters with the same embeds in their key apply to: the root
// of the query or one of its embeds.
type target struct {
	query *store.Query
	conds []store.Cond
	seen  seen
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
func embedNamed(q *store.Query, name string) (embed *store.Embed, found int) {
	for i := range q.With {
		if answerName(q.With[i].As, q.With[i].Relation) == name {
			return &q.With[i], 1
		}
	}
	for i := range q.With {
		if q.With[i].Relation == name {
			embed = &q.With[i]
			found++
		}
	}
	return embed, found
}

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
