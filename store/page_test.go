package store_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Walking a list by pages must give the list, whatever the order: mixed
// directions, NULLs first and last, ties, and a key of a related row.
func TestPagesAreTheList(t *testing.T) {
	t.Parallel()
	orders := map[string][]store.Order{
		"key":        nil,
		"title":      {{Column: "title"}},
		"score desc": {{Column: "score", Desc: true}},
		"nulls last": {{Column: "rating"}, {Column: "score", Desc: true}},
		"nulls first": {
			{Column: "rating", Desc: true},
			{Column: "title", Desc: true},
		},
		"forced":  {{Column: "rating", Nulls: query.NullsFirst}, {Column: "score"}},
		"related": {{Relation: "author", Column: "name", Desc: true}, {Column: "score"}},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		posts := store.For[Post](db)
		for i, name := range []string{"Ann", "Bob", "Cyd"} {
			author := newAuthor(t, db, name)
			for j := range 7 {
				p := newPost(author, strings.Repeat("t", j%3+1), int64(j%4))
				if (i+j)%3 > 0 {
					rating := float64(j%2) + 0.5
					p.Rating = &rating
				}
				if err := posts.Insert(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, order := range orders {
			want := must(posts.List(t.Context(), store.Query{Order: order}))
			q := store.Query{Order: order, Limit: store.Limit(4)}
			var got []*Post
			for range 10 {
				page := must(posts.Page(t.Context(), q))
				got = append(got, page.Items...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d rows by pages, %d in the list", name, len(got), len(want))
			}
			for i := range got {
				if got[i].ID != want[i].ID {
					t.Errorf("%s: row %d differs", name, i)
				}
			}
		}
	})
}
