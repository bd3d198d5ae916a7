package strictjson

import (
	"bytes"
	"cmp"
	"slices"
)

// Canonical appends the canonical form of a document to dst: the text of PostgreSQL's
// jsonb without its spaces. See [Value.AppendCanonical].
func Canonical(dst, raw []byte, lim Limits) ([]byte, error) {
	v, err := Parse(raw, lim)
	if err != nil {
		return dst, err
	}
	return v.AppendCanonical(dst), nil
}

// AppendCanonical appends the canonical form of v to dst. Keys are in order of their
// length in bytes and then of their bytes, the last of equal keys is kept, numbers
// are without exponent and negative zero but keep their scale, and strings have the
// escapes of [AppendString]. The canonical form of a canonical form is itself.
func (v Value) AppendCanonical(dst []byte) []byte {
	if v.Kind() == Missing {
		return dst
	}
	c := canon{data: v.raw, dst: slices.Grow(dst, len(v.raw))}
	c.value(0)
	return c.dst
}

// canon writes a canonical form. Its methods take the position of what they write
// and return the position after it.
type canon struct {
	data  []byte
	dst   []byte
	pairs []pair // the members of open objects, innermost last
	arena []byte // unescaped keys of open objects
	text  []byte // the unescaped string being written
}

// pair is a member of an object: its key between two positions of the document, or of
// the arena where the key had escapes, and the position of its value.
type pair struct {
	from, to keyRef
	value    uint32
}

func (c *canon) value(i int) int {
	switch c.data[i] {
	case '"':
		return c.str(i)
	case '{':
		return c.object(i)
	case '[':
		return c.array(i)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return c.number(i)
	}
	end := skipValue(c.data, i)
	c.dst = append(c.dst, c.data[i:end]...)
	return end
}

func (c *canon) str(i int) int {
	end := skipString(c.data, i)
	quoted := c.data[i:end]
	if bytes.IndexByte(quoted, '\\') < 0 {
		c.dst = append(c.dst, quoted...)
		return end
	}
	c.text = appendUnquoted(c.text[:0], quoted)
	c.dst = AppendStringBytes(c.dst, c.text)
	return end
}

func (c *canon) number(i int) int {
	n, end, _ := parseNumber(c.data, i)
	if n.hasExp || n.negative && n.allZeroes {
		c.dst = n.append(c.dst)
	} else {
		c.dst = append(c.dst, c.data[i:end]...)
	}
	return end
}

func (c *canon) array(i int) int {
	c.dst = append(c.dst, '[')
	i = skipSpace(c.data, i+1)
	for n := 0; c.data[i] != ']'; n++ {
		if n > 0 {
			c.dst = append(c.dst, ',')
		}
		i = next(c.data, c.value(i))
	}
	c.dst = append(c.dst, ']')
	return i + 1
}

func (c *canon) object(i int) int {
	base, arena := len(c.pairs), len(c.arena)
	end := c.collect(i)
	slices.SortFunc(c.pairs[base:], c.compare)
	last := len(c.pairs) - 1

	c.dst = append(c.dst, '{')
	for k := base; k <= last; k++ {
		p := c.pairs[k] // by index: nested objects may move the slice
		if k < last && bytes.Equal(c.key(p), c.key(c.pairs[k+1])) {
			continue
		}
		c.dst = AppendStringBytes(c.dst, c.key(p))
		c.dst = append(c.dst, ':')
		c.value(int(p.value))
		if k < last {
			c.dst = append(c.dst, ',')
		}
	}
	c.dst = append(c.dst, '}')
	c.pairs, c.arena = c.pairs[:base], c.arena[:arena]
	return end
}

// collect appends the members of the object at i to c.pairs.
func (c *canon) collect(i int) int {
	// Growing a long slice by appending would hold the old and the new one at once.
	room := 16
	if len(c.data)-i > 4096 {
		room = countMembers(c.data, i)
	}
	c.pairs = slices.Grow(c.pairs, room)
	for i = skipSpace(c.data, i+1); c.data[i] != '}'; {
		end := skipString(c.data, i)
		p := pair{from: newKeyRef(i+1, false), to: newKeyRef(end-1, false)}
		if quoted := c.data[i:end]; bytes.IndexByte(quoted, '\\') >= 0 {
			p.from = newKeyRef(len(c.arena), true)
			c.arena = appendUnquoted(c.arena, quoted)
			p.to = newKeyRef(len(c.arena), true)
		}
		i = skipSpace(c.data, skipSpace(c.data, end)+1)
		p.value = newKeyRef(i, false)
		c.pairs = append(c.pairs, p)
		i = next(c.data, skipValue(c.data, i))
	}
	return i + 1
}

func countMembers(b []byte, i int) int {
	n := 0
	for i = skipSpace(b, i+1); b[i] != '}'; n++ {
		i = skipSpace(b, skipSpace(b, skipString(b, i))+1)
		i = next(b, skipValue(b, i))
	}
	return n
}

func (c *canon) key(p pair) []byte {
	if p.from&escapedKey != 0 {
		return c.arena[position(p.from):position(p.to)]
	}
	return c.data[p.from:p.to]
}

// compare is jsonb's order of keys; equal keys stay in the order of the document.
func (c *canon) compare(a, b pair) int {
	ka, kb := c.key(a), c.key(b)
	if len(ka) != len(kb) {
		return len(ka) - len(kb)
	}
	if order := bytes.Compare(ka, kb); order != 0 {
		return order
	}
	return cmp.Compare(a.value, b.value)
}
