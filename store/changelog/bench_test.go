package changelog_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// BenchmarkWrite inserts and updates a row of a logged table, without and with a history.
func BenchmarkWrite(b *testing.B) {
	for engine, open := range map[string]func(*testing.B) *store.DB{
		"sqlite": func(b *testing.B) *store.DB { return storetest.New(b, storetest.Models(Author{}, KeptAuthor{})) },
		"postgres": func(b *testing.B) *store.DB {
			return storetest.NewPostgres(b, pgtest.Source(), storetest.Models(Author{}, KeptAuthor{}))
		},
	} {
		b.Run(engine+"/plain", func(b *testing.B) {
			repo := store.For[Author](open(b))
			for b.Loop() {
				row := &Author{Name: "Ann", Hash: "h"}
				benchWrite(b, repo, row, func() any { return row.ID }, store.SetTo("name", "Bob"))
			}
		})
		b.Run(engine+"/history", func(b *testing.B) {
			repo := store.For[KeptAuthor](open(b))
			for b.Loop() {
				row := &KeptAuthor{Name: "Ann", Hash: "h"}
				benchWrite(b, repo, row, func() any { return row.ID }, store.SetTo("name", "Bob"))
			}
		})
	}
}

func benchWrite[T any](b *testing.B, repo store.Repo[T], row *T, id func() any, set store.Set) {
	b.Helper()
	if err := repo.Insert(b.Context(), row); err != nil {
		b.Fatal(err)
	}
	if _, err := repo.Patch(b.Context(), id(), set); err != nil {
		b.Fatal(err)
	}
}

// KeptAuthor is an Author with a history.
type KeptAuthor struct {
	bun.BaseModel `bun:"table:kept_authors"`
	store.Model
	store.History
	Name  string  `bun:",notnull" validate:"required"`
	Email *string `bun:",unique" plinth:"hidden"`
	Hash  string  `bun:",notnull" plinth:"secret"`
}
