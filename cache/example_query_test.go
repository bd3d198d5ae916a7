package cache_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// Book is a model of the store.
type Book struct {
	bun.BaseModel `bun:"table:books"`

	ID    int64  `bun:",pk,autoincrement"`
	Title string `bun:",notnull"`
}

// The result of a query is kept until the change log says that a row of its table was
// written, by whomever.
//
// With package cache/redis in place of cache/memory the result is shared. The reader
// returns the error of a purge that could not be told, so it comes to the same change
// again when it is run again: no purge is lost. Let one process of all run a reader
// that has a name, and start it again when it ends; with cache/memory let each
// process run one without a name.
func ExampleLoader_query() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "books")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "books.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := db.Register(Book{}); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	books := store.For[Book](db)

	kept, err := memory.New(memory.Options[string, cache.Loaded[[]*Book]]{Size: 1000})
	if err != nil {
		log.Fatal(err)
	}
	lists, err := cache.NewLoader(kept, func(ctx context.Context, _ string) ([]*Book, error) {
		fmt.Println("asking the database")
		return books.List(ctx, store.Query{})
	}, cache.LoaderOptions[string, []*Book]{
		TTL:  time.Minute,
		Tags: func(string, []*Book) []string { return []string{"table:books"} },
	})
	if err != nil {
		log.Fatal(err)
	}
	purge := func(ctx context.Context, _ *store.Tx, batch []changelog.Change) error {
		var tags []string
		for _, c := range batch {
			tags = append(tags, "table:"+c.Table, "row:"+c.Table+string(c.Key))
		}
		return lists.Purge(ctx, tags...)
	}
	// A program would call Run, which goes on until its context ends.
	reader := changelog.Open(db, "purge", &changelog.Options{Start: changelog.FromStart})

	show := func() {
		list, err := lists.Get(ctx, "all")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(list), "books")
	}
	show()
	show()
	if err := books.Insert(ctx, &Book{Title: "Middlemarch"}); err != nil {
		log.Fatal(err)
	}
	if _, err := reader.Drain(ctx, purge); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// asking the database
	// 0 books
	// 0 books
	// asking the database
	// 1 books
}
