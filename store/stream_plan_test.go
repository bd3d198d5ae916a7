package store_test

import (
	"encoding/json"
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

// branch, twig and leaf are three levels of a tree.
type branch struct {
	bun.BaseModel `bun:"table:branches"`
	store.Untracked
	ID    int64   `bun:",pk"`
	Name  string  `bun:",notnull"`
	Twigs []*twig `bun:"rel:has-many,join:id=branch_id"`
}

type twig struct {
	bun.BaseModel `bun:"table:twigs"`
	store.Untracked
	ID       int64   `bun:",pk"`
	BranchID int64   `bun:",notnull"`
	Name     string  `bun:",notnull"`
	Branch   *branch `bun:"rel:belongs-to,join:branch_id=id"`
	Leaves   []*leaf `bun:"rel:has-many,join:id=twig_id"`
}

type leaf struct {
	bun.BaseModel `bun:"table:leaves"`
	store.Untracked
	ID     int64  `bun:",pk"`
	TwigID int64  `bun:",notnull"`
	Name   string `bun:",notnull"`
	Twig   *twig  `bun:"rel:belongs-to,join:twig_id=id"`
}

// TestStreamPlan pins the plan of a read with two levels of embeds on PostgreSQL: nested
// loops over the rows of one parent at a time, under the limit of the whole answer. No
// node collects the rows of a level.
func TestStreamPlan(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		if db.Capabilities().Engine != "postgres" {
			t.Skip("SQLite has no stream")
		}
		for _, statement := range []string{
			"insert into branches (id, name) select i, 'branch ' || i from generate_series(1, 500) i",
			"insert into twigs (id, branch_id, name) select i, 1 + i % 500, 'twig ' || i from generate_series(1, 10000) i",
			"insert into leaves (id, twig_id, name) select i, 1 + i % 10000, 'leaf ' || i from generate_series(1, 50000) i",
			"analyze",
		} {
			mustRun(t, db.Bun().DB, statement)
		}
		q := query.Query{
			Limit: store.Limit(20),
			With: []query.Embed{{Relation: "twigs", Query: query.Query{
				Limit: store.Limit(1000),
				With:  []query.Embed{{Relation: "leaves", Query: query.Query{Limit: store.Limit(1000)}}},
			}}},
		}
		opts := query.ReadOptions{Budget: 10_000}
		e, err := access.Trusted(db, db.Table(branch{})).Explain(t.Context(), &q, opts, access.PlanJSON)
		if err != nil {
			t.Fatal(err)
		}
		var plan planNode
		if err := json.Unmarshal(e.Plan, &plan); err != nil {
			t.Fatal(err)
		}
		var shape strings.Builder
		plan.print(&shape, 0)
		const want = `Limit
  Nested Loop
    Limit
      Index Scan branches branches_pkey
    Append
      Result
      Nested Loop
        Limit
          Sort
            Index Scan twigs twigs_branch_id_idx
        Append
          Result
          Limit
            Sort
              Index Scan leaves leaves_twig_id_idx
`
		if got := shape.String(); got != want {
			t.Errorf("%s\nis planned as\n%swant\n%s", e.SQL, got, want)
		}
	}, storetest.Models(branch{}, twig{}, leaf{}))
}

// planNode is a node of PostgreSQL's plan.
type planNode struct {
	Type  string     `json:"Node Type"`
	Table string     `json:"Relation Name"`
	Index string     `json:"Index Name"`
	Plans []planNode `json:"Plans"`
}

// print writes a line for a node and, indented, those below it. A scan by index is one
// line, whether or not it goes through a bitmap.
func (n planNode) print(b *strings.Builder, depth int) {
	fmt.Fprint(b, strings.Repeat("  ", depth))
	switch {
	case n.Type == "Bitmap Heap Scan" && len(n.Plans) == 1:
		fmt.Fprintf(b, "Index Scan %s %s\n", n.Table, n.Plans[0].Index)
		return
	case n.Table != "":
		fmt.Fprintf(b, "%s %s %s\n", n.Type, n.Table, n.Index)
	default:
		fmt.Fprintln(b, n.Type)
	}
	for _, below := range n.Plans {
		below.print(b, depth+1)
	}
}
