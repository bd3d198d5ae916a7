//go:build !race

package store

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
)

// TestAnswerPlannedOnce: what the answer to a write consists of is found out for all its
// rows, and not again for each. The race detector allocates by itself, so this is not
// built with it.
func TestAnswerPlannedOnce(t *testing.T) {
	w := new(write)
	w.request = request{
		reader: reader{s: core.Session{DB: &core.DB{Dialect: sqlgen.DialectOf(driver.Dialect{Name: "sqlite"})}}, table: tableFor(t, volume{})}, op: OpInsert,
		ret: &Query{Select: []Selected{{Column: "id"}, {Column: "title", As: "name"}}},
	}
	allocs := func(n int) float64 {
		rows := make([]*rowWrite, n)
		for i := range rows {
			rows[i] = &rowWrite{op: OpInsert, new: []any{int64(1), int64(2), "x"}}
		}
		var out Rows
		return testing.AllocsPerRun(100, func() {
			if err := w.appendRows(t.Context(), rows, &out); err != nil || out.Count != n {
				t.Fatalf("%d rows, %v", out.Count, err)
			}
		})
	}
	const rows = 100
	if one, many := allocs(1), allocs(rows); many >= one+rows {
		t.Errorf("%v allocations for one row and %v for %d", one, many, rows)
	}
}
