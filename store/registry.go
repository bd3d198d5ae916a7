package store

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// registry is what is registered; it is replaced as a whole.
type registry struct {
	byType map[reflect.Type]*Table
	byName map[string]*Table
	order  []*Table

	referrers map[*Table][]*Reference // the foreign keys that point to a table
}

func modelType(model any) (reflect.Type, error) {
	t := reflect.TypeOf(model)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("store: %T is not a model: want a struct", model)
	}
	return t, nil
}

func (r *registry) clone() *registry {
	return &registry{
		byType: maps.Clone(r.byType), byName: maps.Clone(r.byName), order: slices.Clone(r.order), referrers: maps.Clone(r.referrers),
	}
}

// registration is one call of Register.
type registration struct {
	db    *DB
	next  *registry
	fresh []*Table
	bun   map[*Table]*schema.Table
	wrong map[reflect.Type]error // models that were rejected
}

func (r *registration) add(types []reflect.Type) error {
	// Bun looks a junction up by name among the tables it has finished, so
	// models without relations many to many come first.
	types = slices.Clone(types)
	slices.SortStableFunc(types, func(a, b reflect.Type) int { return btoi(hasManyToMany(a)) - btoi(hasManyToMany(b)) })
	var errs []error
	fail := func(err error) {
		if err != nil && !slices.Contains(errs, err) { // a relation to a rejected model has its error
			errs = append(errs, err)
		}
	}
	for _, t := range types {
		_, err := r.table(t)
		fail(err)
	}
	// Relations can bring new tables, which are appended while we go.
	for i := 0; i < len(r.fresh); i++ {
		t := r.fresh[i]
		for _, err := range t.readRelations(r.bun[t], func(bt *schema.Table) (*Table, error) { return r.table(bt.Type) }) {
			fail(err)
		}
		if t.View {
			continue // it holds no rows of its own
		}
		for _, ref := range t.ForeignKeys {
			// The list is read concurrently, so it must not grow in place.
			r.next.referrers[ref.Target] = append(slices.Clip(r.next.referrers[ref.Target]), ref)
		}
	}
	return errors.Join(errs...)
}

// table returns the table of a model. A model is read once, also if it is rejected.
func (r *registration) table(typ reflect.Type) (*Table, error) {
	if t := r.next.byType[typ]; t != nil {
		return t, nil
	}
	if err := r.wrong[typ]; err != nil {
		return nil, err
	}
	t, err := r.read(typ)
	if err != nil {
		r.wrong[typ] = err
	}
	return t, err
}

func (r *registration) read(typ reflect.Type) (*Table, error) {
	bt, err := bunTable(r.db.Bun(), typ)
	if err != nil {
		return nil, err
	}
	t, err := newTable(r.db, bt)
	if err != nil {
		return nil, err
	}
	if other := r.next.byName[t.Name]; other != nil {
		return nil, fmt.Errorf("store: %s and %s are both table %s", other.goType, typ, t.Name)
	}
	r.next.byType[typ], r.next.byName[t.Name] = t, t
	r.next.order = append(r.next.order, t)
	r.fresh = append(r.fresh, t)
	r.bun[t] = bt
	return t, nil
}

// bunTable returns Bun's table and turns Bun's panic on an invalid model into an error.
func bunTable(db *bun.DB, typ reflect.Type) (bt *schema.Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unreadable(typ, p)
		}
	}()
	return db.Table(typ), nil
}

// unreadable says why Bun cannot read a model, in words of this package where the way
// out is one of this package.
func unreadable(typ reflect.Type, reason any) error {
	rest, junction := strings.CutPrefix(fmt.Sprint(reason), "bun: can't find m2m ")
	if name, _, ok := strings.Cut(rest, " table"); junction && ok {
		return fmt.Errorf("store: %s: the junction %s is not registered: give its model to DB.Register first", typ, name)
	}
	return fmt.Errorf("store: %s: %v", typ, reason)
}

func hasManyToMany(t reflect.Type) bool {
	for f := range t.Fields() {
		tag := f.Tag.Get("bun")
		if strings.HasPrefix(tag, "m2m:") || strings.Contains(tag, ",m2m:") {
			return true
		}
	}
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
