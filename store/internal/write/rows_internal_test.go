//go:build !race

package write

import (
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"
)

// TestAnswerPlannedOnce: what the answer to a write consists of is found out for all its
// rows, and not again for each. The race detector allocates by itself, so this is not
// built with it.
func TestAnswerPlannedOnce(t *testing.T) {
	type book struct {
		bun.BaseModel `bun:"table:books"`
		ID            int64 `bun:",pk"`
		Shelf         int64
		Title         string
	}
	registry := schema.NewRegistry(schema.RegistryOptions{Bun: bun.NewDB(nil, bunschema.NewNopQueryGen().Dialect()), CheckRules: func(string, reflect.Type) error { return nil }})
	if err := registry.Register(book{}); err != nil {
		t.Fatal(err)
	}
	w := new(write)
	w.request = request{
		Reader: read.Reader{Session: core.Session{DB: &core.DB{Dialect: sqlgen.DialectOf(driver.Dialect{Name: "sqlite"})}}, Table: registry.Table(book{})}, op: query.OpInsert,
		ret: &query.Query{Select: []query.Selected{{Column: "id"}, {Column: "title", As: "name"}}},
	}
	allocs := func(n int) float64 {
		rows := make([]*Row, n)
		for i := range rows {
			rows[i] = &Row{Op: query.OpInsert, New: []any{int64(1), int64(2), "x"}}
		}
		var out query.Rows
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
