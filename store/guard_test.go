package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
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
			got, err := read(t, db, scope, Item{}, query.Query{})
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
		for op, value := range map[query.Op]string{query.OpLike: `x\`, query.OpMatch: `(`} {
			g := all()
			g.Read = store.Compare("name", op, store.Var("v"))
			scope := guards(db, map[string]string{"v": value}, map[string]store.Guard{"rooms": g})
			if got, err := read(t, db, scope, Room{}, query.Query{}); err != nil || got != "[]" {
				t.Errorf("op %d: %s, %v", op, got, err)
			}
		}
	})
}

// deleted gives no right.
func TestRestoreByDeletedMembership(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		room := add(t, db, "a", &Room{Name: "r"})
		member := add(t, db, "a", &Member{RoomID: room.ID, Name: "ann"})
		if err := store.For[Member](db).Delete(ctx, member.ID); err != nil {
			t.Fatal(err)
		}
		if err := store.For[Room](db).Delete(ctx, room.ID); err != nil {
			t.Fatal(err)
		}
		g := all()
		g.Restore = store.Related("members", store.Eq("name", "ann"))
		scope := guards(db, nil, map[string]store.Guard{"rooms": g})
		var out query.Rows
		err := gateFor(db, db.Table(Room{}), scope).Restore(t.Context(), store.Eq("id", room.ID), query.WriteOptions{}, &out)
		if err != nil || out.Count != 0 {
			t.Errorf("restored %d rows, %v", out.Count, err)
		}
	})
}

// A column that only has a preset cannot be updated, not even to the preset.
func TestPresetIsNoUpdate(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		items := db.Table(Item{})
		me, room := store.NewID(), add(t, db, "a", &Room{Name: "r"})
		item := add(t, db, "a", &Item{OwnerID: store.NewID(), RoomID: room.ID, Title: "hers"})
		g := all()
		g.Presets = []query.Preset{{Column: items.Column("owner_id"), Var: "me"}}
		g.Updatable = items.UpdatableColumns()
		g.Updatable.Remove(items.Column("owner_id"))
		scope := guards(db, map[string]string{"me": me.String()}, map[string]store.Guard{"items": g, "rooms": all()})
		n, err := gateUpdate(t, db, items, scope, fmt.Sprintf(`{"title":"mine","owner_id":%q}`, me), store.Eq("id", item.ID))
		got := must(store.For[Item](db).Get(store.WithTenant(t.Context(), "a"), item.ID))
		if got.OwnerID != item.OwnerID {
			t.Errorf("the owner was changed: %d, %v", n, err)
		}
	})
}

// A scope without the variable of a preset creates no row, also where the column takes any text.
func TestPresetWithoutVariable(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		rooms := db.Table(Room{})
		for name, vars := range map[string]map[string]string{"missing": {}, "empty": {"name": ""}} {
			g := all()
			g.Presets = []query.Preset{{Column: rooms.Column("name"), Var: "name"}}
			scope := guards(db, vars, map[string]store.Guard{"rooms": g})
			if got, err := gateInsert(t, db, rooms, scope, `{}`, nil); !errors.Is(err, store.ErrDenied) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	})
}

// A foreign key with a preset on create is judged when an update writes it.
func TestPresetForeignKeyIsJudgedOnUpdate(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		items := db.Table(Item{})
		seen, hidden := add(t, db, "a", &Room{Name: "seen"}), add(t, db, "a", &Room{Name: "hidden"})
		item := add(t, db, "a", &Item{OwnerID: store.NewID(), RoomID: seen.ID, Title: "x"})
		g, rooms := all(), all()
		g.Presets = []query.Preset{{Column: items.Column("room_id"), Var: "room"}}
		rooms.Read = store.Eq("name", "seen")
		scope := guards(db, map[string]string{"room": seen.ID.String()}, map[string]store.Guard{"items": g, "rooms": rooms})
		if n, err := gateUpdate(t, db, items, scope, fmt.Sprintf(`{"room_id":%q}`, hidden.ID), store.Eq("id", item.ID)); !isForeignKey(err) {
			t.Errorf("moved to a hidden room: %d, %v", n, err)
		}
	})
}

// to deleted rows.
func TestUncheckedReferencesKeepStandingPredicates(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		items := db.Table(Item{})
		mine, other, gone := add(t, db, "a", &Room{Name: "mine"}), add(t, db, "b", &Room{Name: "other"}), add(t, db, "a", &Room{Name: "gone"})
		if err := store.For[Room](db).Delete(store.WithTenant(t.Context(), "a"), gone.ID); err != nil {
			t.Fatal(err)
		}
		g := all()
		g.UncheckedReferences.Add(items.Column("room_id"))
		scope := guards(db, nil, map[string]store.Guard{"items": g})
		for room, want := range map[*Room]bool{mine: true, other: false, gone: false} {
			_, err := gateInsert(t, db, items, scope, fmt.Sprintf(`{"title":"y","owner_id":%q,"room_id":%q}`, mine.ID, room.ID), nil)
			if want && err != nil || !want && !isForeignKey(err) {
				t.Errorf("room %s: %v", room.Name, err)
			}
		}
	})
}

// A key to a row that must not be known reads like one to no row at all.
func TestHiddenTargetLooksMissing(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		items := db.Table(Item{})
		hidden := add(t, db, "b", &Room{Name: "hidden"})
		scope := guards(db, nil, map[string]store.Guard{"items": all(), "rooms": all()})
		text := func(err error) string {
			var e *store.ConstraintError
			if !errors.As(err, &e) {
				return fmt.Sprint("no constraint error: ", err)
			}
			return fmt.Sprintf("%+v", *e)
		}
		body := `{"title":"y","owner_id":"` + hidden.ID.String() + `","room_id":%q}`
		_, miss := gateInsert(t, db, items, scope, fmt.Sprintf(body, store.NewID()), nil)
		_, hid := gateInsert(t, db, items, scope, fmt.Sprintf(body, hidden.ID), nil)
		if text(miss) != text(hid) || !strings.Contains(text(hid), "room_id") {
			t.Errorf("missing: %s, hidden: %s", text(miss), text(hid))
		}
	})
}

// A write that was denied after it was made cannot be committed.
func TestDeniedWriteFailsTheTransaction(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		items := db.Table(Item{})
		hidden := add(t, db, "b", &Room{Name: "hidden"})
		scope := guards(db, nil, map[string]store.Guard{"items": all(), "rooms": all()})
		body := fmt.Sprintf(`{"title":"y","owner_id":%q,"room_id":%q}`, hidden.ID, hidden.ID)
		err := db.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
			if _, err := gateInsert(t, tx, items, scope, body, nil); !isForeignKey(err) {
				t.Errorf("insert: %v", err)
			}
			return nil // swallowed
		})
		if !errors.Is(err, store.ErrTxFailed) {
			t.Errorf("commit after a denied write: %v", err)
		}
		if n := must(store.For[Item](db).AllTenants().Count(t.Context(), store.Cond{})); n != 0 {
			t.Errorf("%d denied rows were committed", n)
		}
	})
}

// the error.
func TestCardinalityFailsTheTransaction(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		tags := db.Table(Tag{})
		err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			g := access.Trusted(tx, tags)
			in := must(g.DecodeInput([]byte(`[{"name":"a"},{"name":"b"}]`), access.InputOptions{}))
			var out query.Rows
			var wrong *fault.CardinalityError
			if err := g.Insert(ctx, in, query.WriteOptions{Single: true}, &out); !errors.As(err, &wrong) {
				t.Errorf("insert: %v", err)
			}
			return nil
		})
		if !errors.Is(err, store.ErrTxFailed) {
			t.Errorf("commit: %v", err)
		}
		if n := must(store.For[Tag](db).Count(t.Context(), store.Cond{})); n != 0 {
			t.Errorf("%d rows were committed", n)
		}
	})
}

// Single counts the rows that were written, not those that may be seen.
func TestSingleCountsHiddenRows(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		room := add(t, db, "a", &Room{Name: "r"})
		for _, title := range []string{"stays", "goes"} {
			add(t, db, "a", &Item{OwnerID: room.ID, RoomID: room.ID, Title: title})
		}
		g := all()
		g.Read = store.Or(store.Eq("title", "stays"), store.Related("room", store.Eq("name", "r")), store.Compare("version", query.OpEq, 1))
		g.Read = store.Or(store.Compare("version", query.OpEq, 1), store.Eq("title", "stays"))
		scope := guards(db, nil, map[string]store.Guard{"items": g, "rooms": all()})
		gate := gateFor(db, db.Table(Item{}), scope)
		p := must(gate.DecodePatch([]byte(`{"count":1}`), nil))
		var out query.Rows
		var wrong *fault.CardinalityError
		err := gate.Update(t.Context(), p, store.True(), query.WriteOptions{Single: true, Return: &query.Query{}}, &out)
		if !errors.As(err, &wrong) {
			t.Errorf("two rows were written, one is seen: %v, count %d", err, out.Count)
		}
	})
}

// A unique key that names a column the scope cannot know does not name it.
func TestConstraintErrorNamesNoHiddenColumn(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		tags := db.Table(Tag{})
		add(t, db, "", &Tag{Name: "x"})
		g := all()
		g.Readable.Add(tags.Column("id"))
		g.Creatable.Add(tags.Column("id"))
		g.Updatable.Add(tags.Column("id"))
		g.Presets = []query.Preset{{Column: tags.Column("name"), Value: "x"}}
		scope := guards(db, nil, map[string]store.Guard{"tags": g})
		_, err := gateInsert(t, db, tags, scope, `{"id":77}`, nil)
		var e *store.ConstraintError
		if !errors.As(err, &e) || len(e.Columns) > 0 {
			t.Errorf("%v", err)
		}
	})
}

// A hidden column with a preset reads like a column that does not exist.
func TestHiddenPresetIsUnknown(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		authors := db.Table(Author{})
		g := all()
		g.Presets = []query.Preset{{Column: authors.Column("email"), Value: "me@example.com"}}
		scope := guards(db, nil, map[string]store.Guard{"authors": g})
		_, err := gateInsert(t, db, authors, scope, `{"name":"Ann","email":"me@example.com"}`, nil)
		if code(err) != "PGRST204" {
			t.Errorf("%v", err)
		}
	})
}

// TestPatternInRuleOfHiddenRow: a rule to create compares a pattern also where the scope
// cannot read the new row. Beside a relation only the database can decide it.
func TestPatternInRuleOfHiddenRow(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		posts := all()
		posts.Read = store.Eq("public", true)
		posts.Create = store.And(store.Compare("title", query.OpLike, store.Text("a%")), store.Related("author", store.Cond{}))
		scope := guards(db, nil, map[string]store.Guard{"posts": posts, "authors": all()})
		author := newAuthor(t, db, "Ann")
		body := `{"title":"abc","price":"1","public":false,"meta":{},"labels":[],"author_id":"` + author.ID.String() + `"}`
		if _, err := gateInsert(t, db, db.TableNamed("posts"), scope, body, nil); err != nil {
			t.Errorf("a row that the rule allows: %v", err)
		}
		if _, err := gateInsert(t, db, db.TableNamed("posts"), scope, strings.Replace(body, "abc", "bc", 1), nil); !errors.Is(err, store.ErrDenied) {
			t.Errorf("a row that the rule forbids: %v", err)
		}
	})
}
