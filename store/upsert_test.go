package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// An upsert by a scope that may not create answers the same for keys that exist
// and keys that do not, whether Go or the database decides the rule.
func TestUpsertRevealsNoKeys(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ann, bob := newAuthor(t, db, "Ann"), newAuthor(t, db, "Bob")
		post := newPost(bob, "hers", 1)
		post.Public = true
		if err := store.For[Post](db).Insert(t.Context(), post); err != nil {
			t.Fatal(err)
		}
		posts := db.Table(Post{})
		for name, rule := range map[string]store.Cond{
			"none":      {},
			"false":     store.False(),
			"by Go":     must(store.Bind(posts, store.Eq("title", "never"))),
			"by SQL":    must(store.Bind(posts, store.Related("author", store.Eq("name", "nobody")))),
			"by either": must(store.Bind(posts, store.And(store.Eq("score", 1), store.Related("author", store.Eq("name", "nobody"))))),
		} {
			scope := ownScope(t, db, ann)
			guard := *scope.Guard(posts)
			guard.Create, guard.Presets = rule, nil
			guard.Creatable = posts.CreatableColumns()
			outer := scope.Guard
			scope.Guard = func(tb *store.Table) *store.Guard {
				if tb == posts {
					return &guard
				}
				return outer(tb)
			}
			gate := gateFor(db, posts, scope)
			for _, id := range []store.ID{post.ID, store.NewID()} {
				for _, ignore := range []bool{false, true} {
					body := fmt.Sprintf(`{"id":%q,"author_id":%q,"title":"x","score":1,"price":1,"meta":{},"labels":[]}`, id, bob.ID)
					in := must(gate.DecodeInput([]byte(body), access.InputOptions{Upsert: true}))
					var out query.Rows
					err := gate.Upsert(t.Context(), in, query.UpsertOptions{Ignore: ignore}, &out)
					if !errors.Is(err, store.ErrDenied) {
						t.Errorf("rule %s, ignore %v, key exists %v: %v, want denied", name, ignore, id == post.ID, err)
					}
				}
			}
		}
	})
}

// A scope does not choose a key that the database generates: an upsert with one updates the row
// that has it, or creates none.
func TestUpsertChoosesNoKey(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		tags := db.Table(Tag{})
		known := &Tag{Name: "known"}
		if err := store.For[Tag](db).Insert(t.Context(), known); err != nil {
			t.Fatal(err)
		}
		every := must(store.Bind(tags, store.True()))
		guard := &store.Guard{
			Read: every, Create: every, Update: every,
			Readable: tags.PublicColumns(), Creatable: tags.CreatableColumns(), Updatable: tags.UpdatableColumns(),
		}
		gate := gateFor(db, tags, &store.Scope{Guard: func(*store.Table) *store.Guard { return guard }})
		upsert := func(id int64, name string) error {
			in := must(gate.DecodeInput(fmt.Appendf(nil, `{"id":%d,"name":%q}`, id, name), access.InputOptions{Upsert: true}))
			var out query.Rows
			return gate.Upsert(t.Context(), in, query.UpsertOptions{}, &out)
		}
		if err := upsert(known.ID, "renamed"); err != nil {
			t.Errorf("a row that exists: %v", err)
		}
		err := upsert(known.ID+1000, "new")
		if readOnly, ok := errors.AsType[*fault.ReadOnlyColumnError](err); !ok || readOnly.Column != "id" {
			t.Errorf("a row that does not exist: %v, want that id is read-only", err)
		}
		if n := must(store.For[Tag](db).Count(t.Context(), store.Cond{})); n != 1 {
			t.Errorf("%d tags, want 1", n)
		}
	})
}

// Many new rows of an upsert go in together with updates of others.
func TestUpsertManyMixed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		tags := db.Table(Tag{})
		for i := range 3 {
			if err := store.For[Tag](db).Insert(t.Context(), &Tag{Name: fmt.Sprintf("t%d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		var rows []string
		for i := range 500 {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"name":"t%d"}`, 1000+i, i))
		}
		gate := access.Trusted(db, tags)
		in := must(gate.DecodeInput([]byte("["+strings.Join(rows, ",")+"]"), access.InputOptions{Upsert: true}))
		var out query.Rows
		if err := gate.Upsert(t.Context(), in, query.UpsertOptions{Conflict: []string{"name"}}, &out); err != nil {
			t.Fatal(err)
		}
		if out.Inserted != 497 || out.Count != 500 {
			t.Errorf("inserted %d of %d", out.Inserted, out.Count)
		}
		if n := must(store.For[Tag](db).Count(t.Context(), store.Cond{})); n != 500 {
			t.Errorf("%d tags, want 500", n)
		}
	})
}
