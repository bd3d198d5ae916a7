package changelog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func read(t *testing.T, db *store.DB, after changelog.Cursor, opts *changelog.ReadOptions) changelog.Page {
	t.Helper()
	page, err := changelog.Read(t.Context(), db, after, opts)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestRead reads pages after cursors, and refuses texts that are none.
func TestRead(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		now := read(t, db, "", nil)
		if len(now.Changes) != 0 || now.Next == "" || now.More {
			t.Fatalf("the end of the log: %+v", now)
		}
		for i := range 7 {
			mustLog(t, db, []string{"a", "b"}[i%2], int64(i), 1)
		}
		var got []string
		cursor, pages := now.Next, 0
		for more := true; more; pages++ {
			page := read(t, db, cursor, &changelog.ReadOptions{Limit: 3})
			for _, c := range page.Changes {
				got = append(got, c.Table+string(c.Key))
			}
			cursor, more = page.Next, page.More
		}
		if want := "[a[0] b[1] a[2] b[3] a[4] b[5] a[6]]"; fmt.Sprint(got) != want || pages < 3 {
			t.Errorf("%d pages: %v, want %s", pages, got, want)
		}
		if page := read(t, db, cursor, nil); len(page.Changes) != 0 {
			t.Errorf("behind the last page: %v", page.Changes)
		}
		if page := read(t, db, now.Next, &changelog.ReadOptions{Tables: []string{"b"}}); len(page.Changes) != 3 || page.More {
			t.Errorf("of one table: %d, more %t", len(page.Changes), page.More)
		}

		list, err := store.For[Seat](db).AllTenants().Page(t.Context(), store.Query{Limit: new(1)})
		if err != nil {
			t.Fatal(err)
		}
		bad := []changelog.Cursor{"x", "AAAA", cursor[1:], cursor + "A", changelog.Cursor(list.Next)}
		for i := range len(cursor) {
			forged := []byte(cursor)
			forged[i] = "AB"[min(1, 1-int(forged[i]%2))]
			if string(forged) != string(cursor) {
				bad = append(bad, changelog.Cursor(forged))
			}
		}
		for _, text := range bad {
			if text == "" {
				continue
			}
			var wrong *fault.QueryError
			if _, err := changelog.Read(t.Context(), db, text, nil); !errors.As(err, &wrong) || wrong.Kind != fault.QueryBadCursor {
				t.Errorf("%s: %v", text, err)
			}
		}

		waitForIdle(t, db)
		cursor = read(t, db, cursor, nil).Next // of a moment without open transactions
		mustLog(t, db, "a", 9, 1)
		waitForIdle(t, db)
		mustTrim(t, db, changelog.Retention{MaxRows: 1}, 7)
		if _, err := changelog.Read(t.Context(), db, now.Next, nil); !errors.Is(err, changelog.ErrResync) {
			t.Errorf("after the log was trimmed: %v", err)
		}
		if page := read(t, db, cursor, nil); len(page.Changes) != 1 {
			t.Errorf("a cursor behind what was trimmed: %+v", page)
		}
	}, storetest.Models(Seat{}, RoomKey{}))
}

// TestFollowMissesNothing writes in overlapping transactions while readers follow the log and
// go on from the cursors of their pages. Each gets every committed change once, and those of a
// row in order.
func TestFollowMissesNothing(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		const writers, rounds = 4, 40
		start := read(t, db, "", nil).Next
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan []string, 2)
		for _, limit := range []int{2, 100} {
			go func() {
				var got []string
				cursor := start
				for len(got) < writers*rounds && ctx.Err() == nil {
					inner, cut := context.WithTimeout(ctx, 200*time.Millisecond) // as a client that reconnects
					err := changelog.Follow(inner, db, cursor, &changelog.ReadOptions{Limit: limit, Poll: 5 * time.Millisecond}, func(_ context.Context, page changelog.Page) error {
						for _, c := range page.Changes {
							got = append(got, string(c.Key)+string(c.New))
						}
						cursor = page.Next
						return nil
					})
					cut()
					if err != nil {
						t.Error(err)
						break
					}
				}
				done <- got
			}()
		}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := 0; i < rounds; {
					n := min(1+rand.IntN(4), rounds-i)
					tx, err := db.Bun().DB.BeginTx(ctx, nil)
					if err != nil {
						t.Error(err)
						return
					}
					for k := range n {
						if err := appendLog(db, tx, "t", int64(w), int64(i+k)); err != nil {
							t.Error(err)
						}
						if db.Capabilities().Engine == "postgres" {
							time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
						}
					}
					if err := tx.Commit(); err != nil {
						t.Error(err)
						return
					}
					i += n
				}
			})
		}
		wg.Wait()
		for range 2 {
			select {
			case got := <-done:
				next := map[string]int{}
				for _, c := range got {
					w := c[:3]
					if want := fmt.Sprintf(`%s{"id":%c,"version":%d}`, w, w[1], next[w]); c != want {
						t.Errorf("got %s, want %s", c, want)
						break
					}
					next[w]++
				}
				if len(got) != writers*rounds {
					t.Errorf("%d changes, want %d", len(got), writers*rounds)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("a reader has not got all")
			}
		}
	})
}

// TestSeenIn filters what a scope sees, and sends some columns of it.
func TestSeenIn(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		start := read(t, db, "", nil).Next
		seats := store.For[Seat](db)
		if err := seats.Insert(ctx, &Seat{ID: 1, Room: 7, Owner: "ann", Label: "x"}); err != nil {
			t.Fatal(err)
		}
		for _, set := range []store.Set{
			store.SetTo("label", "y"), store.SetTo("room", 8), store.SetTo("label", "z"), store.SetTo("room", 7),
			store.SetTo("owner", "bob"), store.SetTo("room", 8), store.SetTo("owner", "ann"),
		} {
			if _, err := seats.Patch(ctx, 1, set); err != nil {
				t.Fatal(err)
			}
		}
		table := db.Table(Seat{})
		guard := &store.Guard{Read: bound(t, table, store.Eq("owner", "ann")), Readable: table.PublicColumns()}
		scope := &store.Scope{Tenant: "a", Guard: func(*store.Table) *store.Guard { return guard }}
		where, err := changelog.BindView(scope, table, store.Eq("room", 7))
		if err != nil {
			t.Fatal(err)
		}
		var columns store.ColumnSet
		columns.Add(table.Column("id"))
		columns.Add(table.Column("label"))
		columns.Add(table.Column("note")) // hidden
		var got []string
		for _, c := range read(t, db, start, nil).Changes {
			seen, err := c.SeenIn(t.Context(), db, changelog.View{Scope: scope, Where: where, Columns: &columns})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %t", seen.Op, seen.New, seen.ByFilter))
		}
		want := []string{
			`insert {"id":1,"label":"x"} false`,
			`update {"id":1,"label":"y"} false`,
			`delete  true`, // left the room
			`  false`,
			`insert {"id":1,"label":"z"} true`,
			`delete  false`, // has another owner
			`  false`,
			`  false`, // is visible again, in another room
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%q\nwant\n%q", got, want)
		}
		for _, name := range []string{"note", "none"} {
			if _, err := changelog.BindView(scope, table, store.Eq(name, "x")); err == nil {
				t.Errorf("a filter on %s is accepted", name)
			}
		}
		closed := &store.Scope{Guard: func(*store.Table) *store.Guard { return nil }}
		var unknown *fault.UnknownTableError
		if _, err := changelog.BindView(closed, table, store.Cond{}); !errors.As(err, &unknown) {
			t.Errorf("a table that is not exposed: %v", err)
		}
	}, storetest.Models(Seat{}, RoomKey{}))
}

func bound(t *testing.T, table *store.Table, c store.Cond) store.Cond {
	t.Helper()
	out, err := query.Bind(table, c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
