package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/uptrace/bun/schema"
)

// quoteIdent quotes an identifier of the schema. Names are checked when a table
// is registered; quoting keeps reserved words usable.
func quoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// validName reports whether a name is plain: a letter or underscore, then
// letters, digits and underscores, at most PostgreSQL's 63 bytes.
func validName(name string) bool {
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

// underscore turns a Go name into the form column names have: OwnerID is
// owner_id.
func underscore(s string) string {
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

// fieldOffset returns the offset of a field reached by an index path, or
// noOffset where the path crosses a pointer.
func fieldOffset(t reflect.Type, path []int) uintptr {
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

// bunHooks are Bun's model hooks. Statements of the library do not run through
// Bun's models, so a hook would silently not run.
var bunHooks = []reflect.Type{
	reflect.TypeFor[schema.BeforeAppendModelHook](),
	reflect.TypeFor[schema.BeforeScanRowHook](),
	reflect.TypeFor[schema.AfterScanRowHook](),
}

func refuseBunHooks(t reflect.Type) error {
	for _, h := range bunHooks {
		if reflect.PointerTo(t).Implements(h) {
			return fmt.Errorf("store: %s implements %s, which the store does not call: use store.Before or store.After", t, h)
		}
	}
	return nil
}

// Bun keeps relations and unique groups in maps; the order of everything we
// make from them is fixed here.

func sortRelations(rs []*Relation) {
	slices.SortFunc(rs, func(a, b *Relation) int { return slices.Compare(a.field.Index, b.field.Index) })
}

func sortReferences(rs []*Reference) {
	slices.SortFunc(rs, func(a, b *Reference) int { return cmp.Compare(a.Name, b.Name) })
}

func sortUniqueKeys(keys [][]*Column) {
	slices.SortFunc(keys, func(a, b []*Column) int {
		return slices.CompareFunc(a, b, func(x, y *Column) int { return cmp.Compare(x.index, y.index) })
	})
}

func jsonKey(name string) string {
	return string(append(strictjson.AppendString(nil, name), ':'))
}
