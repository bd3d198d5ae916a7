package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// TestNoScope: without a scope in the context every operation of the caller's scope is an
// error.
func TestNoScope(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ann := newAuthor(t, db, "Ann")
		if s := store.ScopeFrom(ctx); s != nil {
			t.Fatalf("ScopeFrom = %v", s)
		}
		authors := store.For[Author](db).As(store.ScopeFrom(ctx))
		for name, err := range repoErrors(ctx, authors, ann) {
			if !errors.Is(err, store.ErrNoScope) {
				t.Errorf("%s = %v, want ErrNoScope", name, err)
			}
		}
		for name, err := range gateErrors(ctx, access.New(db, db.Table(Author{}), nil)) {
			if !errors.Is(err, store.ErrNoScope) {
				t.Errorf("Gate.%s = %v, want ErrNoScope", name, err)
			}
		}
		got, err := authors.Unscoped().List(ctx, store.Query{})
		if err != nil || len(got) != 1 || got[0].Name != "Ann" {
			t.Errorf("Unscoped: %d rows, %v", len(got), err)
		}
		if _, err := store.For[Author](db).As(new(store.Scope)).Unscoped().As(nil).Get(ctx, ann.ID); !errors.Is(err, store.ErrNoScope) {
			t.Errorf("As(nil) after Unscoped = %v", err)
		}
		withNil := store.WithScope(store.WithScope(ctx, new(store.Scope)), nil)
		if _, err := store.For[Author](db).As(store.ScopeFrom(withNil)).Get(ctx, ann.ID); !errors.Is(err, store.ErrNoScope) {
			t.Errorf("with a nil scope in the context: %v", err)
		}
	})
}

// repoErrors runs every operation of a repository.
func repoErrors(ctx context.Context, authors store.Repo[Author], row *Author) map[string]error {
	var each error
	for _, err := range authors.Each(ctx, store.Query{}) {
		each = err
	}
	one := func(_ any, err error) error { return err }
	return map[string]error{
		"Get":          one(authors.Get(ctx, row.ID)),
		"First":        one(authors.First(ctx, store.Query{})),
		"List":         one(authors.List(ctx, store.Query{})),
		"Page":         one(authors.Page(ctx, store.Query{})),
		"Each":         each,
		"Count":        one(authors.Count(ctx, store.Cond{})),
		"Insert":       authors.Insert(ctx, &Author{Name: "x"}),
		"Upsert":       authors.Upsert(ctx, row),
		"Save":         authors.Save(ctx, row),
		"Patch":        one(authors.Patch(ctx, row.ID, store.SetTo("name", "x"))),
		"PatchWhere":   one(authors.PatchWhere(ctx, store.True(), store.SetTo("name", "x"))),
		"PatchExactly": one(authors.PatchExactly(ctx, 1, store.True(), store.SetTo("name", "x"))),
		"Delete":       authors.Delete(ctx, row.ID),
		"DeleteWhere":  one(authors.DeleteWhere(ctx, store.True())),
		"Restore":      authors.Restore(ctx, row.ID),
		"WithDeleted":  one(authors.WithDeleted().AllTenants().List(ctx, store.Query{})),
	}
}

// gateErrors runs every operation of a gate that takes a name, a condition or a body.
func gateErrors(ctx context.Context, g access.Gate) map[string]error {
	var out query.Rows
	one := func(_ any, err error) error { return err }
	return map[string]error{
		"Read":        g.Read(ctx, &query.Query{}, query.ReadOptions{}, &out),
		"Explain":     one(g.Explain(ctx, &query.Query{}, query.ReadOptions{}, access.PlanText)),
		"Present":     g.Present(ctx, reflect.ValueOf([]Author{}), &query.Query{}, query.ReadOptions{}, &out),
		"DecodeInput": one(g.DecodeInput([]byte(`{"name":"x"}`), access.InputOptions{})),
		"DecodePatch": one(g.DecodePatch([]byte(`{"name":"x"}`), nil)),
		"Insert":      g.Insert(ctx, new(access.Input), query.WriteOptions{}, &out),
		"Upsert":      g.Upsert(ctx, new(access.Input), query.UpsertOptions{}, &out),
		"Update":      g.Update(ctx, new(access.Patch), store.True(), query.WriteOptions{}, &out),
		"Delete":      g.Delete(ctx, store.True(), query.WriteOptions{}, &out),
		"Restore":     g.Restore(ctx, store.True(), query.WriteOptions{}, &out),
	}
}
