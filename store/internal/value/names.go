package value

import (
	"reflect"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// QuoteIdent quotes an identifier of the schema. Names are checked when a table
// is registered; quoting keeps reserved words usable.
func QuoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// ValidName reports whether a name is plain: a letter or underscore, then
// letters, digits and underscores, at most PostgreSQL's 63 bytes.
func ValidName(name string) bool {
	if name == "" || len(name) > 63 {
		return false
	}
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// Underscore turns a Go name into the form column names have: OwnerID is
// owner_id.
func Underscore(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		upper := c >= 'A' && c <= 'Z'
		if upper && i > 0 {
			prevUpper := s[i-1] >= 'A' && s[i-1] <= 'Z'
			nextLower := i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z'
			if !prevUpper && s[i-1] != '_' || prevUpper && nextLower {
				b.WriteByte('_')
			}
		}
		if upper {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// FieldOffset returns the offset of a field reached by an index path, or
// noOffset where the path crosses a pointer.
func FieldOffset(t reflect.Type, path []int) uintptr {
	var offset uintptr
	for _, i := range path {
		if t.Kind() == reflect.Pointer {
			return noOffset
		}
		f := t.Field(i)
		offset += f.Offset
		t = f.Type
	}
	return offset
}

const noOffset = ^uintptr(0)

// JSONKey returns the name of a member as it stands in an object, with quotes and colon.
func JSONKey(name string) string {
	return string(append(strictjson.AppendString(nil, name), ':'))
}

// Nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func Nearest(name string, among []string) string {
	self := func(other string) string { return other }
	return errtext.Nearest(name, errtext.MaxTypos(name), among, self, func(other string) bool { return other != name })
}
