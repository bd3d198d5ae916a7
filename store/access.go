package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Gate reads and writes one table by column names and JSON, within a scope. The network
// APIs use it; Go code uses [For]. A Gate is a value and safe for concurrent use if its
// session is.
type Gate struct {
	reader
}

// NewGate returns the gate of a scope to a table. With a nil scope every operation
// is [ErrNoScope].
func NewGate(s Session, t *Table, scope *Scope) Gate {
	own := core.SessionOf(s)
	own.Scope = orNoScope(scope)
	return Gate{reader{s: own, table: t, scope: own.Scope}}
}

// UnscopedGate returns the gate of trusted code to a table: no rules apply to it.
func UnscopedGate(s Session, t *Table) Gate {
	return Gate{reader{s: core.SessionOf(s), table: t}}
}

// Read reads the rows of a query into out. A name the scope may not know is an
// [UnknownColumnError] or [UnknownRelationError], like one that does not exist.
func (g Gate) Read(ctx context.Context, q *Query, opts ReadOptions, out *Rows) error {
	return g.read(ctx, q, g.readOptions(q, opts), opts, out)
}

// Versioned reports whether rows have a version that the scope may read: without one
// [WriteOptions] Versions match none.
func (g Gate) Versioned() bool {
	return len(sqlgen.VersionColumn(g.table, g.scope.GuardOf(g.table))) > 0
}

// Insert writes new rows. A preset column with another value, or a row the scope may
// not create, rolls back the whole write with [ErrDenied].
func (g Gate) Insert(ctx context.Context, in *Input, opts WriteOptions, out *Rows) error {
	w, err := newWrite(ctx, g.reader, OpInsert, opts)
	if err != nil {
		return err
	}
	w.rows, w.given = in.rows, in.given
	return w.run(ctx, out)
}

// UpsertOptions are the options of [Gate.Upsert].
type UpsertOptions struct {
	WriteOptions

	// Conflict lists the columns of the primary key or of a unique key that identify an
	// existing row. Nil means the primary key.
	Conflict []string

	// Ignore leaves existing rows unchanged. Otherwise the given columns are written to
	// them.
	Ignore bool

	// New requires that no row exists and Known that every row does.
	// WriteOptions.Versions implies Known and limits the versions of the rows.
	// Otherwise the write is rolled back with [ErrStale].
	New, Known bool
}

// Upsert inserts rows and updates those that exist. The rules for updates apply to
// existing rows. An existing row that the scope may not read or update fails the whole
// write with a [ConstraintError] that only reports the taken key.
func (g Gate) Upsert(ctx context.Context, in *Input, opts UpsertOptions, out *Rows) error {
	w, err := newWrite(ctx, g.reader, OpInsert, opts.WriteOptions)
	if err != nil {
		return err
	}
	keys, err := g.conflictKey(opts.Conflict)
	if err != nil {
		return err
	}
	w.rows, w.given = in.rows, in.given
	w.upsert = &upsert{keys: keys, ignore: opts.Ignore, fresh: opts.New, known: opts.Known || opts.Versions != nil, sets: in.given}
	for _, k := range keys {
		w.upsert.sets.Remove(k)
	}
	updatable := g.table.Writable(func(c *Column) bool { return c.Mode != CreateOnly && !c.Key })
	if w.guard != nil {
		updatable = w.guard.Updatable
	}
	w.upsert.sets = w.upsert.sets.With(updatable)
	return w.run(ctx, out)
}

// conflictKey resolves the columns of an upsert, which must be a key.
func (g Gate) conflictKey(names []string) ([]*Column, error) {
	if names == nil {
		return g.table.PrimaryKey, nil
	}
	var set ColumnSet
	var cols []*Column
	guard := g.scope.GuardOf(g.table)
	for _, name := range names {
		c, err := query.Lookup(g.table, guard, name)
		if err != nil {
			return nil, err
		}
		if !set.Has(c) {
			set.Add(c)
			cols = append(cols, c)
		}
	}
	for _, key := range append([][]*Column{g.table.PrimaryKey}, g.table.UniqueKeys...) {
		if len(key) == len(cols) && covers(&set, key) {
			return key, nil
		}
	}
	return nil, &fault.QueryError{Kind: fault.QueryNoUnique, Reason: "there is no unique constraint matching the ON CONFLICT specification"}
}

// Update sets columns of the rows that the condition selects and the scope may read and
// update. If the scope may not write the new state of a row, the whole write is rolled
// back with [ErrDenied].
func (g Gate) Update(ctx context.Context, p *Patch, where Cond, opts WriteOptions, out *Rows) error {
	if p.restore {
		return g.Restore(ctx, where, opts, out)
	}
	w, err := newWrite(ctx, g.reader, OpUpdate, opts)
	if err != nil {
		return err
	}
	w.sets, w.where, w.exactly = p.sets, where, opts.Exactly
	return w.run(ctx, out)
}

// Delete deletes the rows that the condition selects and the scope may read and delete;
// with [SoftDelete] it marks them.
func (g Gate) Delete(ctx context.Context, where Cond, opts WriteOptions, out *Rows) error {
	w, err := newWrite(ctx, g.reader, OpDelete, opts)
	if err != nil {
		return err
	}
	w.where = where
	return w.run(ctx, out)
}

// Restore brings back deleted rows of a table with [SoftDelete].
func (g Gate) Restore(ctx context.Context, where Cond, opts WriteOptions, out *Rows) error {
	w, err := newWrite(ctx, g.reader, OpRestore, opts)
	if err != nil {
		return err
	}
	if g.table.DeletedAt == nil {
		return ErrReadOnlyTable
	}
	w.where = where
	return w.run(ctx, out)
}

func covers(set *ColumnSet, cols []*Column) bool {
	for _, c := range cols {
		if !set.Has(c) {
			return false
		}
	}
	return true
}
