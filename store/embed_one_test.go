package store_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Host has one badge, the first by its key.
type Host struct {
	bun.BaseModel `bun:"table:hosts"`
	ID            int64  `bun:",pk"`
	Badge         *Badge `bun:"rel:has-one,join:id=host_id"`
}

// Badge is not stored in the order of its key.
type Badge struct {
	bun.BaseModel `bun:"table:badges"`
	Code          string     `bun:",pk"`
	HostID        int64      `bun:",notnull"`
	Colors        store.JSON `bun:",notnull"`
}

// TestEmbedFirst embeds the first of several related rows where it has to be sorted.
func TestEmbedFirst(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		if err := store.For[Host](db).Insert(t.Context(), &Host{ID: 1}); err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"c", "a", "b"} {
			row := &Badge{Code: code, HostID: 1, Colors: store.JSON(`["` + code + `"]`)}
			if err := store.For[Badge](db).Insert(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			embed query.Embed
			want  string
		}{
			{query.Embed{Relation: "badge"}, `{"id":1,"badge":{"code":"a","host_id":1,"colors":["a"]}}`},
			{query.Embed{Relation: "badge", Spread: true, Query: query.Query{Select: []query.Selected{{Column: "colors"}}}}, `{"id":1,"colors":["a"]}`},
		} {
			var out query.Rows
			q := query.Query{With: []query.Embed{tt.embed}}
			if err := access.Trusted(db, db.Table(Host{})).Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil {
				t.Fatal(err)
			}
			if got := string(out.Body); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		}
	}, storetest.Models(Host{}, Badge{}))
}
