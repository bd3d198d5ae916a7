// App is a small application as it is deployed: its own migrations, everything else from the environment. Outside development it serves only
// a database that "app migrate up" has prepared.
package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// Note belongs to who wrote it.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required,max=200"`
	Body    string
}

//go:embed migrations
var files embed.FS

func main() {
	// The first signal drains, see plinth.App.Run.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	config := plinth.FromEnv()
	config.Postgres.Pooler = os.Getenv("NOTES_POOLER") == "1" // see ../pgbouncer
	app, err := plinth.New(ctx, config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	app.Migrations(migrate.Source{Line: "notes", FS: migrations})
	app.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
	return app.Main(ctx, args)
}
