package changelog_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// statementCount counts the statements of a context that has a counter.
type statementCount struct{}

func (statementCount) Start(ctx context.Context, _ store.TracedStatement) context.Context {
	if n, ok := ctx.Value(statementCount{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	return ctx
}

func (statementCount) End(context.Context, store.TracedStatement, store.TraceOutcome) {}

// TestDecide judges many changes for many scopes at once, by rules that ask about other rows.
func TestDecide(t *testing.T) {
	t.Parallel()
	users := []string{"ann", "bob", "cyd", "dan", "eve", "", "nobody's\x27name"}
	holders := map[int64]string{1: "ann", 2: "bob", 3: "ann", 4: "cyd", 5: "dan", 6: "bob", 7: "nobody's\x27name"}
	rooms := map[int64]int64{1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4} // of the keys
	const seats, floor = 12, 3
	room := func(seat int64) int64 { return seat%5 + 1 }
	has := func(seat int64, from int64, names ...string) bool {
		for key, holder := range holders {
			if rooms[key] == room(seat) && key >= from && slices.Contains(names, holder) {
				return true
			}
		}
		return false
	}
	holder := store.Compare("holder", query.OpEq, store.Var("id"))
	rules := map[string]struct {
		rule store.Cond
		want func(user string, seat int64) bool
		most int64 // statements on PostgreSQL
	}{
		"related":  {store.Related("keys", holder), func(user string, seat int64) bool { return user != "" && has(seat, 0, user) }, 1},
		"not":      {store.Not(store.Related("keys", holder)), func(user string, seat int64) bool { return !has(seat, 0, user) || user == "" }, 1},
		"two":      {store.Related("keys", store.And(holder, store.Compare("id", query.OpGte, store.Var("floor")))), func(user string, seat int64) bool { return user != "" && has(seat, floor, user) }, 1},
		"no value": {store.Related("keys", store.Compare("id", query.OpEq, store.Var("id"))), func(string, int64) bool { return false }, 1},
		"or":       {store.Or(store.Compare("owner", query.OpEq, store.Var("id")), store.Related("keys", holder)), func(user string, seat int64) bool { return user == "ann" || user != "" && has(seat, 0, user) }, 1},
		"list": {store.Related("keys", store.Compare("holder", query.OpIn, store.Var("friends"))), func(user string, seat int64) bool {
			return user != "" && has(seat, 0, user, "dan")
		}, int64(len(users))},
	}
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		for key, name := range holders {
			if err := store.For[RoomKey](db).Insert(ctx, &RoomKey{ID: key, Room: rooms[key], Holder: name}); err != nil {
				t.Fatal(err)
			}
		}
		for id := range int64(seats) {
			if err := store.For[Seat](db).Insert(ctx, &Seat{ID: id + 1, Room: room(id + 1), Owner: "ann", Label: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		changes := allChanges(t, db, "seats")
		for name, tt := range rules {
			base := guarded(db.TableNamed("seats"), nil, store.Guard{Read: tt.rule})
			var asks []changelog.Ask
			var want []bool
			for _, c := range changes {
				j, err := c.Judge(db)
				if err != nil {
					t.Fatal(err)
				}
				for _, user := range users {
					scope := *base
					vars := map[string]string{"id": user, "floor": strconv.Itoa(floor), "friends": ""}
					if user != "" {
						vars["friends"] = user + "\x00dan"
					}
					scope.Var = func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
					asks = append(asks, changelog.Ask{Judge: j, View: changelog.View{Scope: &scope}})
					seat, _ := strconv.ParseInt(strings.Trim(string(c.Key), "[]"), 10, 64)
					want = append(want, tt.want(user, seat))
				}
			}
			var decided, seen atomic.Int64
			if err := changelog.Decide(context.WithValue(ctx, statementCount{}, &decided), db, asks); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i, a := range asks {
				got, err := a.Judge.See(context.WithValue(ctx, statementCount{}, &seen), a.View)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if visible := got.Op != ""; visible != want[i] {
					t.Errorf("%s: change %s is visible: %t, want %t", name, got.Key, visible, want[i])
				}
			}
			most := tt.most
			if strings.HasSuffix(t.Name(), "/sqlite") {
				most += int64(len(asks)) / 64
			}
			if decided.Load() > most || seen.Load() != 0 {
				t.Errorf("%s: %d statements and %d for single answers, want %d and none", name, decided.Load(), seen.Load(), most)
			}
		}
	}, storetest.Models(Seat{}, RoomKey{}), storetest.Store(store.Options{Tracers: []store.Tracer{statementCount{}}}))
}

// allChanges returns the changes of a table.
func allChanges(t *testing.T, db *store.DB, table string) (all []changelog.Change) {
	t.Helper()
	reader := changelog.Open(db, "all", &changelog.Options{Start: changelog.FromStart, Tables: []string{table}})
	_, err := reader.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
