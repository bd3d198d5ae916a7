package schema

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Registry holds the tables of a database. It is safe for concurrent use.
type Registry struct {
	options RegistryOptions
	mu      sync.Mutex // held while models are registered
	tables  atomic.Pointer[tables]
}

// RegistryOptions are what a [Registry] needs to read models.
type RegistryOptions struct {
	// Bun reads the tags of models.
	Bun *bun.DB

	// Known are the types that have a column type without implementing a codec.
	Known map[reflect.Type]value.GoType

	// Mixins are the types that give a table its special columns.
	Mixins Mixins

	// CheckRules returns an error for rules of a validate tag that do not fit a type.
	CheckRules func(rules string, typ reflect.Type) error

	// FullText reports whether the engine has PostgreSQL's full-text search.
	FullText bool
}

// Mixins are the types of embedded structs that a [Registry] looks for.
type Mixins struct {
	Model, SoftDelete, Tenant, Untracked, History, View reflect.Type
}

// NewRegistry returns a registry without tables.
func NewRegistry(opts RegistryOptions) *Registry {
	r := &Registry{options: opts}
	r.tables.Store(&tables{byType: map[reflect.Type]*Table{}, byName: map[string]*Table{}, referrers: map[*Table][]*Reference{}})
	return r
}

// Register adds the tables of models and of their relations, see store.DB.Register.
func (r *Registry) Register(models ...any) error {
	types := make([]reflect.Type, 0, len(models))
	var errs []error
	for _, m := range models {
		t, err := modelType(m)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		types = append(types, t)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	run := registration{registry: r, next: r.tables.Load().clone(), bun: map[*Table]*schema.Table{}, wrong: map[reflect.Type]error{}}
	if err := run.add(types); err != nil {
		return err
	}
	r.tables.Store(run.next)
	return nil
}

// Table returns the table of a registered model, or nil.
func (r *Registry) Table(model any) *Table {
	t, err := modelType(model)
	if err != nil {
		return nil
	}
	return r.tables.Load().byType[t]
}

// Named returns the registered table of a name, or nil.
func (r *Registry) Named(name string) *Table { return r.tables.Load().byName[name] }

// Tables returns the registered tables in the order they were registered.
func (r *Registry) Tables() []*Table { return slices.Clone(r.tables.Load().order) }

// Of returns the table of a struct type and registers it on first use.
func (r *Registry) Of(t reflect.Type) (*Table, error) {
	if table := r.tables.Load().byType[t]; table != nil {
		return table, nil
	}
	if err := r.Register(reflect.Zero(t).Interface()); err != nil {
		return nil, err
	}
	return r.tables.Load().byType[t], nil
}

// tables are the registered tables. A registration replaces them as a whole.
type tables struct {
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

func (r *tables) clone() *tables {
	return &tables{
		byType: maps.Clone(r.byType), byName: maps.Clone(r.byName), order: slices.Clone(r.order), referrers: maps.Clone(r.referrers),
	}
}

// registration is one call of Register.
type registration struct {
	registry *Registry
	next     *tables
	fresh    []*Table
	bun      map[*Table]*schema.Table
	wrong    map[reflect.Type]error // models that were rejected
}

func (r *registration) add(types []reflect.Type) error {
	// Bun looks a junction up by name among the tables it has finished, so
	// models without relations many to many come first.
	types = slices.Clone(types)
	slices.SortStableFunc(types, func(a, b reflect.Type) int { return value.Bit(hasManyToMany(a)) - value.Bit(hasManyToMany(b)) })
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
	bt, err := bunTable(r.registry.options.Bun, typ)
	if err != nil {
		return nil, err
	}
	t, err := newTable(r.registry, bt)
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

// unreadable says why Bun cannot read a model. For a missing junction it names DB.Register.
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
