package store_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Cabin is shared by those whom a view over cabins shows as its guests.
type Cabin struct {
	bun.BaseModel `bun:"table:cabins"`
	ID            int64    `bun:",pk"`
	Deck          int64    `bun:",notnull"`
	Name          string   `bun:",notnull"`
	Guests        []*Guest `bun:"rel:has-many,join:deck=deck"`
}

// Guest is a view: its rows have no key.
type Guest struct {
	bun.BaseModel `bun:"table:guests"`
	Deck          int64  `bun:",notnull"`
	Name          string `bun:",notnull"`
}

// TestRuleThroughView lets rules lead back to the written table through a view: a new
// row is judged without it and shown with it.
func TestRuleThroughView(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		if err := db.Register(Cabin{}, Guest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Bun().ExecContext(t.Context(), "create view guests as select deck, name from cabins"); err != nil {
			t.Fatal(err)
		}
		guest := store.Related("guests", store.Eq("name", "ann"))
		rules := func(read, create store.Cond) *store.Scope {
			return guards(db, nil, map[string]store.Guard{"cabins": {Read: read, Create: create}})
		}
		table := db.Table(Cabin{})
		for id, ret := range []*query.Query{
			{Select: []query.Selected{{Column: "name"}}},
			{Select: []query.Selected{{Column: "name"}}, Order: []store.Order{{Column: "id"}}},
		} {
			body := []string{`{"id":10,"deck":10,"name":"ann"}`, `{"id":11,"deck":11,"name":"ann"}`}[id]
			if _, err := gateInsert(t, db, table, rules(store.True(), guest), body, ret); code(err) != "42501" {
				t.Errorf("a guest by the new row alone: %v", err)
			}
			if got, err := gateInsert(t, db, table, rules(guest, store.True()), body, ret); got != `{"name":"ann"}` || err != nil {
				t.Errorf("a row that is then seen: %s, %v", got, err)
			}
		}
	})
}
