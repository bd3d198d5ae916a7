package store_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// TestShownAnew: a write is one statement on PostgreSQL if it changes nothing that the rule
// to read depends on by a relation back to its table. Any other write reads the table again
// after it.
func TestShownAnew(t *testing.T) {
	t.Parallel()
	tracedEngines(t, func(t *testing.T, db *store.DB, r *recorder) {
		if !db.Capabilities().Instances {
			t.Skip("SQLite writes by steps what has a log")
		}
		author := Author{Name: "ann", Hash: "x"}
		if err := store.For[Author](db).Insert(t.Context(), &author); err != nil {
			t.Fatal(err)
		}
		post := Post{AuthorID: author.ID, Title: "known", Score: 1, Meta: store.JSON("{}"), Labels: []string{}}
		if err := store.For[Post](db).Insert(t.Context(), &post); err != nil {
			t.Fatal(err)
		}
		siblings := store.Related("author", store.Related("posts", store.Eq("title", "known")))
		sibling := store.Related("author", store.And(store.Eq("name", "ann"), store.Not(store.Related("posts", store.Compare("score", query.OpLt, 0)))))
		for _, tt := range []struct {
			name, body string
			read       store.Cond
			again      bool
		}{
			{"a column that no rule reads", `{"price":"2"}`, siblings, false},
			{"a column of another rule", `{"score":2}`, siblings, false},
			{"a column that the rule reads of others", `{"title":"known"}`, siblings, true},
			{"a column under not", `{"score":2}`, sibling, true},
			{"a key of the way", `{"author_id":"` + author.ID.String() + `"}`, siblings, true},
			{"a column that no rule reads, beside one", `{"price":"2","title":"known"}`, siblings, true},
			{"a mark that hides rows of the way", `{"deleted_at":null}`, siblings, true},
		} {
			rules := store.Guard{Read: tt.read, Update: store.True(), Restore: store.True()}
			scope := guards(db, nil, map[string]store.Guard{"posts": rules, "authors": {Read: store.True()}})
			g := access.New(db, db.Table(Post{}), scope)
			p, err := g.DecodePatch([]byte(tt.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.body == `{"deleted_at":null}` {
				if err := store.For[Post](db).Delete(t.Context(), post.ID); err != nil {
					t.Fatal(err)
				}
				other := Post{AuthorID: author.ID, Title: "known", Meta: store.JSON("{}"), Labels: []string{}}
				if err := store.For[Post](db).Insert(t.Context(), &other); err != nil {
					t.Fatal(err)
				}
			}
			r.take()
			var out query.Rows
			opts := query.WriteOptions{Return: &query.Query{Select: []query.Selected{{Column: "title"}}}}
			if err := g.Update(t.Context(), p, store.Eq("id", post.ID), opts, &out); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if string(out.Body) != `{"title":"known"}` {
				t.Errorf("%s: %s", tt.name, out.Body)
			}
			if n := len(r.take()); (n > 1) != tt.again {
				t.Errorf("%s: %d statements", tt.name, n)
			}
		}
	})
}
