package changelog_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// A reader gets every write of the tables that are tracked. A program would call
// Run, which goes on until its context ends, and do its work by the transaction it
// is given: then the work and the reader's place are committed together.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "changes")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "shop.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := db.Register(Tag{}); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}

	reader := changelog.Open(db, "reader", &changelog.Options{Start: changelog.FromStart})
	show := func(_ context.Context, tx *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			was, is, err := changelog.Rows[Tag](tx, c)
			if err != nil {
				return err
			}
			if was != nil {
				fmt.Println(c.Op, c.Table, string(c.Key), was.Name, "is", is.Name)
				continue
			}
			fmt.Println(c.Op, c.Table, string(c.Key), is.Name)
		}
		return nil
	}
	tag := &Tag{Name: "go"}
	if err := store.For[Tag](db).Insert(ctx, tag); err != nil {
		log.Fatal(err)
	}
	if _, err := store.For[Tag](db).Patch(ctx, tag.ID, store.SetTo("name", "golang")); err != nil {
		log.Fatal(err)
	}
	if _, err := reader.Drain(ctx, show); err != nil {
		log.Fatal(err)
	}
	// Output:
	// insert tags [1] go
	// update tags [1] go is golang
}
