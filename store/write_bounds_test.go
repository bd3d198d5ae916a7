package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// A write that goes row by row holds its rows in memory: so many bytes and no
// more, whoever wants them changed.
func TestRowsOfOneWriteHaveABound(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ann := &Author{Name: "Ann", Hash: "h"}
		if err := store.For[Author](db).Insert(ctx, ann); err != nil {
			t.Fatal(err)
		}
		var last *Post
		for range 5 {
			last = newPost(ann, strings.Repeat("x", 8<<20), 1)
			if err := store.For[Post](db).Insert(ctx, last); err != nil {
				t.Fatal(err)
			}
		}
		gate := store.UnscopedGate(db, db.Table(Post{}))
		patch := must(gate.DecodePatch([]byte(`{"score":2}`), nil))
		// An order makes both engines go row by row.
		opts := store.WriteOptions{Return: &store.Query{Select: []store.Selected{{Column: "score"}}, Order: []store.Order{{Column: "score"}}}}
		var limit *store.LimitError
		var out store.Rows
		if err := gate.Update(ctx, patch, store.True(), opts, &out); !errors.As(err, &limit) {
			t.Errorf("all: %v", err)
		}
		if n := must(store.For[Post](db).Count(ctx, postScore.Eq(2))); n != 0 {
			t.Errorf("%d rows were written", n)
		}
		if err := gate.Update(ctx, patch, store.Eq("id", last.ID), opts, &out); err != nil || string(out.Body) != `{"score":2}` {
			t.Errorf("one: %s, %v", out.Body, err)
		}
	})
}
