package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// ownScope lets an author read public posts and their own, and change their
// own; authors and tags are public, the junction follows.
func ownScope(t *testing.T, db *store.DB, author *Author) *store.Scope {
	t.Helper()
	posts, authors := db.Table(Post{}), db.Table(Author{})
	bind := func(tb *store.Table, c store.Cond) store.Cond { return must(store.Bind(tb, c)) }
	own := bind(posts, store.Eq("author_id", store.Var("principal.id")))
	guards := map[*store.Table]*store.Guard{
		posts: {
			Read:   bind(posts, store.Or(store.Compare("public", query.OpIsTrue, nil), store.Eq("author_id", store.Var("principal.id")))),
			Create: own, Update: own, Delete: own,
			Readable: posts.PublicColumns(), Creatable: posts.CreatableColumns(), Updatable: posts.UpdatableColumns(),
			Presets: []query.Preset{{Column: posts.Column("author_id"), Var: "principal.id"}},
		},
		authors: {Read: store.True(), Readable: authors.PublicColumns()},
	}
	for _, m := range []any{Tag{}, PostTag{}} {
		tb := db.Table(m)
		guards[tb] = &store.Guard{Read: store.True(), Create: store.True(), Readable: tb.PublicColumns(), Creatable: tb.CreatableColumns()}
	}
	return &store.Scope{
		Actor: author.ID.String(),
		Var: func(name string) (string, bool) {
			return author.ID.String(), name == "principal.id"
		},
		Guard: func(t *store.Table) *store.Guard { return guards[t] },
	}
}

func newAuthor(t *testing.T, db *store.DB, name string) *Author {
	t.Helper()
	a := &Author{Name: name, Hash: "secret-" + name}
	if err := store.For[Author](db).Insert(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t testing.TB, db *store.DB, s *store.Scope, model any, q query.Query) (string, error) {
	t.Helper()
	var out query.Rows
	err := gateFor(db, db.Table(model), s).Read(t.Context(), &q, query.ReadOptions{}, &out)
	return "[" + string(out.Body) + "]", err
}

func TestScopedReadsAndWrites(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ann, bob := newAuthor(t, db, "Ann"), newAuthor(t, db, "Bob")
		posts := store.For[Post](db)
		mine, hers, open := newPost(ann, "mine", 1), newPost(bob, "hers", 2), newPost(bob, "open", 3)
		open.Public = true
		for _, p := range []*Post{mine, hers, open} {
			if err := posts.Insert(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		scope := ownScope(t, db, ann)
		got, err := read(t, db, scope, Post{}, query.Query{Select: []query.Selected{{Column: "title"}}, Count: true})
		if want := `[{"title":"mine"},{"title":"open"}]`; err != nil || got != want {
			t.Fatalf("list = %s, %v, want %s", got, err, want)
		}
		got, err = read(t, db, scope, Author{}, query.Query{
			Select: []query.Selected{{Column: "name", As: "n\"x"}},
			With:   []query.Embed{{Relation: "posts", Query: query.Query{Select: []query.Selected{{Column: "title"}, {Column: "score", Cast: "text"}}}}},
			Order:  []store.Order{{Column: "name", Desc: true}},
		})
		if want := `[{"n\"x":"Bob","posts":[{"title":"open","score":"3"}]},{"n\"x":"Ann","posts":[{"title":"mine","score":"1"}]}]`; err != nil || got != want {
			t.Fatalf("embed = %s, %v, want %s", got, err, want)
		}
		for _, column := range []string{"hash", "email", "nope"} {
			_, err = read(t, db, scope, Author{}, query.Query{Where: store.Compare(column, query.OpEq, store.Text("x"))})
			var unknown *fault.UnknownColumnError
			if !errors.As(err, &unknown) || strings.ReplaceAll(err.Error(), column, "C") != "store: column authors.C does not exist" {
				t.Errorf("filter on %s: %v", column, err)
			}
		}
		gate := gateFor(db, db.Table(Post{}), scope)
		insert := func(body string) (string, error) {
			in, err := gate.DecodeInput([]byte(body), access.InputOptions{})
			if err != nil {
				return "", err
			}
			var out query.Rows
			err = gate.Insert(ctx, in, query.WriteOptions{Return: &query.Query{Select: []query.Selected{{Column: "title"}, {Column: "score"}, {Column: "labels"}}}}, &out)
			return string(out.Body), err
		}
		got, err = insert(`[{"title":"new","price":"1.50","meta":{"b":2,"a":[]},"labels":["a","b\"c"]},{"title":"two","price":2,"meta":{},"labels":[]}]`)
		if want := `{"title":"new","score":10,"labels":["a","b\"c"]},{"title":"two","score":10,"labels":[]}`; err != nil || got != want {
			t.Fatalf("insert = %s, %v, want %s", got, err, want)
		}
		if _, err = insert(`{"title":"forged","author_id":"` + bob.ID.String() + `"}`); err == nil {
			t.Error("a forged owner was accepted")
		}
		if _, err = insert(`{"title":"x","parent_id":"` + hers.ID.String() + `"}`); !isForeignKey(err) {
			t.Errorf("a reference to a hidden row: %v", err)
		}
		if _, err = insert(`{"title":"x","parent_id":"` + open.ID.String() + `"}`); err != nil {
			t.Errorf("a reference to a visible row: %v", err)
		}
		if _, err = insert(`{"score":1}`); err == nil {
			t.Error("a missing title was accepted")
		}
		update := func(id store.ID, body string) (int, error) {
			p, err := gate.DecodePatch([]byte(body), nil)
			if err != nil {
				return 0, err
			}
			var out query.Rows
			err = gate.Update(ctx, p, store.Eq("id", id), query.WriteOptions{}, &out)
			return out.Count, err
		}
		for _, tc := range []struct {
			post *Post
			want int
		}{{mine, 1}, {hers, 0}, {open, 0}} {
			if n, err := update(tc.post.ID, `{"score":5}`); err != nil || n != tc.want {
				t.Errorf("update %s = %d, %v, want %d", tc.post.Title, n, err, tc.want)
			}
		}
		if n, err := update(mine.ID, `{"author_id":"`+bob.ID.String()+`"}`); !errors.Is(err, store.ErrDenied) {
			t.Errorf("giving a row away: %d, %v", n, err)
		}
		var out query.Rows
		if err := gate.Delete(ctx, store.True(), query.WriteOptions{}, &out); err != nil || out.Count != 4 {
			t.Errorf("delete = %d, %v, want 4", out.Count, err)
		}
		if n := must(posts.Count(ctx, store.Cond{})); n != 2 {
			t.Errorf("%d rows left, want 2", n)
		}
	})
}

func isForeignKey(err error) bool {
	var c *store.ConstraintError
	return errors.As(err, &c) && c.Kind == store.ForeignKey
}

// TestScopeFunc: the scope is made once, by the first read, and a failure to make it denies
// everything.
func TestScopeFunc(t *testing.T) {
	t.Parallel()
	type key struct{}
	made := 0
	outer := context.WithValue(store.WithScope(t.Context(), &store.Scope{Actor: "outer"}), key{}, "ann")
	ctx := context.WithValue(query.WithScopeFunc(outer, func(ctx context.Context) *store.Scope {
		made++
		return &store.Scope{Actor: ctx.Value(key{}).(string) + " in " + store.ScopeFrom(ctx).Actor}
	}), key{}, "bob")
	if ctx.Value(key{}) != "bob" || made != 0 {
		t.Errorf("made %d times before anybody has asked", made)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := store.ScopeFrom(ctx).Actor; got != "ann in outer" {
				t.Errorf("the actor is %q", got)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	none := query.WithScopeFunc(outer, func(context.Context) *store.Scope { return nil })
	if s := store.ScopeFrom(none); s == nil || s.Actor != "" || s.Guard != nil {
		t.Errorf("where none was made it is %+v", s)
	}
	fails := query.WithScopeFunc(outer, func(context.Context) *store.Scope { panic("no") })
	func() {
		defer func() { _ = recover() }()
		store.ScopeFrom(fails)
	}()
	if s := store.ScopeFrom(fails); s == nil || s.Actor != "" || s.Guard != nil {
		t.Errorf("where making it has panicked it is %+v", s)
	}
}
