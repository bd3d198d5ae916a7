package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

var (
	postTitle = store.TextColumn(func(p *Post) *string { return &p.Title })
	postScore = store.Number(func(p *Post) *int64 { return &p.Score })
	postID    = store.ColumnOf(func(p *Post) *store.ID { return &p.ID })
)

func newPost(author *Author, title string, score int64) *Post {
	return &Post{AuthorID: author.ID, Title: title, Score: score, Meta: `{"a":1}`, Labels: []string{"x"}}
}

func TestRepo(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ann := &Author{Name: "Ann", Hash: "h"}
		if err := store.For[Author](db).Insert(ctx, ann); err != nil {
			t.Fatal(err)
		}
		if ann.ID.IsZero() || ann.Version != 1 || ann.CreatedAt.IsZero() {
			t.Fatalf("insert did not fill the row: %+v", ann)
		}
		posts := store.For[Post](db)
		for i, title := range []string{"one", "two", "Ärger", "four"} {
			if err := posts.Insert(ctx, newPost(ann, title, int64(i))); err != nil {
				t.Fatal(err)
			}
		}
		list := must(posts.List(ctx, store.Query{
			Where: postScore.Gte(1), Order: []store.Order{postTitle.Desc()}, With: []store.Embed{{Relation: "author"}},
		}))
		titles := []string{}
		for _, p := range list {
			titles = append(titles, p.Title)
			if p.Author == nil || p.Author.Name != "Ann" {
				t.Fatalf("author of %s not loaded: %+v", p.Title, p.Author)
			}
		}
		if want := []string{"Ärger", "two", "four"}; !slices.Equal(titles, want) {
			t.Fatalf("titles = %q, want %q", titles, want)
		}
		first := list[0]
		patched := must(posts.Patch(ctx, first.ID, postTitle.To("Ruhe"), postScore.Add(5)))
		if patched.Title != "Ruhe" || patched.Score != 7 || patched.Version != 2 {
			t.Fatalf("patched = %+v", patched)
		}
		first.Title = "stale"
		if err := posts.Save(ctx, first); !errors.Is(err, store.ErrStale) {
			t.Fatalf("saving an old version: %v", err)
		}
		patched.Title = "saved"
		if err := posts.Save(ctx, patched); err != nil || patched.Version != 3 {
			t.Fatalf("save: %v, version %d", err, patched.Version)
		}
		if err := posts.Delete(ctx, patched.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := posts.Get(ctx, patched.ID); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("deleted row: %v", err)
		}
		if err := posts.Restore(ctx, patched.ID); err != nil {
			t.Fatal(err)
		}
		if n := must(posts.Count(ctx, postID.Eq(patched.ID))); n != 1 {
			t.Fatalf("count after restore = %d", n)
		}
		n := 0
		for p, err := range posts.Each(ctx, store.Query{Order: []store.Order{postScore.Asc()}}) {
			if err != nil || p == nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 4 {
			t.Fatalf("each saw %d rows", n)
		}
	})
}

// TestSelectCount: a column with the name "count", by which clients count rows, can be
// selected in Go.
func TestSelectCount(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ann := &Author{Name: "Ann", Hash: "h"}
		if err := store.For[Author](db).Insert(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		if err := store.For[Post](db).Insert(t.Context(), newPost(ann, "one", 1)); err != nil {
			t.Fatal(err)
		}
		counted := store.Query{Select: []string{"count"}}
		for _, q := range []store.Query{counted, {With: []store.Embed{{Relation: "author", Query: counted}}}} {
			var unknown *fault.UnknownColumnError
			if _, err := store.For[Post](db).List(t.Context(), q); !errors.As(err, &unknown) || unknown.Column != "count" {
				t.Errorf("%+v: %v, want an unknown column", q, err)
			}
		}
	})
}

// TestMistakesInGo: an error in Go code says what to write instead.
func TestMistakesInGo(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		authors := store.For[Author](db)
		_, misspelled := authors.Patch(t.Context(), store.NewID(), store.SetTo("nane", "x"))
		_, unknown := authors.List(t.Context(), store.Query{Where: store.Eq("nane", "x")})
		_, kind := authors.List(t.Context(), store.Query{Where: store.Eq("version", "abc")})
		_, nothing := authors.List(t.Context(), store.Query{Where: store.Compare("name", query.OpNeq, (*string)(nil))})
		for _, tt := range []struct {
			err  error
			want string
		}{
			{nothing, "store: the comparison of name has no operand"},
			{misspelled, `store: column authors.nane does not exist; did you mean "name"?`},
			{unknown, `store: column authors.nane does not exist; did you mean "name"?`},
			{kind, "store: version: a Go value of type string does not fit the type integer"},
		} {
			if tt.err == nil || tt.err.Error() != tt.want {
				t.Errorf("got %v, want %s", tt.err, tt.want)
			}
		}
	})
}
