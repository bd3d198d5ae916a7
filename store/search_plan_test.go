package store_test

import (
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

// leaflet is a row of a table that is worth an index.
type leaflet struct {
	bun.BaseModel `bun:"table:leaflets"`
	store.Untracked
	ID     int64   `bun:",pk"`
	Owner  string  `bun:",notnull"`
	Text   string  `bun:",notnull" plinth:"searchable"`
	Copies []*copy `bun:"rel:has-many,join:id=leaflet_id"`
}

// copy belongs to a leaflet.
type copy struct {
	bun.BaseModel `bun:"table:copies"`
	store.Untracked
	ID        int64    `bun:",pk"`
	LeafletID int64    `bun:",notnull"`
	Leaflet   *leaflet `bun:"rel:belongs-to,join:leaflet_id=id"`
}

const leaflets = 4000

// fillLeaflets gives every hundredth leaflet the word rare, and half of those and
// of the others to ann.
func fillLeaflets(t *testing.T, db *store.DB) {
	t.Helper()
	var rows, copies []string
	for i := range leaflets {
		text := fmt.Sprintf("common words and word%d", i%500)
		if i%100 == 0 {
			text += " Rare"
		}
		rows = append(rows, fmt.Sprintf("(%d, '%s', '%s')", i, []string{"ann", "bob"}[i/100%2], text))
		copies = append(copies, fmt.Sprintf("(%d, %d)", i, i))
	}
	mustRun(t, db.Bun().DB, "insert into leaflets (id, owner, text) values "+strings.Join(rows, ", "))
	mustRun(t, db.Bun().DB, "insert into copies (id, leaflet_id) values "+strings.Join(copies, ", "))
	mustRun(t, db.Bun().DB, "analyze")
}

// TestSearchReadsItsIndex: the plans of both engines find a few rows among thousands by the
// index of words, for every caller, and read no other row.
func TestSearchReadsItsIndex(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		fillLeaflets(t, db)
		own := leafletScope(t, db)
		rare := store.Compare("text", query.OpSearch, store.Text("rare"))
		mine := store.Or(store.Eq("owner", "ann"), store.Eq("owner", "bob"))
		for _, tt := range []struct {
			name  string
			scope *store.Scope
			model any
			query query.Query
			rows  int
		}{
			{"a word", nil, leaflet{}, query.Query{Where: rare}, 40},
			{"a word by its owner", own, leaflet{}, query.Query{Where: rare}, 20},
			{"a prefix", own, leaflet{}, query.Query{Where: store.Compare("text", query.OpSearch, store.Text("rar*"))}, 20},
			{"words and another one not", own, leaflet{}, query.Query{Where: store.Compare("text", query.OpSearch, store.Text("common rare -word0"))}, 16},
			{"beside another condition", own, leaflet{}, query.Query{Where: store.And(rare, mine)}, 20},
			{"with an order and a limit", own, leaflet{}, query.Query{Where: rare, Order: []store.Order{{Column: "owner", Desc: true}}, Limit: store.Limit(50)}, 20},
			{"through a relation", own, copy{}, query.Query{Where: store.Related("leaflet", rare)}, 20},
		} {
			tt.query.Select = []query.Selected{{Column: "id"}}
			got, err := read(t, db, tt.scope, tt.model, tt.query)
			if n := strings.Count(got, `"id"`); err != nil || n != tt.rows {
				t.Errorf("%s: %d rows, %v, want %d", tt.name, n, err, tt.rows)
			}
			e, err := gateFor(db, db.Table(tt.model), tt.scope).Explain(t.Context(), &tt.query, query.ReadOptions{}, access.PlanText)
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if !readsWords(db, string(e.Plan)) {
				t.Errorf("%s: the index of the words is not read, or the table is\n%s\n%s", tt.name, e.SQL, e.Plan)
			}
		}
		// The judgement itself must be able to fail.
		e, err := gateFor(db, db.Table(leaflet{}), own).Explain(t.Context(), &query.Query{Where: store.Not(rare)}, query.ReadOptions{}, access.PlanText)
		if err != nil || readsWords(db, string(e.Plan)) {
			t.Errorf("what is not found comes from the index: %v\n%s", err, e.Plan)
		}
		// Without the index every row is read, and its text only where the rule shows it.
		if !strings.Contains(e.SQL, "case when") {
			t.Errorf("hidden texts are read: %s", e.SQL)
		}
	}, storetest.Models(leaflet{}, copy{}))
}

// leafletScope is ann's: she sees her own leaflets and every copy.
func leafletScope(t *testing.T, db *store.DB) *store.Scope {
	t.Helper()
	texts, copies := db.Table(leaflet{}), db.Table(copy{})
	own := &store.Guard{Read: must(store.Bind(texts, store.Compare("owner", query.OpEq, store.Var("me")))), Readable: texts.PublicColumns()}
	all := &store.Guard{Read: must(store.Bind(copies, store.Not(store.Null("id")))), Readable: copies.PublicColumns()}
	return &store.Scope{
		Var: func(string) (string, bool) { return "ann", true },
		Guard: func(tab *store.Table) *store.Guard {
			if tab == texts {
				return own
			}
			return all
		},
	}
}

// readsWords reports whether a plan reads the index of the leaflets' words and not
// every leaflet.
func readsWords(db *store.DB, plan string) bool {
	if db.Capabilities().Engine == "postgres" {
		return strings.Contains(plan, "Index Scan on leaflets_text_search") && !strings.Contains(plan, "Seq Scan on leaflets")
	}
	words := false
	for line := range strings.Lines(plan) {
		source, isScan := strings.CutPrefix(strings.TrimSpace(line), "SCAN ")
		source, virtual := strings.CutSuffix(source, " VIRTUAL TABLE INDEX 0:M1") // M: by match
		switch {
		case virtual:
			words = true
		case isScan && !strings.Contains(plan, "CO-ROUTINE "+source): // what a part of the statement found
			return false
		}
	}
	return words
}
