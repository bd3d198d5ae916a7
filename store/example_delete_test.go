package store_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// Letter is a model whose deleted rows are marked.
type Letter struct {
	bun.BaseModel `bun:"table:letters"`
	store.Model
	store.SoftDelete
	Text string `bun:",notnull"`
}

// What was deleted is removed for good by Bun, by the keys that the store has found:
// it knows how each engine writes a time.
func ExampleSoftDelete() {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close() // the end of the example
	letters := store.For[Letter](db)
	if err := db.Register(Letter{}); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	letter := &Letter{Text: "Dear all"}
	if err := letters.Insert(ctx, letter); err != nil {
		log.Fatal(err)
	}
	if err := letters.Delete(ctx, letter.ID); err != nil {
		log.Fatal(err)
	}
	count := func() {
		seen, err := letters.Count(ctx, store.Cond{})
		if err != nil {
			log.Fatal(err)
		}
		all, err := letters.WithDeleted().Count(ctx, store.Cond{})
		fmt.Println(seen, "of", all, err)
	}
	count()

	before := time.Now().Add(time.Minute)
	old, err := letters.WithDeleted().List(ctx, store.Query{Where: store.Compare("deleted_at", query.OpLt, before)})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range old {
		if _, err := db.Bun().NewDelete().Model(l).WherePK().ForceDelete().Exec(ctx); err != nil {
			log.Fatal(err)
		}
	}
	count()
	// Output:
	// 0 of 1 <nil>
	// 0 of 0 <nil>
}
