// Package access reads and writes tables by the names of their columns and JSON, in the name
// of a scope. The REST API stands on it; Go code uses the repositories of package store.
package access

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Gate reads and writes one table by column names and JSON, within a scope. The network
// APIs use it; Go code uses store.For. A Gate is a value and safe for concurrent use if its
// session is.
type Gate struct {
	r read.Reader
}

// New returns the gate of a scope to a table. With a nil scope every operation
// is [fault.ErrNoScope].
func New(s store.Session, t *schema.Table, scope *query.Scope) Gate {
	own := core.SessionOf(s)
	own.Scope = read.RequireScope(scope)
	return Gate{read.Reader{Session: own, Table: t, Scope: own.Scope}}
}

// Trusted returns the gate of trusted code to a table: no rules apply to it.
func Trusted(s store.Session, t *schema.Table) Gate {
	return Gate{read.Reader{Session: core.SessionOf(s), Table: t}}
}

// Read reads the rows of a query into out. A name the scope may not know is an
// [fault.UnknownColumnError] or [fault.UnknownRelationError], like one that does not exist.
func (g Gate) Read(ctx context.Context, q *query.Query, opts query.ReadOptions, out *query.Rows) error {
	return g.r.Get(ctx, q, opts, out)
}

// Versioned reports whether rows have a version that the scope may read: without one
// [query.WriteOptions] Versions match none.
func (g Gate) Versioned() bool {
	return len(sqlgen.VersionColumn(g.r.Table, g.r.Scope.GuardOf(g.r.Table))) > 0
}

// Insert writes new rows. A preset column with another value, or a row the scope may
// not create, rolls back the whole write with [fault.ErrDenied].
func (g Gate) Insert(ctx context.Context, in *Input, opts query.WriteOptions, out *query.Rows) error {
	return write.Insert(ctx, g.r, &in.in, opts, out)
}

// Upsert inserts rows and updates those that exist. The rules for updates apply to
// existing rows. An existing row that the scope may not read or update fails the whole
// write with a [fault.ConstraintError] that only reports the taken key.
func (g Gate) Upsert(ctx context.Context, in *Input, opts query.UpsertOptions, out *query.Rows) error {
	return write.Upsert(ctx, g.r, &in.in, opts, out)
}

// Update sets columns of the rows that the condition selects and the scope may read and
// update. If the scope may not write the new state of a row, the whole write is rolled
// back with [fault.ErrDenied].
func (g Gate) Update(ctx context.Context, p *Patch, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	return write.Update(ctx, g.r, &p.patch, where, opts, out)
}

// Delete deletes the rows that the condition selects and the scope may read and delete;
// with store.SoftDelete it marks them.
func (g Gate) Delete(ctx context.Context, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	return write.Delete(ctx, g.r, where, opts, out)
}

// Restore brings back deleted rows of a table with store.SoftDelete.
func (g Gate) Restore(ctx context.Context, where query.Cond, opts query.WriteOptions, out *query.Rows) error {
	return write.Restore(ctx, g.r, where, opts, out)
}
