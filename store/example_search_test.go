package store_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// Article is a model whose text can be searched.
type Article struct {
	bun.BaseModel `bun:"table:articles"`
	ID            int64  `bun:",pk,autoincrement"`
	Author        string `bun:",notnull"`
	Text          string `bun:",notnull" plinth:"searchable"`
}

var articleText = store.TextColumn(func(a *Article) *string { return &a.Text })

// library opens a database with three articles.
func library(ctx context.Context) *store.DB {
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Register(Article{}); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	for _, a := range []Article{
		{Author: "ann", Text: "Plinth documents itself"},
		{Author: "ann", Text: "A draft of the documentation of Plinth"},
		{Author: "bob", Text: "Documents of bob about Plinth"},
	} {
		if err := store.For[Article](db).Insert(ctx, &a); err != nil {
			log.Fatal(err)
		}
	}
	return db
}

// A search reads an index that triggers keep, so it finds what was written a
// moment ago, on SQLite and on PostgreSQL alike.
func ExampleTextCol_Search() {
	ctx := context.Background()
	db := library(ctx)
	defer db.Close()

	found, err := store.For[Article](db).List(ctx, store.Query{Where: articleText.Search("PLINTH doc* -draft")})
	for _, a := range found {
		fmt.Println(a.Text)
	}
	fmt.Println(err)
	// Output:
	// Plinth documents itself
	// Documents of bob about Plinth
	// <nil>
}
