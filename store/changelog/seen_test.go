package changelog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Seat is a row that its owner sees, and the holders of a key to its room.
type Seat struct {
	bun.BaseModel `bun:"table:seats"`
	store.SoftDelete
	store.Tenant
	ID    int64      `bun:",pk"`
	Room  int64      `bun:",notnull"`
	Owner string     `bun:",notnull"`
	Label string     `bun:",notnull"`
	Note  string     `bun:",notnull" plinth:"hidden"`
	Keys  []*RoomKey `bun:"rel:has-many,join:room=room"`
}

// RoomKey is a membership.
type RoomKey struct {
	bun.BaseModel `bun:"table:room_keys"`
	ID            int64  `bun:",pk"`
	Room          int64  `bun:",notnull"`
	Holder        string `bun:",notnull"`
}

// TestSeenBy: a change is an insert, an update, a delete or nothing, by whether the scope
// could read the row before and after it, with rules that are evaluated in memory and with
// rules that need another table.
func TestSeenBy(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		seats, keys := store.For[Seat](db), store.For[RoomKey](db)
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		do(keys.Insert(ctx, &RoomKey{ID: 1, Room: 7, Holder: "ann"}))
		do(seats.Insert(ctx, &Seat{ID: 1, Room: 7, Owner: "ann", Label: "x", Note: "n"}))
		_, err := seats.Patch(ctx, 1, store.SetTo("label", "y"))
		do(err)
		_, err = seats.Patch(ctx, 1, store.SetTo("note", "m"))
		do(err)
		_, err = seats.Patch(ctx, 1, store.SetTo("owner", "bob"), store.SetTo("room", 8))
		do(err)
		do(seats.Delete(ctx, 1))
		do(seats.Restore(ctx, 1))
		_, err = seats.Patch(ctx, 1, store.SetTo("owner", "ann"), store.SetTo("room", 7))
		do(err)
		do(seats.Unscoped().Delete(ctx, 1))

		owner := store.Compare("owner", query.OpEq, store.Var("id"))
		related := store.Related("keys", store.Compare("holder", query.OpEq, store.Var("id")))
		scope := func(id, tenant string, read store.Cond, g store.Guard) *store.Scope {
			g.Read = read
			s := guarded(db.TableNamed("seats"), map[string]string{"id": id}, g)
			s.Tenant = tenant
			return s
		}
		table := db.TableNamed("seats")
		var noKey store.ColumnSet
		noKey.Add(table.Column("label"))
		const (
			insertX = `insert [1] null {"id":1,"room":7,"owner":"ann","label":"x"}`
			updateY = `update [1] {"id":1,"room":7,"owner":"ann","label":"x"} {"id":1,"room":7,"owner":"ann","label":"y"}`
			gone    = `delete [1] null null`
			insertY = `insert [1] null {"id":1,"room":7,"owner":"ann","label":"y"}`
			bobs    = `insert [1] null {"id":1,"room":8,"owner":"bob","label":"y"}`
			nothing = ""
		)
		hers := []string{insertX, updateY, nothing, gone, nothing, nothing, insertY, gone}
		hidden := make([]string, 8)
		for _, tt := range []struct {
			name  string
			scope *store.Scope
			want  []string
		}{
			{"the owner", scope("ann", "a", owner, store.Guard{}), hers},
			{"the holder of a key", scope("ann", "a", related, store.Guard{}), hers},
			{"the next owner", scope("bob", "a", owner, store.Guard{}), []string{nothing, nothing, nothing, bobs, gone, bobs, gone, nothing}},
			{"another caller", scope("eve", "a", owner, store.Guard{}), hidden},
			{"another caller by a key", scope("eve", "a", related, store.Guard{}), hidden},
			{"another tenant", scope("ann", "b", owner, store.Guard{}), hidden},
			{"another tenant by a key", scope("ann", "b", related, store.Guard{}), hidden},
			{"no tenant", scope("ann", "", store.True(), store.Guard{}), hidden},
			{"no rule", scope("ann", "a", store.Cond{}, store.Guard{}), hidden},
			{"no key", scope("ann", "a", owner, store.Guard{Readable: noKey}), hidden},
			{"no table", &store.Scope{Tenant: "a"}, hidden},
		} {
			if got := seenOf(t, db, "seats", tt.scope); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("%s: got\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		}
		if _, err := (changelog.Change{Table: "seats"}).SeenBy(ctx, db, nil); !errors.Is(err, store.ErrNoScope) {
			t.Errorf("without a scope: %v", err)
		}
	}, storetest.Models(Seat{}, RoomKey{}))
}

// seenOf reads all changes of a table and returns what a scope sees of each.
func seenOf(t *testing.T, db *store.DB, table string, scope *store.Scope) []string {
	t.Helper()
	var all []string
	reader := changelog.Open(db, "seen-"+store.NewID().String(), &changelog.Options{Start: changelog.FromStart, Tables: []string{table}})
	_, err := reader.Drain(t.Context(), func(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			seen, err := c.SeenBy(ctx, tx, scope)
			if err != nil {
				return err
			}
			text := ""
			if seen.Op != "" {
				text = fmt.Sprintf("%s %s %s %s", seen.Op, seen.Key, null(seen.Old), null(seen.New))
			}
			all = append(all, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func null(row []byte) string {
	if row == nil {
		return "null"
	}
	return string(row)
}
