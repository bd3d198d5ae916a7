package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

type held struct {
	bun.BaseModel `bun:"table:held"`
	store.Untracked
	ID     int64      `bun:",pk"`
	Meta   store.JSON `bun:",notnull"`
	Nested store.JSON `bun:",notnull"`
	Labels []string   `bun:",array,notnull"`
}

// BenchmarkHolds measures the dearest containment a request may ask for, of one row of a
// mebibyte: every element asked for is at the end.
func BenchmarkHolds(b *testing.B) {
	const elements = 100 // api.Limits.Elements
	var asked []string
	for i := range elements {
		asked = append(asked, fmt.Sprint(1000+i))
	}
	list := strings.Join(asked, ",")
	nested := "[" + strings.Join(asked, "],[") + "]"
	for engine, open := range searchDatabases() {
		b.Run(engine, func(b *testing.B) {
			db := openModel(b, open, held{})
			row := &held{
				ID: 1, Meta: store.JSON("[" + strings.Repeat("2,", 500_000) + list + "]"), Nested: store.JSON("[" + strings.Repeat("[2],", 250_000) + nested + "]"),
				Labels: append(strings.Split(strings.Repeat("2", 250_000), ""), asked...),
			}
			if err := store.For[held](db).Insert(b.Context(), row); err != nil {
				b.Fatal(err)
			}
			for name, cond := range map[string]store.Cond{
				"cs":        store.Compare("meta", query.OpContains, store.Text("["+list+"]")),
				"cs nested": store.Compare("nested", query.OpContains, store.Text("["+nested+"]")),
				"cs array":  store.Compare("labels", query.OpContains, asked),
				"cd array":  store.Compare("labels", query.OpContained, append(asked, "2")),
				"ov array":  store.Compare("labels", query.OpOverlaps, strings.Split(strings.Repeat("x", elements), "")),
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						if _, err := store.For[held](db).Count(b.Context(), cond); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
