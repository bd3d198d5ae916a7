package changelog_test

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// Deed has a history, and its parts are deleted with it.
type Deed struct {
	bun.BaseModel `bun:"table:deeds"`
	store.History
	ID   int64  `bun:",pk"`
	Text string `bun:",notnull"`
}

type Part struct {
	bun.BaseModel `bun:"table:parts"`
	store.History
	ID     int64 `bun:",pk"`
	DeedID int64 `bun:",notnull"`
	Deed   *Deed `bun:"rel:belongs-to,join:deed_id=id,on_delete:CASCADE"`
}

// TestOrigins: every way of writing logs the origin of the scope, or of the context for trusted
// code, for tables with a history only.
func TestOrigins(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		begin, err := changelog.Read(t.Context(), db, "", nil)
		do(err)
		trusted := store.WithScope(t.Context(), &store.Scope{Origin: query.Origin{RequestID: "r1", Address: netip.MustParseAddr("2001:db8::1")}})
		do(store.For[Deed](db).Insert(trusted, &Deed{ID: 1}))
		do(store.For[Deed](db).Insert(trusted, &Deed{ID: 2}))
		do(store.For[Deed](db).Insert(t.Context(), &Deed{ID: 3}))
		do(store.For[Part](db).Insert(t.Context(), &Part{ID: 1, DeedID: 1}))
		do(store.For[Tag](db).Insert(trusted, &Tag{Name: "a"}))
		all := store.Compare("id", query.OpGte, 0)
		scope := guarded(db.TableNamed("deeds"), nil, store.Guard{Read: all, Update: all, Updatable: db.TableNamed("deeds").PublicColumns()})
		scope.Origin.RequestID = "r2"
		_, err = store.For[Deed](db).As(scope).Patch(trusted, 2, store.SetTo("text", "x"))
		do(err)
		do(store.For[Deed](db).Delete(trusted, 1)) // and its part
		page, err := changelog.Read(t.Context(), db, begin.Next, nil)
		do(err)
		got := map[string]bool{}
		for _, c := range page.Changes {
			got[fmt.Sprintf("%s %s %s %s %s", c.Op, c.Table, c.Key, c.RequestID, c.Address)] = true
		}
		want := []string{
			"insert deeds [1] r1 2001:db8::1", "insert deeds [2] r1 2001:db8::1", "insert deeds [3]  ", "insert parts [1]  ", "insert tags [1]  ",
			"update deeds [2] r2 ", "delete deeds [1] r1 2001:db8::1", "delete parts [1] r1 2001:db8::1",
		}
		for _, line := range want {
			if !got[line] {
				t.Errorf("no %q", line)
			}
		}
		if len(page.Changes) != len(want) {
			t.Errorf("got %v", got)
		}
		rows := func(table, key string, before changelog.Cursor, limit int) changelog.HistoryPage {
			t.Helper()
			page, err := changelog.History(t.Context(), db, db.TableNamed(table), []byte(key), before, limit)
			do(err)
			return page
		}
		first := rows("deeds", "[1]", "", 1)
		if len(first.Changes) != 1 || first.Changes[0].Op != store.OpDelete || first.Next == "" {
			t.Errorf("the first page: %+v", first)
		}
		if second := rows("deeds", "[1]", first.Next, 1); len(second.Changes) != 1 || second.Changes[0].Op != store.OpInsert || second.Next != "" {
			t.Errorf("the second page: %+v", second)
		}
		if none := rows("tags", "[1]", "", 9); len(none.Changes) != 0 {
			t.Errorf("of a table without history: %+v", none)
		}
	}, storetest.Models(Deed{}, Part{}, Tag{}))
}

// TestHistoryPlan finds the changes of a row by an index.
func TestHistoryPlan(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		fill := `insert into plinth_changes (tbl, op, key, actor, request) select 'deeds', 'update', %s, '', '' from %s`
		if db.Capabilities().Engine == "postgres" {
			mustRun(t, db.Bun().DB, fmt.Sprintf(fill, "jsonb_build_array(i % 5000)", "generate_series(1, 20000) i"))
			mustRun(t, db.Bun().DB, "analyze plinth_changes")
		} else {
			mustRun(t, db.Bun().DB, "with recursive g (i) as (select 1 union all select i + 1 from g where i < 20000) "+fmt.Sprintf(fill, "json_array(i % 5000)", "g"))
			mustRun(t, db.Bun().DB, "analyze")
		}
		explain := "explain query plan " + changelog.SQLiteHistory
		if db.Capabilities().Engine == "postgres" {
			explain = "explain (format text) " + changelog.PostgresHistory
		}
		var plan strings.Builder
		rows, err := db.Bun().DB.QueryContext(t.Context(), explain, "deeds", "[7]", int64(math.MaxInt64), 50)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			into := []any{&line}
			if db.Capabilities().Engine == "sqlite" {
				into = []any{new(int), new(int), new(int), &line}
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "plinth_changes_history_idx") {
			t.Errorf("%v\n%s", err, plan.String())
		}
		page, err := changelog.History(t.Context(), db, db.TableNamed("deeds"), []byte("[7]"), "", 50)
		if err != nil || len(page.Changes) != 4 {
			t.Errorf("%d changes, %v", len(page.Changes), err)
		}
	}, storetest.Models(Deed{}, Part{}))
}
