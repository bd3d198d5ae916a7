package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// deed has columns that filters compare at length.
type deed struct {
	bun.BaseModel `bun:"table:deeds"`
	store.Untracked
	ID     int64      `bun:",pk"`
	Owner  string     `bun:",notnull"`
	Title  string     `bun:",notnull" plinth:"searchable"`
	Meta   store.JSON `bun:",notnull"`
	Labels []string   `bun:",notnull,array"`
}

// fillDeeds makes deeds, of which half are ann's.
func fillDeeds(tb testing.TB, db *store.DB, n int) {
	tb.Helper()
	pg := db.Capabilities().Engine == "postgres"
	labels, meta := `'["l' || (i / 2000) || '"]'`, `'{"n": ' || i || '}'`
	if pg {
		labels, meta = "array['l' || (i / 2000)]", "jsonb_build_object('n', i)"
	}
	for _, statement := range []string{
		fmt.Sprintf("insert into deeds (id, owner, title, meta, labels) with recursive g(i) as (select 1 union all select i + 1 from g where i < %d) "+
			"select i, case when i %% 2000 < 1000 then 'ann' else 'bob' end, 'deed ' || i, %s, %s from g", n, meta, labels),
		"create index deeds_title on deeds (title)",
		onlyOn(db, "postgres", "create index deeds_meta on deeds using gin (meta)"),
		"analyze",
	} {
		mustRun(tb, db.Bun().DB, statement)
	}
}

// deedScope is ann's, who sees her deeds; the filters of some columns are unguarded.
func deedScope(db *store.DB, unguarded ...string) *store.Scope {
	table := db.Table(deed{})
	g := &store.Guard{Read: must(store.Bind(table, store.Compare("owner", query.OpEq, store.Var("me")))), Readable: table.PublicColumns()}
	for _, name := range unguarded {
		g.UnguardedFilters.Add(table.Column(name))
	}
	return &store.Scope{
		Var:   func(string) (string, bool) { return "ann", true },
		Guard: func(*store.Table) *store.Guard { return g },
	}
}

// TestUnguardedFilters compares statements of a policy that opens columns with those of
// one that does not: the answers are the same, and only the first may use an index.
func TestUnguardedFilters(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		fillDeeds(t, db, 20_000)
		table := db.Table(deed{})
		for _, tt := range []struct {
			column string
			where  store.Cond
			ids    string
			index  string // that the plain condition reads
		}{
			{"meta", store.Compare("meta", query.OpContains, store.JSON(`{"n":4100}`)), `{"id":4100}`, onlyOn(db, "postgres", "deeds_meta")},
			{"meta", store.Compare("meta", query.OpEq, store.Text("4100")).At(store.Path{}.Key("n").Text()), `{"id":4100}`, ""},
			{"labels", store.And(store.Compare("labels", query.OpContains, []string{"l2"}), store.Compare("id", query.OpGt, 4998)), `{"id":4999}`, ""},
			{"title", store.Compare("title", query.OpLike, store.Text("deed 410_")), `{"id":4100}`, "deeds_title"},
			{"title", store.Compare("title", query.OpLike, store.Text("deed 110_")), ``, "deeds_title"},
			{"title", store.Not(store.Compare("title", query.OpSearch, store.Text("deed"))), ``, ""},
		} {
			q := query.Query{Select: []query.Selected{{Column: "id"}}, Where: tt.where, Limit: store.Limit(1)}
			for _, open := range []bool{false, true} {
				other := "owner"
				if open {
					other = tt.column
				}
				s := deedScope(db, other)
				e, err := gateFor(db, table, s).Explain(t.Context(), &q, query.ReadOptions{}, access.PlanText)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(e.SQL, `case when t0."owner"`) == open {
					t.Errorf("open: %t: %s", open, e.SQL)
				}
				if tt.index != "" && strings.Contains(string(e.Plan), tt.index) != open {
					t.Errorf("open: %t: index %s\n%s\n%s", open, tt.index, e.SQL, e.Plan)
				}
				if got, err := read(t, db, s, deed{}, q); got != "["+tt.ids+"]" || err != nil {
					t.Errorf("open: %t: %s, %v", open, got, err)
				}
			}
		}
	}, storetest.Models(deed{}))
}

// onlyOn returns a name on one engine and nothing on the other.
func onlyOn(db *store.DB, engine, name string) string {
	if db.Capabilities().Engine == engine {
		return name
	}
	return ""
}

// BenchmarkUnguardedFilters finds one of 300,000 rows by a condition that has an index:
// behind the rule, without it, and on PostgreSQL under a policy of its row security.
func BenchmarkUnguardedFilters(b *testing.B) {
	for engine, open := range searchDatabases() {
		b.Run(engine, func(b *testing.B) {
			db := openModel(b, open, deed{})
			fillDeeds(b, db, 300_000)
			for name, where := range map[string]store.Cond{
				"document": store.Compare("meta", query.OpContains, store.JSON(`{"n":200100}`)),
				"pattern":  store.Compare("title", query.OpLike, store.Text("deed 20010_")),
			} {
				for kind, scope := range map[string]*store.Scope{"guarded": deedScope(db), "unguarded": deedScope(db, "meta", "title")} {
					b.Run(name+"/"+kind, func(b *testing.B) {
						q := query.Query{Select: []query.Selected{{Column: "id"}}, Where: where}
						for b.Loop() {
							if _, err := read(b, db, scope, deed{}, q); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
			if db.Capabilities().Engine == "postgres" {
				b.Run("document/row security", func(b *testing.B) { rowSecurity(b, db, `meta @> '{"n":200100}'`) })
				b.Run("pattern/row security", func(b *testing.B) { rowSecurity(b, db, `title like 'deed 20010_'`) })
			}
		})
	}
}

// rowSecurity runs a filter as a role that a policy shows ann's rows.
func rowSecurity(b *testing.B, db *store.DB, filter string) {
	b.Helper()
	tx, err := db.Bun().DB.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, statement := range []string{
		"create role deeds_reader", "grant select on deeds to deeds_reader", "alter table deeds enable row level security",
		"create policy own on deeds using (owner = 'ann')", "set local role deeds_reader",
	} {
		if _, err := tx.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var id sql.NullInt64
		if err := tx.QueryRowContext(b.Context(), "select min(id) from deeds where "+filter).Scan(&id); err != nil {
			b.Fatal(err)
		}
	}
}
