package query

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Path selects a value in the documents of a JSON column, like PostgreSQL's -> and ->>.
// A missing value is NULL. The zero Path is the column itself; paths can be compared
// with ==. Keys are bound as values, so any text can be a key.
//
//	store.Path{}.Key("address").Key("city").Text()
type Path struct {
	above string // the steps before the last, each behind its arrow
	last  string // a quoted key or a position
	text  bool
}

// Key returns the path to the member of an object.
func (p Path) Key(name string) Path { return p.step(strconv.Quote(name)) }

// Item returns the path to the element of an array, counted from 0, or from -1
// backwards.
func (p Path) Item(position int32) Path { return p.step(strconv.FormatInt(int64(position), 10)) }

func (p Path) step(step string) Path {
	if p.last != "" {
		p.above += "->" + p.last
	}
	p.last = step
	return p
}

// Text returns the path to the value as text instead of JSON: a string without
// its quotes, the document null as NULL.
func (p Path) Text() Path {
	p.text = true
	return p
}

// IsZero reports whether the path leads nowhere.
func (p Path) IsZero() bool { return p.last == "" }

// Name returns the name of the value in an answer: the last key, or "" if there is
// none.
func (p Path) Name() string {
	name := ""
	for _, step := range p.steps() {
		if key, ok := step.(string); ok {
			name = key
		}
	}
	return name
}

// String returns the path with its keys quoted: ->"address"->>"city".
func (p Path) String() string {
	switch {
	case p.IsZero():
		return ""
	case p.text:
		return p.above + "->>" + p.last
	}
	return p.above + "->" + p.last
}

// steps returns the steps, strings and int64s, as both engines bind them.
func (p Path) steps() []any {
	var steps []any
	for rest := p.above + "->" + p.last; len(rest) > len("->"); {
		rest = rest[len("->"):]
		step, err := strconv.QuotedPrefix(rest)
		if err != nil {
			step, _, _ = strings.Cut(rest, "->")
		}
		rest = rest[len(step):]
		if key, err := strconv.Unquote(step); err == nil {
			steps = append(steps, key)
		} else if n, err := strconv.ParseInt(step, 10, 32); err == nil {
			steps = append(steps, n)
		}
	}
	return steps
}

// ColumnAt returns a column for the value at a path, a document or a text. The zero path
// returns c.
func ColumnAt(c *schema.Column, p Path) (*schema.Column, error) {
	if p.IsZero() {
		return c, nil
	}
	return c.At(&schema.Place{Path: p.String(), Steps: p.steps(), Text: p.text})
}
