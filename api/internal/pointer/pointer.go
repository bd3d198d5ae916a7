// Package pointer reads and writes places in JSON documents by JSON Pointer (RFC
// 6901). It knows nothing of the API.
package pointer

import (
	"errors"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// Errors of pointers, for the client's eyes.
var (
	ErrSyntax  = errors.New(`a JSON pointer is empty or begins with "/"; "~" stands before 0 or 1 only`)
	ErrMissing = errors.New("the document has no such place")
)

// Parse returns the names and indexes a pointer goes along. The empty pointer is
// the whole document.
func Parse(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return nil, ErrSyntax
	}
	path := strings.Split(rest, "/")
	for i, token := range path {
		plain := strings.ReplaceAll(strings.ReplaceAll(token, "~0", ""), "~1", "")
		if strings.Contains(plain, "~") {
			return nil, ErrSyntax
		}
		path[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return path, nil
}

// Find returns the value at a place.
func Find(doc strictjson.Value, path []string) (strictjson.Value, error) {
	for _, token := range path {
		found := strictjson.Value{}
		for name, member := range doc.Members() {
			if string(name) == token {
				found = member
			}
		}
		for i, element := range doc.Elements() {
			if strconv.Itoa(i) == token {
				found = element
			}
		}
		if found.Kind() == strictjson.Missing {
			return found, ErrMissing
		}
		doc = found
	}
	return doc, nil
}

// Graft is values to be put into a document: at its root, or below.
type Graft struct {
	value []byte
	inner map[string]*Graft
	names []string // of inner, in the order they were given
}

// Add puts a value at a place, instead of what is there.
func (g *Graft) Add(path []string, value []byte) {
	for _, token := range path {
		next := g.inner[token]
		if next == nil {
			if g.inner == nil {
				g.inner = map[string]*Graft{}
			}
			next = &Graft{}
			g.inner[token] = next
			g.names = append(g.names, token)
		}
		g = next
	}
	g.value = value
}

// Append appends the document with the values in it. A member that is not there
// is added to its object; everything above it has to be there.
func (g *Graft) Append(dst []byte, doc strictjson.Value) ([]byte, error) {
	switch {
	case g == nil || g.value == nil && len(g.inner) == 0:
		return append(dst, doc.Raw()...), nil
	case g.value != nil:
		return append(dst, g.value...), nil
	}
	switch doc.Kind() {
	case strictjson.Object:
		return g.appendObject(dst, doc)
	case strictjson.Array:
		return g.appendArray(dst, doc)
	}
	return nil, ErrMissing
}

func (g *Graft) appendObject(dst []byte, doc strictjson.Value) (_ []byte, err error) {
	dst = append(dst, '{')
	start, there := len(dst), map[string]bool{}
	for name, member := range doc.Members() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		there[string(name)] = true
		dst = append(strictjson.AppendStringBytes(dst, name), ':')
		if dst, err = g.inner[string(name)].Append(dst, member); err != nil {
			return nil, err
		}
	}
	for _, name := range g.names {
		added := g.inner[name]
		switch {
		case there[name]:
			continue
		case added.value == nil:
			return nil, ErrMissing
		case len(dst) > start:
			dst = append(dst, ',')
		}
		dst = append(append(strictjson.AppendString(dst, name), ':'), added.value...)
	}
	return append(dst, '}'), nil
}

func (g *Graft) appendArray(dst []byte, doc strictjson.Value) (_ []byte, err error) {
	dst = append(dst, '[')
	used := 0
	for i, element := range doc.Elements() {
		if i > 0 {
			dst = append(dst, ',')
		}
		inner := g.inner[strconv.Itoa(i)]
		if inner != nil {
			used++
		}
		if dst, err = inner.Append(dst, element); err != nil {
			return nil, err
		}
	}
	if used < len(g.inner) {
		return nil, ErrMissing
	}
	return append(dst, ']'), nil
}
