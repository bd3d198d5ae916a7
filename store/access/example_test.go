package access_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
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

// A gate is what the network passes: it answers in JSON, and with a scope it shows
// what the guard of each table allows and nothing else.
func ExampleNew() {
	ctx := context.Background()
	db := library(ctx)
	defer db.Close()

	articles := db.Table(Article{})
	own, err := store.Bind(articles, store.Compare("author", query.OpEq, store.Var("caller")))
	if err != nil {
		log.Fatal(err)
	}
	guard := &store.Guard{Read: own, Readable: articles.PublicColumns()}
	scope := &store.Scope{
		Var:   func(string) (string, bool) { return "bob", true },
		Guard: func(*store.Table) *store.Guard { return guard },
	}
	var out query.Rows
	err = access.New(db, articles, scope).Read(ctx, &query.Query{
		Select: []query.Selected{{Column: "id"}, {Column: "text"}}, Count: true,
	}, query.ReadOptions{}, &out)
	fmt.Println(string(out.Body), out.Total, err)
	// Output: {"id":3,"text":"Documents of bob about Plinth"} 1 <nil>
}

// Groups of rows: how many each author has.
func ExampleGate_Read_aggregates() {
	ctx := context.Background()
	db := library(ctx)
	defer db.Close()

	var out query.Rows
	err := access.Trusted(db, db.Table(Article{})).Read(ctx, &query.Query{
		Select: []query.Selected{{Column: "author"}, {Aggregate: query.AggregateCount, As: "articles"}},
		Order:  []store.Order{{Column: "author"}},
	}, query.ReadOptions{}, &out)
	fmt.Println(string(out.Body), err)
	// Output: {"author":"ann","articles":2},{"author":"bob","articles":1} <nil>
}

// Explain returns the statement of a read and the engine's plan without running it.
func ExampleGate_Explain() {
	ctx := context.Background()
	db := library(ctx)
	defer db.Close()

	e, err := access.Trusted(db, db.Table(Article{})).Explain(ctx, &query.Query{
		Select: []query.Selected{{Column: "text"}}, Where: store.Eq("id", 1),
	}, query.ReadOptions{}, access.PlanText)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.SQL)
	fmt.Print(e.Args, "\n", string(e.Plan))
	// Output:
	// select json_object('text', t0."text") from "articles" t0 where t0."id" = ?1 order by t0."id"
	// [integer]
	// SEARCH t0 USING INTEGER PRIMARY KEY (rowid=?)
}
