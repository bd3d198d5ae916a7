package store_test

import (
	"math"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestConstantsOfRulesArePlanned: the one plan that PostgreSQL keeps for a statement of a
// policy uses a partial index, because it knows the constants of the rule.
func TestConstantsOfRulesArePlanned(t *testing.T) {
	t.Parallel()
	db := storetest.NewPostgres(t, pgtest.Source(), storetest.Models(ranked{}))
	for _, statement := range []string{
		"insert into ranked (id, rank, size) select i, i % 1000, i % 100 from generate_series(1, 20000) i",
		"create index few on ranked (rank) where size = 3",
		"analyze",
	} {
		mustRun(t, db.Bun().DB, statement)
	}
	guard := all()
	guard.Read = store.And(store.Eq("size", 3), store.Compare("rank", query.OpEq, store.Var("rank")))
	scope := guards(db, map[string]string{"rank": "3"}, map[string]store.Guard{"ranked": guard})
	e, err := access.New(db, db.Table(ranked{}), scope).Explain(t.Context(), &query.Query{}, query.ReadOptions{}, access.PlanText)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Bun().DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range []string{"set plan_cache_mode = force_generic_plan", "prepare listed(int8) as " + e.SQL} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.QueryContext(t.Context(), "explain execute listed(3)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "few") {
		t.Errorf("%v: the plan does not use the partial index:\n%s", err, plan.String())
	}
}

// TestConstants: a constant of a rule is a literal if no character of it needs quoting and
// its column is public. Everything else, and every value of a request, is an argument.
func TestConstants(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		pg := db.Capabilities().Engine == "postgres"
		for _, c := range []struct {
			table  string
			rule   store.Cond
			column string
			want   string // in the text on both engines, without casts
		}{
			{"authors", store.Eq("name", "Ann"), "name", `= 'Ann'`},
			{"authors", store.In("name", []string{"Ann", "Bob"}), "name", `in ('Ann', 'Bob')`},
			{"posts", store.Compare("score", query.OpGt, -7), "score", `> -7`},
			{"posts", store.Eq("public", true), "public", map[bool]string{true: "= true", false: "= 1"}[pg]},
			{"authors", store.Eq("name", "O'Hara"), "name", ""},
			{"authors", store.Eq("name", `a\`), "name", ""},
			{"authors", store.Eq("name", "é"), "name", ""},
			{"authors", store.Eq("name", strings.Repeat("a", 65)), "name", ""},
			{"authors", store.In("name", []string{"Ann", "$1"}), "name", ""},
			{"authors", store.Eq("email", "ann@example.com"), "email", ""},
			{"posts", store.Compare("score", query.OpGt, math.MinInt64), "score", ""},
			{"posts", store.Eq("rating", 1.5), "rating", ""},
		} {
			guard := all()
			guard.Read = c.rule
			scope := guards(db, nil, map[string]store.Guard{c.table: guard})
			e, err := access.New(db, db.TableNamed(c.table), scope).Explain(t.Context(), &query.Query{Select: []query.Selected{}}, query.ReadOptions{}, access.PlanText)
			if err != nil {
				t.Fatal(err)
			}
			text := e.SQL
			for _, cast := range []string{"::text", "::int8"} {
				text = strings.ReplaceAll(text, cast, "")
			}
			if literal := len(e.Args) == 0; literal != (c.want != "") || !strings.Contains(text, `"`+c.column+`" `+c.want) {
				t.Errorf("%s %s: %s with %v", c.table, c.rule, e.SQL, e.Args)
			}
		}
		for _, scope := range []*store.Scope{nil, guards(db, nil, map[string]store.Guard{"authors": all()})} {
			q := query.Query{Where: must(store.Bind(db.TableNamed("authors"), store.Eq("name", "Ann")))}
			e, err := gateFor(db, db.TableNamed("authors"), scope).Explain(t.Context(), &q, query.ReadOptions{}, access.PlanText)
			if err != nil || len(e.Args) != 1 {
				t.Errorf("a filter: %v, %v", e, err)
			}
		}
	})
}
