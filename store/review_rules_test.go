package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// A list variable without a usable value is unknown, also under Not.
func TestMissingListVariableUnderNot(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		room := add(t, db, "a", &Room{Name: "r"})
		add(t, db, "a", &Item{OwnerID: store.NewID(), RoomID: room.ID, Title: "x"})
		for name, vars := range map[string]map[string]string{
			"missing": {}, "not of the kind": {"blocked": "nobody"}, "half": {"blocked": store.NewID().String() + "\x00x"},
		} {
			g := all()
			g.Read = store.Not(store.In("owner_id", store.Var("blocked")))
			g.Create = g.Read
			scope := guards(db, vars, map[string]store.Guard{"items": g, "rooms": all()})
			got, err := read(t, db, scope, Item{}, store.Query{})
			if err != nil || got != "[]" {
				t.Errorf("%s: read %s, %v, want nothing", name, got, err)
			}
			_, err = gateInsert(t, db, db.Table(Item{}), scope, fmt.Sprintf(`{"title":"y","owner_id":%q,"room_id":%q}`, room.ID, room.ID), nil)
			if !errors.Is(err, store.ErrDenied) {
				t.Errorf("%s: insert: %v", name, err)
			}
		}
	})
}

// A pattern variable that is no pattern is unknown, not an error.
func TestBadPatternVariable(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		room := add(t, db, "a", &Room{Name: "r"})
		_ = room
		for op, value := range map[store.Op]string{store.OpLike: `x\`, store.OpMatch: `(`} {
			g := all()
			g.Read = store.Compare("name", op, store.Var("v"))
			scope := guards(db, map[string]string{"v": value}, map[string]store.Guard{"rooms": g})
			if got, err := read(t, db, scope, Room{}, store.Query{}); err != nil || got != "[]" {
				t.Errorf("op %d: %s, %v", op, got, err)
			}
		}
	})
}
