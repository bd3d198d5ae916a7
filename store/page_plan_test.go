package store_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// ranked rows are many, so that an index on their rank is worth using.
type ranked struct {
	bun.BaseModel `bun:"table:ranked"`
	store.Untracked
	ID   int64 `bun:",pk"`
	Rank int64 `bun:",notnull"`
	Size int64 `bun:",notnull"`
}

// A page far behind must begin in the index and not read its way there, also
// where the directions of the order differ. PostgreSQL must have one plan for all
// pages: what depends on a cursor's values is planned for each anew.
func TestPagesBeginInTheIndex(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		rows := make([]*ranked, 5000)
		for i := range rows {
			rows[i] = &ranked{ID: int64(i + 1), Rank: int64(i * 7 % 1000), Size: int64(i % 10)}
		}
		must(db.Bun().NewInsert().Model(&rows).Exec(t.Context()))
		must(db.Bun().ExecContext(t.Context(), "create index by_rank on ranked (rank, id)"))
		must(db.Bun().ExecContext(t.Context(), "create index by_mixed on ranked (rank desc, id)"))
		must(db.Bun().ExecContext(t.Context(), "create index by_size on ranked (rank, size, id)"))
		must(db.Bun().ExecContext(t.Context(), "analyze"))
		for name, order := range map[string][]store.Order{
			"ascending":        {{Column: "rank"}},
			"descending":       {{Column: "rank", Desc: true}},
			"the key too":      {{Column: "rank", Desc: true}, {Column: "id", Desc: true}},
			"three keys":       {{Column: "rank", Desc: true}, {Column: "size", Desc: true}},
			mixed + "two keys": {{Column: "rank", Desc: true}, {Column: "id"}},
		} {
			near, far := pagePlan(t, db, order, 5), pagePlan(t, db, order, 2500)
			if strings.Contains(far, "filter:") && !strings.HasPrefix(name, mixed) { // PostgreSQL
				t.Errorf("%s: rows are read to be left out by\n%s", name, far)
			}
			_, condition, _ := strings.Cut(far, "index cond: ") // PostgreSQL
			if db.Capabilities().Engine == "sqlite" {
				_, condition, _ = strings.Cut(far, "index by_")
			}
			condition, _, _ = strings.Cut(condition, "\n")
			sorts := strings.Contains(far, "sort key") || strings.Contains(far, "temp b-tree")
			if !strings.Contains(condition, "rank") || sorts {
				t.Errorf("%s: a page is read by\n%s", name, far)
			}
			if near != far {
				t.Errorf("%s: the second page is read by\n%s\nand one far behind by\n%s", name, near, far)
			}
		}
	}, storetest.Models(ranked{}))
}

// mixed begins the names of orders whose directions differ: no one row value says
// what is behind a row, so the index leads to the rows that are equal to it.
const mixed = "mixed: "

// pagePlan returns the engine's plan for the page behind so many rows.
func pagePlan(t *testing.T, db *store.DB, order []store.Order, rows int) string {
	t.Helper()
	before := must(store.For[ranked](db).Page(t.Context(), store.Query{Order: order, Limit: store.Limit(rows)}))
	q := query.Query{Order: order, Limit: store.Limit(5), After: before.Next}
	e := must(access.Trusted(db, db.Tables()[0]).Explain(t.Context(), &q, query.ReadOptions{}, access.PlanText))
	return strings.ToLower(string(e.Plan))
}
