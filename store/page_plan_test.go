package store_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
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
// where the directions of the order differ.
func TestPagesBeginInTheIndex(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		rows := make([]*ranked, 5000)
		for i := range rows {
			rows[i] = &ranked{ID: int64(i + 1), Rank: int64(i * 7 % 1000), Size: int64(i % 10)}
		}
		must(db.Bun().NewInsert().Model(&rows).Exec(t.Context()))
		must(db.Bun().ExecContext(t.Context(), "create index by_rank on ranked (rank desc, id)"))
		must(db.Bun().ExecContext(t.Context(), "create index by_size on ranked (rank desc, size desc, id)"))
		must(db.Bun().ExecContext(t.Context(), "analyze"))
		for name, order := range map[string][]store.Order{
			"two keys":   {{Column: "rank", Desc: true}},
			"three keys": {{Column: "rank", Desc: true}, {Column: "size", Desc: true}},
		} {
			q := store.Query{Order: order, Limit: store.Limit(2500)}
			q.After = must(store.For[ranked](db).Page(t.Context(), q)).Next
			q.Limit = store.Limit(5)
			e := must(store.NewGate(db, db.Tables()[0], nil).Explain(t.Context(), &q, store.ReadOptions{}, store.PlanText))
			plan := strings.ToLower(string(e.Plan))
			_, condition, _ := strings.Cut(plan, "index cond: ") // PostgreSQL
			if db.Capabilities().Engine == "sqlite" {
				_, condition, _ = strings.Cut(plan, "index by_")
			}
			condition, _, _ = strings.Cut(condition, "\n")
			sorts := strings.Contains(plan, "sort key") || strings.Contains(plan, "temp b-tree")
			if !strings.Contains(condition, "rank") || sorts {
				t.Errorf("%s: %s\nis read by\n%s", name, e.SQL, plan)
			}
		}
	}, storetest.Models(ranked{}))
}
