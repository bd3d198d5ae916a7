package realtime_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Note is read by anyone.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64  `bun:",pk"`
	Title         string `bun:",notnull"`
}

func ExampleNew() {
	ctx, stop := context.WithCancel(context.Background())
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	a, err := api.New(db, api.Config{})
	if err != nil {
		log.Fatal(err)
	}
	a.Add(api.Resource[Note]{Policy: api.Policy{Read: api.Anyone()}})
	if _, err := a.Handler(); err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	hub, err := realtime.New(a, db, realtime.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- hub.Run(ctx) }()

	changes, err := hub.Subscribe(ctx, realtime.Request{
		Table: a.Table("notes"), View: changelog.View{Scope: store.ScopeFrom(a.WithScope(ctx))},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.For[Note](db).Insert(ctx, &Note{ID: 1, Title: "Milk"}); err != nil {
		log.Fatal(err)
	}
	for {
		m, err := changes.Next(ctx, time.Second)
		if err != nil {
			log.Fatal(err)
		}
		if m != nil && len(m.Events) > 0 {
			fmt.Printf("%s %s\n", m.Events[0].Op, m.Events[0].Row)
			break
		}
	}
	changes.Close()
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output: insert {"id":1,"title":"Milk"}
}
