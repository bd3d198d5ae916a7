package conformance_test

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// testActors writes by each path of trusted code under a context that carries the scope
// of a request: every change names the caller, unless WithActor names another.
func testActors(t *testing.T, db *store.DB) {
	scope := scopeOf("ann", "", open(t, db.Table(account{})))
	request := store.WithScope(t.Context(), scope)
	store.After(db, func(ctx context.Context, w *store.Write[song]) error {
		if w.Op != store.OpInsert {
			return nil
		}
		return store.For[account](w.Tx).Insert(ctx, &account{ID: w.New.ID})
	})
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want string
	}{
		{"outside a request", t.Context(), ""},
		{"inside a request", request, "ann"},
		{"on behalf of another", store.WithActor(request, "bob"), "bob"},
		{"a job", store.WithActor(t.Context(), "nightly"), "nightly"},
	} {
		wantActors(t, db, tt.name, tt.want, actorWrites(t, tt.ctx, db))
	}
	before := len(actors(t, db))
	if err := store.For[account](db).As(scope).Insert(store.WithActor(request, "bob"), &account{ID: 900}); err != nil {
		t.Fatal(err)
	}
	if got := actors(t, db)[before:]; !slices.Equal(got, []string{"ann"}) {
		t.Errorf("in a scope WithActor counts: %q", got)
	}
}

// actorWrites writes by every path and returns the number of changes that makes.
func actorWrites(t *testing.T, ctx context.Context, db *store.DB) int {
	t.Helper()
	accounts, albums, songs := store.For[account](db), store.For[album](db), store.For[song](db)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(accounts.Insert(ctx, &account{ID: 100}))
	value(accounts.Patch(ctx, 100, store.SetTo("name", "b")))(t)
	value(accounts.PatchWhere(ctx, store.Eq("id", 100), store.SetTo("name", "c")))(t)
	check(accounts.Upsert(ctx, &account{ID: 100, Name: "d"}))
	check(accounts.Save(ctx, &account{ID: 100, Name: "e"}))
	check(accounts.Delete(ctx, 100))
	check(albums.Insert(ctx, &album{ID: 1}))
	check(songs.Insert(ctx, &song{ID: 101, AlbumID: 1})) // and an account by the hook
	check(albums.Delete(ctx, 1))                         // and the song by the foreign key
	check(db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return store.For[account](tx).Delete(ctx, 101)
	}))
	return 11
}

// actors returns the actors of the changes in the log.
func actors(t *testing.T, db *store.DB) []string {
	t.Helper()
	var got []string
	if err := db.Bun().NewRaw("select coalesce(actor, '') from plinth_changes order by seq").Scan(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func wantActors(t *testing.T, db *store.DB, name, want string, n int) {
	t.Helper()
	got := actors(t, db)
	got = got[max(len(got)-n, 0):]
	if len(got) != n || slices.ContainsFunc(got, func(actor string) bool { return actor != want }) {
		t.Errorf("%s: actors %q, want %d times %q", name, got, n, want)
	}
}
