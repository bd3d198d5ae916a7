package changelog_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// Link is a row that everyone sees while it has no PIN. The change log has no PIN.
type Link struct {
	bun.BaseModel `bun:"table:links"`
	ID            int64   `bun:",pk"`
	Owner         string  `bun:",notnull"`
	Target        string  `bun:",notnull"`
	Pin           *string `plinth:"secret"`
	Pins          []*Pin  `bun:"rel:has-many,join:pin=pin"`
}

// Pin is a PIN that was withdrawn.
type Pin struct {
	bun.BaseModel `bun:"table:pins"`
	ID            int64  `bun:",pk"`
	Pin           string `bun:",notnull"`
}

// TestSeenBySecret: a rule about a column that the log lacks is unknown, not a rule about
// NULL. A scope sees the row only if the rest of its rule suffices.
func TestSeenBySecret(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if err := store.For[Pin](db).Insert(ctx, &Pin{ID: 1, Pin: "1234"}); err != nil {
			t.Fatal(err)
		}
		if err := store.For[Link](db).Insert(ctx, &Link{ID: 1, Owner: "ann", Target: "x", Pin: new("1234")}); err != nil {
			t.Fatal(err)
		}
		owner := store.Eq("owner", "ann")
		withdrawn := store.Related("pins", store.Cond{})
		const seen = `insert [1] null {"id":1,"owner":"ann","target":"x"}`
		for _, tt := range []struct {
			name string
			rule store.Cond
			want string
		}{
			{"no PIN", store.Null("pin"), ""},
			{"another PIN", store.Compare("pin", query.OpDistinct, "1234"), ""},
			{"not a PIN", store.Not(store.Not(store.Null("pin"))), ""},
			{"no PIN or the owner", store.Or(store.Null("pin"), owner), seen},
			{"no PIN and the owner", store.And(owner, store.Null("pin")), ""},
			{"no withdrawn PIN", store.Not(withdrawn), ""},
			{"a withdrawn PIN", withdrawn, ""},
			{"no withdrawn PIN or the owner", store.Or(store.Not(withdrawn), owner), seen},
		} {
			g := store.Guard{Read: tt.rule}
			if got := strings.Join(seenOf(t, db, "links", guarded(db.TableNamed("links"), nil, g)), "\n"); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			}
		}
	}, storetest.Models(Link{}, Pin{}))
}
