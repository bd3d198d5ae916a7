package schema

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/uptrace/bun/schema"
)

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
		return slices.CompareFunc(a, b, func(x, y *Column) int { return cmp.Compare(x.Index, y.Index) })
	})
}
