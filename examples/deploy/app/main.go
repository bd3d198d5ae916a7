// App is a small application as it is deployed: its own migrations, metrics for
// operators, everything else from the environment. Outside development it serves only
// a database that "app migrate up" has prepared.
package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/pprof" // nobody serves http.DefaultServeMux, where it adds itself too
	"os"
	"os/signal"
	"syscall"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
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
	if code, asked := config.Health(ctx, args); asked {
		return code
	}
	config.Postgres.Pooler = os.Getenv("NOTES_POOLER") == "1" // see ../pgbouncer
	metrics, err := prometheus.New(prometheus.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	observe(&config, metrics)
	if url := os.Getenv("NOTES_REDIS_URL"); url != "" { // all instances count together
		client, err := redis.NewClient(redis.ClientOptions{URL: url})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer client.Close()
		if config.Rates.Limiter, err = redis.NewLimiter(client, redis.LimiterOptions{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	app, err := plinth.New(ctx, config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	metrics.Database(database, app.DB())
	metrics.Jobs(app.Jobs())
	metrics.Realtime(app.Realtime().Stats)
	app.Migrations(migrate.Source{Line: "notes", FS: migrations})
	app.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
	return app.Main(ctx, args)
}

// database is what metrics call the database.
const database = "main"

// observe counts requests and statements, and tells the operators' address how many
// there were.
func observe(config *plinth.Config, metrics *prometheus.Metrics) {
	config.Middleware = append(config.Middleware, metrics.Middleware)
	tracers := []store.Tracer{metrics.Tracer(database)}
	config.Postgres.Store.Tracers, config.SQLite.Store.Tracers = tracers, tracers
	if config.OpsAddr != "" {
		operators := http.NewServeMux()
		operators.Handle("GET /metrics", metrics.Handler())
		operators.HandleFunc("GET /debug/pprof/", pprof.Index)
		operators.HandleFunc("GET /debug/pprof/profile", pprof.Profile) // ?seconds=30: an answer may take 60
		config.OpsHandler = operators
	}
}
