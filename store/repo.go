package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Repo reads and writes the rows of one model. Make one with [For] when needed. It is a
// value and safe for concurrent use if its session is.
type Repo[T any] struct {
	core *repo
}

// For returns the repository of the model T over a database or a transaction. The model
// is registered on first use. If that fails every method returns the error. The
// repository is trusted, also inside a request: it sees and writes every row of the
// tenant that is not deleted. [Repo.As] limits it to what a caller may do.
func For[T any](s Session) Repo[T] {
	c := &repo{s: core.SessionOf(s)}
	c.table, c.err = c.s.DB.Registry.Of(reflect.TypeFor[T]())
	return Repo[T]{c}
}

// As returns the repository limited to what a scope allows, for example the caller's
// by [ScopeFrom]. With a nil scope every method returns [ErrNoScope].
func (r Repo[T]) As(scope *Scope) Repo[T] {
	return Repo[T]{r.core.with(func(c *repo) {
		c.scope = read.RequireScope(scope)
		if scope == nil && c.err == nil {
			c.err = ErrNoScope
		}
	})}
}

// Unscoped returns the trusted repository, which [For] returns too. It reverts
// [Repo.As] and marks code to which the rules do not apply.
func (r Repo[T]) Unscoped() Repo[T] {
	return Repo[T]{r.core.with(func(c *repo) {
		c.scope = nil
		if errors.Is(c.err, ErrNoScope) {
			c.err = nil
		}
	})}
}

// WithDeleted returns the repository with the deleted rows of a model with
// [SoftDelete]. It has no effect in a scope.
func (r Repo[T]) WithDeleted() Repo[T] {
	return Repo[T]{r.core.with(func(c *repo) { c.access.WithDeleted = true })}
}

// AllTenants returns the repository with the rows of all tenants of a model with
// [Tenant]. It has no effect in a scope.
func (r Repo[T]) AllTenants() Repo[T] {
	return Repo[T]{r.core.with(func(c *repo) { c.access.AllTenants = true })}
}

// Get returns the row with the primary key id: a value of the key's type, or a
// []any for a key of several columns. No row is [ErrNotFound].
func (r Repo[T]) Get(ctx context.Context, id any) (*T, error) {
	where, err := r.core.key(id)
	if err != nil {
		return nil, err
	}
	return r.First(ctx, Query{Where: where})
}

// First returns the first row of a query, or [ErrNotFound].
func (r Repo[T]) First(ctx context.Context, q Query) (*T, error) {
	q.Limit = Limit(1)
	rows, err := r.List(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	return rows[0], nil
}

// List returns the rows of a query. Without a limit it returns all of them; use
// [Repo.Each] for large results.
func (r Repo[T]) List(ctx context.Context, q Query) ([]*T, error) {
	var rows []*T
	_, err := r.core.list(ctx, &q, false, reflect.ValueOf(&rows).Elem())
	return rows, err
}

// Page is one page of an ordered list.
type Page[T any] struct {
	// Items are the rows.
	Items []*T

	// Next is the Query.After of the next page; empty at the end.
	Next query.Cursor
}

// Page returns up to q.Limit rows, 100 if it is nil, and the cursor of the next page. A
// later page is as fast to read as the first.
func (r Repo[T]) Page(ctx context.Context, q Query) (Page[T], error) {
	var p Page[T]
	if q.Limit == nil {
		q.Limit = Limit(100)
	}
	next, err := r.core.list(ctx, &q, true, reflect.ValueOf(&p.Items).Elem())
	p.Next = next
	return p, err
}

// Each iterates over the rows of a query in pages of 1,000, so that memory is bounded.
// Rows written during the iteration may or may not be seen; no row is seen twice unless
// its order keys change. q.Limit limits the total number of rows.
func (r Repo[T]) Each(ctx context.Context, q Query) iter.Seq2[*T, error] {
	const size = 1000
	return func(yield func(*T, error) bool) {
		left := -1
		if q.Limit != nil {
			left = *q.Limit
		}
		page := q
		for left != 0 {
			n := size
			if left > 0 {
				n = min(n, left)
			}
			page.Limit = Limit(n)
			got, err := r.Page(ctx, page)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range got.Items {
				if !yield(row, nil) {
					return
				}
			}
			if got.Next == "" {
				return
			}
			left -= len(got.Items)
			page.After, page.Offset = got.Next, 0
		}
	}
}

// Count returns the number of rows a condition selects.
func (r Repo[T]) Count(ctx context.Context, where Cond) (int64, error) {
	return r.core.count(ctx, where)
}

// Insert writes a new row and fills in what the library or the database set: key,
// times, version, tenant, presets. Zero values are written, also if the model's tag has
// a default.
func (r Repo[T]) Insert(ctx context.Context, row *T) error {
	return r.core.insert(ctx, reflect.ValueOf(row).Elem(), nil, false)
}

// Upsert writes a row that may exist: the row with the same primary key, or the
// same unique key of the columns named, gets all columns of row that can be
// updated. The column of [Tenant] need not be named. It fills row like Insert.
func (r Repo[T]) Upsert(ctx context.Context, row *T, conflict ...string) error {
	return r.core.insert(ctx, reflect.ValueOf(row).Elem(), conflict, true)
}

// Save writes all columns of a row that was read before. It fails with [ErrStale] if
// the row was changed since, which its version shows, and with [ErrNotFound] if the row
// is gone. A model without a version is written without the check.
func (r Repo[T]) Save(ctx context.Context, row *T) error {
	return r.core.save(ctx, reflect.ValueOf(row).Elem())
}

// Patch sets columns of the row with the primary key id and returns the row.
// No row is [ErrNotFound].
func (r Repo[T]) Patch(ctx context.Context, id any, sets ...Set) (*T, error) {
	row := new(T)
	err := r.core.patch(ctx, id, sets, reflect.ValueOf(row).Elem())
	if err != nil {
		return nil, err
	}
	return row, nil
}

// PatchWhere sets columns of all rows a condition selects and returns their number. The
// zero Cond is rejected; use [True] for all rows.
func (r Repo[T]) PatchWhere(ctx context.Context, where Cond, sets ...Set) (int, error) {
	return r.core.patchWhere(ctx, where, sets)
}

// PatchExactly sets columns of the rows a condition selects if there are exactly n, and
// returns the updated rows in the order of their keys. If the condition selects another
// number it writes nothing and returns no rows.
//
// On PostgreSQL it is one statement, also without a transaction. It locks the rows in
// the order of their keys and evaluates the condition after locking. Concurrent calls
// wait for each other and do not deadlock.
func (r Repo[T]) PatchExactly(ctx context.Context, n int, where Cond, sets ...Set) ([]*T, error) {
	var rows []*T
	err := r.core.patchExactly(ctx, n, where, sets, reflect.ValueOf(&rows).Elem())
	return rows, err
}

// Delete deletes the row with the primary key id. No row is [ErrNotFound].
func (r Repo[T]) Delete(ctx context.Context, id any) error {
	return r.core.byKey(ctx, id, write.Delete)
}

// DeleteWhere deletes all rows a condition selects and returns their number. The zero
// Cond is rejected; use [True] for all rows.
func (r Repo[T]) DeleteWhere(ctx context.Context, where Cond) (int, error) {
	if where.IsZero() {
		return 0, errNoCondition
	}
	return r.core.change(ctx, where, write.Delete)
}

// Restore brings back a deleted row of a model with [SoftDelete]. No such row is
// [ErrNotFound].
func (r Repo[T]) Restore(ctx context.Context, id any) error {
	return r.core.byKey(ctx, id, write.Restore)
}

// errNoCondition keeps a forgotten condition from reaching every row.
var errNoCondition = fmt.Errorf("store: the condition is empty; use store.True() for all rows")
