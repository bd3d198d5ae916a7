package write

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Input is rows to be inserted: for each row one value for each column of the table, or
// absent.
type Input struct {
	Rows  [][]any
	Given schema.ColumnSet // columns that any row gives
}

// Patch is the assignments of an update.
type Patch struct {
	Sets    []Assignment
	Restore bool // deleted rows come back, and nothing is set
}

// Insert writes new rows, see access.Gate.Insert.
func Insert(ctx context.Context, r read.Reader, in *Input, opts query.WriteOptions, out *query.Rows) error {
	w, err := newWrite(ctx, r, query.OpInsert, opts)
	if err != nil {
		return err
	}
	w.rows, w.given = in.Rows, in.Given
	return w.run(ctx, out)
}

// Upsert inserts rows and updates those that exist, see access.Gate.Upsert.
func Upsert(ctx context.Context, r read.Reader, in *Input, opts query.UpsertOptions, out *query.Rows) error {
	w, err := newWrite(ctx, r, query.OpInsert, opts.WriteOptions)
	if err != nil {
		return err
	}
	keys, err := conflictKey(r, opts.Conflict)
	if err != nil {
		return err
	}
	w.rows, w.given = in.Rows, in.Given
	w.upsert = &upsert{keys: keys, ignore: opts.Ignore, mustInsert: opts.New, mustUpdate: opts.Known || opts.Versions != nil, sets: in.Given}
	for _, k := range keys {
		w.upsert.sets.Remove(k)
	}
	updatable := r.Table.Writable(func(c *schema.Column) bool { return c.Mode != schema.CreateOnly && !c.Key })
	if w.guard != nil {
		updatable = w.guard.Updatable
	}
	w.upsert.sets = w.upsert.sets.With(updatable)
	return w.run(ctx, out)
}

// conflictKey resolves the columns of an upsert, which must be a key, or a key of each tenant
// without the tenant.
func conflictKey(r read.Reader, names []string) ([]*schema.Column, error) {
	if names == nil {
		return r.Table.PrimaryKey, nil
	}
	var set schema.ColumnSet
	var cols []*schema.Column
	guard := r.Scope.GuardOf(r.Table)
	for _, name := range names {
		c, err := query.Lookup(r.Table, guard, name)
		if err != nil {
			return nil, err
		}
		if !set.Has(c) {
			set.Add(c)
			cols = append(cols, c)
		}
	}
	keys := append([][]*schema.Column{r.Table.PrimaryKey}, r.Table.UniqueKeys...)
	of := func(set schema.ColumnSet, columns int) []*schema.Column {
		i := slices.IndexFunc(keys, func(key []*schema.Column) bool { return len(key) == columns && covers(&set, key) })
		if i < 0 {
			return nil
		}
		return keys[i]
	}
	if key := of(set, len(cols)); key != nil {
		return key, nil
	}
	if t := r.Table.Tenant; t != nil && !set.Has(t) && len(cols) > 0 {
		// The tenant is that of the write, and clients do not know its column.
		set.Add(t)
		if key := of(set, len(cols)+1); key != nil {
			return key, nil
		}
	}
	return nil, &fault.QueryError{Kind: fault.QueryNoUnique, Reason: "there is no unique constraint matching the ON CONFLICT specification"}
}

// Update sets columns, see access.Gate.Update.
func Update(ctx context.Context, r read.Reader, p *Patch, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	if p.Restore {
		return Restore(ctx, r, where, opts, out)
	}
	w, err := newWrite(ctx, r, query.OpUpdate, opts)
	if err != nil {
		return err
	}
	w.sets, w.where, w.exactly = p.Sets, where, opts.Exactly
	return w.run(ctx, out)
}

// Delete deletes rows, see access.Gate.Delete.
func Delete(ctx context.Context, r read.Reader, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	w, err := newWrite(ctx, r, query.OpDelete, opts)
	if err != nil {
		return err
	}
	w.where = where
	return w.run(ctx, out)
}

// Restore brings back deleted rows, see access.Gate.Restore.
func Restore(ctx context.Context, r read.Reader, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	w, err := newWrite(ctx, r, query.OpRestore, opts)
	if err != nil {
		return err
	}
	if r.Table.DeletedAt == nil {
		return fault.ErrReadOnlyTable
	}
	w.where = where
	return w.run(ctx, out)
}

func covers(set *schema.ColumnSet, cols []*schema.Column) bool {
	for _, c := range cols {
		if !set.Has(c) {
			return false
		}
	}
	return true
}

// WritableColumn finds a column by the name in a body and rejects those the scope may
// not write. Preset columns pass; their values are compared later.
func WritableColumn(r read.Reader, name string, create bool) (*schema.Column, error) {
	if err := r.CheckScope(); err != nil {
		return nil, err
	}
	c := r.Table.Column(name)
	if r.Scope == nil {
		if c == nil {
			return nil, unknownMember(r.Table, name, nil)
		}
		return c, nil
	}
	guard := r.Scope.GuardOf(r.Table)
	switch {
	case guard == nil:
		return nil, &fault.UnknownTableError{Table: r.Table.Name}
	case c == nil:
		return nil, unknownMember(r.Table, name, guard)
	}
	writable := guard.Updatable
	if create {
		writable = guard.Creatable
	}
	if writable.Has(c) || guard.Preset(c) != nil && c.Mode < schema.Hidden {
		return c, nil
	}
	if !guard.Readable.Has(c) && !guard.Creatable.Has(c) && !guard.Updatable.Has(c) {
		return nil, unknownMember(r.Table, name, guard)
	}
	return nil, &fault.ReadOnlyColumnError{Table: r.Table.Name, Column: name}
}

// unknownMember is the error for a member of a body that is not a column.
func unknownMember(t *schema.Table, name string, guard *query.Guard) error {
	return &fault.UnknownColumnError{Table: t.Name, Column: name, Payload: true, Near: query.NearestColumn(t, name, guard)}
}

// Assignment sets a column of a row to a bound value, or adds it.
type Assignment struct {
	Column *schema.Column
	Value  any
	Add    bool
}
