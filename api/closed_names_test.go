package api_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// shelfmark is unique for its owner, a column of which nobody is told.
type shelfmark struct {
	bun.BaseModel `bun:"table:shelfmarks"`
	ID            int64    `bun:",pk"`
	OwnerID       store.ID `bun:",notnull,unique:mark"`
	Title         string   `bun:",notnull,unique:mark"`
}

// TestConstraintsOfClosedColumns: an error of a constraint names no column that the
// policy closes for reading and writing, whatever the way to write and the constraint.
func TestConstraintsOfClosedColumns(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		policy := api.OwnedBy("owner_id")
		policy.Columns = map[string]api.ColumnRule{"owner_id": {}}
		h := serve(t, db, api.Config{}, api.Resource[shelfmark]{Policy: policy})
		const row = `{"id":1,"title":"a"}`
		for _, q := range []request{
			{line: "POST /shelfmarks", body: row},
			{line: "POST /shelfmarks", body: strings.Replace(row, "1", "2", 1)},
			{line: "POST /shelfmarks", body: strings.Replace(row, "1", "2", 1), header: []string{"Prefer: return=representation"}},
			{line: "POST /shelfmarks", body: `[{"id":3,"title":"b"},{"id":4,"title":"b"}]`, header: []string{"Prefer: resolution=merge-duplicates"}},
			{line: "PUT /shelfmarks/5", body: `{"id":5,"title":"a"}`},
			{line: "POST /-/batch", body: `[{"method":"POST","path":"/shelfmarks","body":{"id":6,"title":"a"}}]`},
		} {
			q.caller = "ann"
			got := do(t, h, q)
			t.Logf("%s: %d %s", q.line, got.status, got.body)
			if strings.Contains(got.body, "owner_id") {
				t.Errorf("%s %s: %d %s", q.line, q.body, got.status, got.body)
			}
		}
	})
}
