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
		gate := access.Trusted(db, db.Table(Post{}))
		patch := must(gate.DecodePatch([]byte(`{"score":2}`), nil))
		// An order makes both engines go row by row.
		opts := query.WriteOptions{Return: &query.Query{Select: []query.Selected{{Column: "score"}}, Order: []store.Order{{Column: "score"}}}}
		var limit *fault.LimitError
		var out query.Rows
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

// TestRowsOfOneWriteAreCounted: a write by steps writes at most its limit of rows, or none.
func TestRowsOfOneWriteAreCounted(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		const most = 10_000
		insert := func(from, to int) {
			t.Helper()
			_, err := db.Bun().ExecContext(t.Context(), fmt.Sprintf("with recursive g (i) as (select %d union all select i + 1 from g where i < %d)"+
				` insert into "tags" ("name") select 'tag ' || i from g`, from, to))
			if err != nil {
				t.Fatal(err)
			}
		}
		insert(1, most+1)
		gate := access.Trusted(db, db.Table(Tag{}))
		// An order makes both engines go row by row.
		opts := query.WriteOptions{Return: &query.Query{Select: []query.Selected{{Column: "name"}}, Order: []store.Order{{Column: "name"}}}}
		var limit *fault.LimitError
		var out query.Rows
		if err := gate.Delete(t.Context(), store.True(), opts, &out); !errors.As(err, &limit) || limit.Limit != most {
			t.Errorf("%d rows: %v", most+1, err)
		}
		if n := must(store.For[Tag](db).Count(t.Context(), store.Cond{})); n != most+1 {
			t.Errorf("%d rows are left, want %d", n, most+1)
		}
	})
}
