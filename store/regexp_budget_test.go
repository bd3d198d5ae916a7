package store_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// What is asked of a document has the rule in front of it once more, whose regular
// expressions count once: a request without one has room for all of its conditions.
func TestRuleOfPatternsCountsOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		author := &Author{Name: "ann", Hash: "h"}
		if err := store.For[Author](db).Insert(t.Context(), author); err != nil {
			t.Fatal(err)
		}
		post := &Post{AuthorID: author.ID, Title: "seen", Meta: `{"a":"x"}`, Labels: []string{"l"}}
		if err := store.For[Post](db).Insert(t.Context(), post); err != nil {
			t.Fatal(err)
		}
		all := db.Table(Post{}).PublicColumns()
		rule := store.Compare("title", query.OpMatch, "^"+strings.Repeat("(s|e|n)?", 50)+"$")
		scope := &store.Scope{Guard: func(*store.Table) *store.Guard { return &store.Guard{Read: rule, Readable: all} }}
		var where []store.Cond
		for range 10 {
			where = append(where, store.Compare("labels", query.OpContains, []string{"l"}))
		}
		rows, err := store.For[Post](db).As(scope).List(t.Context(), store.Query{Where: store.And(where...)})
		if err != nil || len(rows) != 1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
}
