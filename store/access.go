package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
)

// Gate reads and writes one table by column names and JSON, within a scope. The network
// APIs use it; Go code uses [For]. A Gate is a value and safe for concurrent use if its
// session is.
type Gate struct {
	r read.Reader
}

// NewGate returns the gate of a scope to a table. With a nil scope every operation
// is [ErrNoScope].
func NewGate(s Session, t *Table, scope *Scope) Gate {
	own := core.SessionOf(s)
	own.Scope = read.OrNoScope(scope)
	return Gate{read.Reader{Session: own, Table: t, Scope: own.Scope}}
}

// UnscopedGate returns the gate of trusted code to a table: no rules apply to it.
func UnscopedGate(s Session, t *Table) Gate {
	return Gate{read.Reader{Session: core.SessionOf(s), Table: t}}
}

// Read reads the rows of a query into out. A name the scope may not know is an
// [UnknownColumnError] or [UnknownRelationError], like one that does not exist.
func (g Gate) Read(ctx context.Context, q *Query, opts ReadOptions, out *Rows) error {
	return g.r.Get(ctx, q, opts, out)
}

// Versioned reports whether rows have a version that the scope may read: without one
// [WriteOptions] Versions match none.
func (g Gate) Versioned() bool {
	return len(sqlgen.VersionColumn(g.r.Table, g.r.Scope.GuardOf(g.r.Table))) > 0
}

// Insert writes new rows. A preset column with another value, or a row the scope may
// not create, rolls back the whole write with [ErrDenied].
func (g Gate) Insert(ctx context.Context, in *Input, opts WriteOptions, out *Rows) error {
	return write.Insert(ctx, g.r, &in.in, opts, out)
}

// Upsert inserts rows and updates those that exist. The rules for updates apply to
// existing rows. An existing row that the scope may not read or update fails the whole
// write with a [ConstraintError] that only reports the taken key.
func (g Gate) Upsert(ctx context.Context, in *Input, opts UpsertOptions, out *Rows) error {
	return write.Upsert(ctx, g.r, &in.in, opts, out)
}

// Update sets columns of the rows that the condition selects and the scope may read and
// update. If the scope may not write the new state of a row, the whole write is rolled
// back with [ErrDenied].
func (g Gate) Update(ctx context.Context, p *Patch, where Cond, opts WriteOptions, out *Rows) error {
	return write.Update(ctx, g.r, &p.patch, where, opts, out)
}

// Delete deletes the rows that the condition selects and the scope may read and delete;
// with [SoftDelete] it marks them.
func (g Gate) Delete(ctx context.Context, where Cond, opts WriteOptions, out *Rows) error {
	return write.Delete(ctx, g.r, where, opts, out)
}

// Restore brings back deleted rows of a table with [SoftDelete].
func (g Gate) Restore(ctx context.Context, where Cond, opts WriteOptions, out *Rows) error {
	return write.Restore(ctx, g.r, where, opts, out)
}
