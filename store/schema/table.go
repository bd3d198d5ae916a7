// Package schema describes tables as their models declare them: columns, keys and relations.
// Package store registers models; migrations and generators of documents read the tables.
package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/internal/ruletag"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/uptrace/bun/schema"
)

// Table describes a table as declared by its model. Queries, rules, the wire format and
// migrations use it. Tables are made by store.DB.Register and never change afterwards; they
// are safe for concurrent use.
type Table struct {
	// Name is the name of the table in the database and on the wire.
	Name string

	// Columns lists the columns in the order of the struct's fields.
	Columns []*Column

	// PrimaryKey lists the columns of the primary key; of a view those of its declared
	// key, if it has one.
	PrimaryKey []*Column

	// Relations lists the relations in the order of the struct's fields.
	Relations []*Relation

	// ForeignKeys lists the foreign keys this table holds.
	ForeignKeys []*Reference

	// UniqueKeys lists the unique constraints besides the primary key.
	UniqueKeys [][]*Column

	// Indexes and Checks are those of plinth tags. Keys and relations have indexes
	// besides.
	Indexes []*Index
	Checks  []*Check

	// Version, CreatedAt, UpdatedAt, DeletedAt and Tenant are the columns of the mixins
	// store.Model, store.SoftDelete and store.Tenant; nil if the model does not embed them.
	Version, CreatedAt, UpdatedAt, DeletedAt, Tenant *Column

	// Tracked reports whether writes append to the change log.
	Tracked bool

	// History reports whether the change log has the origins of changes. See store.History.
	History bool

	// View reports a model over a view: read-only. See store.View.
	View bool

	// SQLName is the quoted name.
	SQLName string

	// Plan and Hooks belong to the layers above: the statement builder keeps the plans
	// for all columns here, and the write path its hooks, nil without any.
	Plan  atomic.Value
	Hooks any

	goType   reflect.Type
	byName   map[string]*Column
	every    ColumnSet // all columns
	registry *Registry
}

// Column is one column of a [Table].
type Column struct {
	// Table is the table the column belongs to.
	Table *Table

	// Name is the name in the database and on the wire.
	Name string

	// Kind is the type of its values.
	Kind driver.Kind

	// Nullable reports whether the column can hold NULL.
	Nullable bool

	// Key reports whether the column is part of the primary key.
	Key bool

	// Mode limits reading and writing of the column by clients.
	Mode Mode

	// Default is the default of the model's tag in SQL, or empty.
	Default string

	// Searchable reports a column with a search index for query.OpSearch.
	Searchable bool

	// Enum lists the values the column can have, nil for any.
	Enum []string

	// NoDefault reports a column that every new row must be given.
	NoDefault bool

	// Generated reports a key the database assigns; Assignable that clients may give it.
	Generated, Assignable bool

	// Rules is the validate tag of the field.
	Rules string

	// Required reports whether Rules reject the zero value. Checks are the other Rules,
	// for the validator.
	Required bool
	Checks   string

	// Index is the position in Columns of the table, and in rows of bound values.
	Index int

	// GoType converts values of the field.
	GoType value.GoType

	// SQLName is the quoted name, JSONKey the name as key of a JSON object with its
	// colon.
	SQLName, JSONKey string

	// Place is set for a value inside the documents of a column, see [Column.At].
	Place *Place

	// Total marks an aggregate of floats, which is a decimal until it is written.
	Total bool

	field   *schema.Field
	offset  uintptr
	initial columnDefault
}

// Mode limits how clients may read and write a column. It comes from the plinth tag. A
// policy can narrow a mode but not widen it.
type Mode uint8

const (
	// ReadWrite is the mode of a column without a tag.
	ReadWrite Mode = iota
	// CreateOnly is given on insert and never changed.
	CreateOnly
	// ReadOnly is written by the application only.
	ReadOnly
	// Hidden is unknown on the wire; rules, hooks and the change log see it.
	Hidden
	// Secret is hidden and also absent from log, errors and statement logs.
	Secret
)

// Reference is a foreign key.
type Reference struct {
	// Name is the name of the constraint, <table>_<column>_fkey.
	Name string

	// Columns refer to Keys of Target.
	Columns []*Column
	Target  *Table
	Keys    []*Column

	// OnDelete is what happens to a row when its target is deleted.
	OnDelete Action
}

// Action is what a delete does to the rows that refer to the deleted one. The store
// executes it, so that it is logged; the foreign key in the database has RESTRICT. More
// than 10,000 rows in total, or more than 16 levels, fail with a [fault.LimitError].
type Action uint8

// The actions on delete.
const (
	Restrict Action = iota
	Cascade
	SetNull
)

// Column returns the column of the name, or nil.
func (t *Table) Column(name string) *Column { return t.byName[name] }

// AllColumns returns the set of all columns.
func (t *Table) AllColumns() ColumnSet { return t.every }

// PublicColumns returns the columns that are neither hidden nor secret.
func (t *Table) PublicColumns() ColumnSet {
	var s ColumnSet
	for _, c := range t.Columns {
		if c.Mode < Hidden {
			s.Add(c)
		}
	}
	return s
}

// HasHooks reports whether store.Before or store.After has registered a hook for the table.
func (t *Table) HasHooks() bool { return t.Hooks != nil }

// CreatableColumns returns the columns a client may give on insert, as far as
// the model says: not read-only, not hidden, not set by the library. A key the
// database makes is among them only if its tag says so: a client that can choose it can
// use up the keys.
func (t *Table) CreatableColumns() ColumnSet {
	return t.Writable(func(c *Column) bool { return c.Mode <= CreateOnly && (!c.Generated || c.Assignable) })
}

// UpdatableColumns returns the columns a client may set on update, as far as
// the model says.
func (t *Table) UpdatableColumns() ColumnSet {
	return t.Writable(func(c *Column) bool { return c.Mode == ReadWrite && !c.Key })
}

// Writable returns the columns that are allowed, none of a view.
func (t *Table) Writable(allowed func(*Column) bool) ColumnSet {
	var s ColumnSet
	if t.View {
		return s
	}
	for _, c := range t.Columns {
		if allowed(c) && !t.Managed(c) {
			s.Add(c)
		}
	}
	return s
}

// Managed reports whether the library itself sets the column.
func (t *Table) Managed(c *Column) bool {
	return c == t.Version || c == t.CreatedAt || c == t.UpdatedAt || c == t.DeletedAt || c == t.Tenant
}

// Referrers returns the foreign keys of registered tables that point here: not of the
// table itself, since tables that are registered later add to them.
func (t *Table) Referrers() []*Reference { return t.registry.tables.Load().referrers[t] }

// Type returns the struct type of the model.
func (t *Table) Type() reflect.Type { return t.goType }

// newTable reads columns and keys of a bun table; relations follow when all
// tables are known.
func newTable(r *Registry, bt *schema.Table) (*Table, error) {
	t := &Table{
		Name: bt.Name, Tracked: true, goType: bt.Type, registry: r,
		byName: make(map[string]*Column, len(bt.Fields)),
	}
	if strings.Contains(bt.Name, ".") {
		return nil, fmt.Errorf("store: table %s: schemas other than the default are not supported", bt.Name)
	}
	t.SQLName = value.QuoteIdent(t.Name)
	if len(bt.Fields) > MaxColumns {
		return nil, fmt.Errorf("store: table %s has %d columns, at most %d are supported", t.Name, len(bt.Fields), MaxColumns)
	}
	errs := []error{refuseBunHooks(bt.Type)}
	var groups []groupTag
	for _, f := range bt.Fields {
		c, own, err := newColumn(t, f, len(t.Columns))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if t.byName[c.Name] != nil {
			errs = append(errs, fmt.Errorf("store: table %s has two columns %s", t.Name, c.Name))
			continue
		}
		groups = append(groups, own...)
		t.Columns = append(t.Columns, c)
		t.every.Add(c)
		t.byName[c.Name] = c
		if c.Key {
			t.PrimaryKey = append(t.PrimaryKey, c)
		}
	}
	t.readMixins()
	t.View = t.View || len(bt.PKs) == 0
	t.readUniqueKeys(bt)
	errs = append(errs, t.readGroups(groups))
	sortUniqueKeys(t.UniqueKeys)
	if t.View {
		t.Tracked = false
	}
	if err := errors.Join(append(errs, t.check())...); err != nil {
		return nil, err
	}
	return t, nil
}

// newColumn reads a field, and the options of its tag that can concern other columns.
func newColumn(t *Table, f *schema.Field, index int) (*Column, []groupTag, error) {
	var errs []error
	check := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("store: %s.%s: %w", t.goType, f.GoName, err))
		}
	}
	gt, errType := value.Of(f, t.registry.options.Known)
	tag, errTag := parseTag(f.StructField.Tag.Get("plinth"), f.Name)
	check(errType)
	check(errTag)
	c := &Column{
		Table: t, Name: f.Name, Kind: gt.Kind, Nullable: gt.Nullable && !f.IsPK, Key: f.IsPK, Mode: tag.mode, Searchable: tag.searchable,
		Enum: tag.enum, NoDefault: tag.noDefault, Assignable: tag.byDefault,
		Default: f.SQLDefault, Generated: f.AutoIncrement || f.Identity, Rules: f.StructField.Tag.Get("validate"),
		Index: index, field: f, GoType: gt,
	}
	if !value.ValidName(c.Name) {
		check(fmt.Errorf("column name %q must be letters, digits and underscores", c.Name))
	}
	c.Required, c.Checks = ruletag.Split(c.Rules)
	check(t.registry.options.CheckRules(c.Checks, f.StructField.Type))
	c.SQLName = value.QuoteIdent(c.Name)
	c.JSONKey = `"` + c.Name + `":`
	c.offset = value.FieldOffset(t.goType, f.Index)
	if errType == nil {
		var err error
		c.initial, err = readDefault(c)
		check(err)
	}
	return c, tag.groups, errors.Join(errs...)
}

// readMixins finds the columns of the mixins by the struct they come from.
func (t *Table) readMixins() {
	mixins := t.registry.options.Mixins
	for f := range t.goType.Fields() {
		if !f.Anonymous {
			continue
		}
		switch f.Type {
		case mixins.Model:
			t.Version, t.CreatedAt, t.UpdatedAt = t.byName["version"], t.byName["created_at"], t.byName["updated_at"]
		case mixins.SoftDelete:
			t.DeletedAt = t.byName["deleted_at"]
		case mixins.Tenant:
			t.Tenant = t.byName["tenant_id"]
		case mixins.Untracked:
			t.Tracked = false
		case mixins.History:
			t.History = true
		case mixins.View:
			t.View = true
		}
	}
}

func (t *Table) readUniqueKeys(bt *schema.Table) {
	for name, fields := range bt.Unique {
		var group []*Column
		for _, f := range fields {
			c := t.byName[f.Name]
			if c == nil {
				continue
			}
			if name == "" {
				t.UniqueKeys = append(t.UniqueKeys, []*Column{c})
				continue
			}
			group = append(group, c)
		}
		if len(group) > 0 {
			t.UniqueKeys = append(t.UniqueKeys, group)
		}
	}
}

// check rejects models that the engines would treat differently.
func (t *Table) check() error {
	var errs []error
	if !value.ValidName(t.Name) {
		errs = append(errs, fmt.Errorf("store: table name %q must be letters, digits and underscores", t.Name))
	}
	for _, c := range t.Columns {
		errs = append(errs, c.checkSearchable(), c.checkTag())
	}
	for _, c := range t.PrimaryKey {
		switch alone := len(t.PrimaryKey) == 1 && !t.View; {
		case alone && c.Kind != driver.KindUUID && c.Kind != driver.KindInt && c.Kind != driver.KindText:
			errs = append(errs, fmt.Errorf("store: table %s: primary key %s is %s, want store.ID, an integer or text", t.Name, c.Name, c.Kind))
		case !c.Kind.Ordered():
			errs = append(errs, fmt.Errorf("store: table %s: primary key column %s is %s, which has no order", t.Name, c.Name, c.Kind))
		}
	}
	return errors.Join(errs...)
}
