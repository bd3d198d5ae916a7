// Quickstart is the program of the README: notes that belong to their owner, as
// a REST resource on a SQLite file, beside a route of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// Note is a table, a REST resource and their validation.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model            // ID, CreatedAt, UpdatedAt, Version
	OwnerID       store.ID `bun:",notnull"`
	Title         string   `bun:",notnull" validate:"required,max=200"`
	Body          string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app, err := plinth.New(ctx, plinth.FromEnv())
	if err != nil {
		log.Fatal(err)
	}
	app.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
	app.Router().Get("/hello", hello)
	os.Exit(app.Main(ctx, os.Args[1:]))
}

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "Hello from your own route")
}
