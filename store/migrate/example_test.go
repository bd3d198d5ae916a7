package migrate_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Migrations are files by engine; an application embeds its folder.
func ExampleNew() {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	shop := migrate.Source{Line: "shop", FS: fstest.MapFS{
		"sqlite/0001_init.up.sql":   {Data: []byte("create table orders (id integer primary key)")},
		"sqlite/0002_paid.up.sql":   {Data: []byte("alter table orders add column paid integer not null default 0")},
		"postgres/0001_init.up.sql": {Data: []byte("create table orders (id bigint primary key)")},
		"postgres/0002_paid.up.sql": {Data: []byte("alter table orders add column paid boolean not null default false")},
	}}
	m, err := migrate.New(db, shop)
	if err != nil {
		log.Fatal(err)
	}
	applied, err := m.Up(ctx)
	for _, a := range applied {
		if a.Line == "shop" { // behind the library's own
			fmt.Println(a.Line, a.Version, a.Name)
		}
	}
	fmt.Println(err, m.Verify(ctx))
	again, err := m.Up(ctx)
	fmt.Println(len(again), err)
	// Output:
	// shop 1 init
	// shop 2 paid
	// <nil> <nil>
	// 0 <nil>
}
