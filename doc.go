// Package plinth turns an application's structs into a secured backend: a typed
// store, REST resources, accounts and the server around them, in the application's
// own program. It runs on embedded SQLite with nothing to set up and on PostgreSQL
// at scale, with the same code and the same answers, and the client libraries of
// the supabase-js family can talk to a documented part of it.
//
// # The first program
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//		"net/http"
//		"os"
//		"os/signal"
//		"syscall"
//
//		"github.com/seed-7694ebf6/plinth"
//		"github.com/seed-7694ebf6/plinth/api"
//		"github.com/seed-7694ebf6/plinth/store"
//		"github.com/uptrace/bun"
//	)
//
//	// Note is a table, a REST resource and their validation.
//	type Note struct {
//		bun.BaseModel `bun:"table:notes"`
//		store.Model            // ID, CreatedAt, UpdatedAt, Version
//		OwnerID       store.ID `bun:",notnull"`
//		Title         string   `bun:",notnull" validate:"required,max=200"`
//		Body          string
//	}
//
//	func main() {
//		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
//		defer stop()
//		app, err := plinth.New(ctx, plinth.FromEnv())
//		if err != nil {
//			log.Fatal(err)
//		}
//		app.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
//		app.Router().Get("/hello", hello)
//		os.Exit(app.Main(ctx, os.Args[1:]))
//	}
//
//	func hello(w http.ResponseWriter, _ *http.Request) {
//		fmt.Fprintln(w, "Hello from your own route")
//	}
//
// Nothing is exposed that was not added, and no row is served that no rule
// allows. OwnedBy gives every caller their own rows: it fills owner_id on
// create and keeps it from being written.
//
// # What is where
//
//   - store: the typed store. Tables from bun models, conditions, scopes and
//     guards, transactions, hooks, the change log. Its drivers are store/sqlite
//     and store/postgres, its schema tool store/migrate.
//   - auth: who makes a request. auth/jwt signs and verifies tokens, auth/accounts
//     lets people in: sign-up, login, sessions.
//   - api: resources, policies and functions over HTTP.
//   - middleware: what stands around handlers. Its leaves are middleware/cors,
//     middleware/compress, middleware/prometheus and middleware/otel.
//   - cache: values that are found out once, in cache/memory or cache/redis.
//
// Each of them works alone; this package wires them and decides nothing.
//
// # Development and production
//
// A program that listens on a loopback address and has neither keys nor a public URL is in
// development: missing tables and columns are created (on SQLite, or a PostgreSQL at a
// loopback address), commands to sign up and log in are printed, secrets are made once and
// kept in the database, and requests through a proxy or from another machine are refused.
// Everything else is production: it needs an https PublicURL, keys, and a master key for
// accounts; it verifies the schema and refuses to start where something is missing. See
// [FromEnv] for the variables.
//
// # Serving
//
// [App.Run] serves until its context ends; [App.Handler] gives the same handler to a
// server of one's own. Around every route, the application's own included, stands a
// chain of package middleware: ids of requests, addresses of clients behind
// [Config].TrustedProxies, a line in the log, security headers, recovery, [Config].CORS,
// sizes, a deadline, [Rates], protection from pages of other origins, who calls,
// a bound on running requests, and compression. [Config].Observe adds metrics and
// traces.
//
// Balancers ask /livez, whether the process serves, and /readyz, whether requests are
// welcome; both are at [Config].OpsAddr too. When the context ends, /readyz says no
// while everybody is still served for [Config].DrainDelay, then requests under way have
// [Config].DrainTimeout. [TLS] encrypts connections by certificates from files or from
// an authority that speaks ACME; without it a proxy does. docs/operations.md of the
// repository is the operator's side of all this.
//
// # Own code
//
// Handlers of your own are added to [App.Router]. They are trusted: the store gives them
// every row, unless As limits the repository to what the caller may see and write, in a
// transaction too. [App.Authenticate] refuses credentials that do not hold and lets
// requests without any pass; RequireSignedIn behind it keeps those out:
//
//	signedIn := middleware.RequireSignedIn(middleware.RequireOptions{})
//	app.Router().With(app.Authenticate, signedIn).Post("/begin", func(w http.ResponseWriter, r *http.Request) {
//		scope := store.ScopeFrom(r.Context())
//		note := &Note{Title: "First"}
//		err := app.DB().Tx(r.Context(), func(ctx context.Context, tx *store.Tx) error {
//			if err := store.For[Note](tx).As(scope).Insert(ctx, note); err != nil { // owner_id is filled in
//				return err
//			}
//			return store.For[Task](tx).As(scope).Insert(ctx, &Task{NoteID: note.ID})
//		})
//		if err != nil {
//			api.WriteError(w, r, err)
//			return
//		}
//		fmt.Fprintln(w, note.ID)
//	})
//
// As needs a scope: in a context without one, outside of a request, every method returns
// [store.ErrNoScope]. Either way the change log names the caller as the actor; work on
// behalf of another says so by [store.WithActor]. Code that is trusted on purpose leaves As out, or says Unscoped where
// both stand side by side. encoding/json knows nothing of a model's
// columns: it writes hidden and secret ones too, under the names of Go. Answer with a
// type of your own, or make the route a function of the REST API ([api.TxFunc]), which
// answers with rows as its caller may see them.
//
// What needs the tables before anybody is served, as roles and first rows, is added by
// [App.Prepare]. What goes on beside the server, as readers of the change log and work by
// the clock, is added by [App.Background]:
//
//	app.Prepare(func(ctx context.Context) error {
//		return app.Accounts().SaveRole(ctx, accounts.Role{Name: "editor", Permissions: []string{"notes.publish"}})
//	})
//	app.Background("feed", func(ctx context.Context) error {
//		notes := app.DB().Changes("feed", &store.ChangesOptions{Tables: []string{"notes"}})
//		return notes.Run(ctx, func(ctx context.Context, tx *store.Tx, batch []store.Change) error {
//			for _, c := range batch {
//				if c.Op != store.OpInsert {
//					continue
//				}
//				_, note, err := store.For[Note](tx).Changed(c)
//				if err != nil {
//					return err
//				}
//				if err := store.For[Entry](tx).Insert(ctx, &Entry{NoteID: note.ID, Text: note.Title}); err != nil {
//					return err
//				}
//			}
//			return nil
//		})
//	})
//
// A table that no resource serves, as that of Entry, has to be known before the schema is
// prepared; neither development nor "migrate diff" makes it otherwise:
//
//	if err := app.DB().Register(Entry{}); err != nil {
//		log.Fatal(err)
//	}
//
// A reader misses nothing, and what it writes by its transaction happens once. Other
// servers are better not asked inside of it: on SQLite it is everybody's turn to write. For
// a mail, write down there that it is due, in a table, and let other work in the background
// claim and send it; or, where it may be lost, send it by a hook of the write
// ([store.After] and [store.Tx.OnCommit]).
//
// Of all instances one runs a reader, by its name. Clients that wait for news, as on a
// stream, are at each of them: tell those by a reader without a name,
// app.DB().Changes("", nil), which every instance has for itself, from now on. It hands
// over the rows of everybody, so ask for each client whether they may see one, by reading
// it again in the scope of their request; what is [store.ErrNotFound] is not for them:
//
//	note, err := store.For[Note](app.DB()).As(store.ScopeFrom(r.Context())).Get(r.Context(), id)
//
// Pages of a front end are a handler too. By default a page may load nothing, so say what
// yours may; files is an [io/fs.FS], as one that was embedded:
//
//	pages := http.FileServerFS(files)
//	app.Router().Handle("/*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//		w.Header().Set("Content-Security-Policy", "default-src 'self'")
//		pages.ServeHTTP(w, r)
//	}))
//
// A command of one's own, to fill a database or to import, looks at the arguments before
// [App.Main], which refuses those it does not know: [App.Handler] prepares the database,
// and then repositories without As are trusted code.
//
//	if len(os.Args) > 1 && os.Args[1] == "seed" {
//		defer app.DB().Close()
//		if _, err := app.Handler(ctx); err != nil {
//			log.Fatal(err)
//		}
//		err := store.For[Note](app.DB()).Insert(ctx, &Note{OwnerID: ann, Title: "Seed"})
//		...
//		return
//	}
//
// Tests send requests to the handler, without a network. The example of [App.Handler] has
// callers with tokens, one who signs up, and a table of who may do what with which row.
//
// # Limits
//
// The package serves one process on SQLite and any number on PostgreSQL. Its
// wire is a subset of PostgREST's, listed in docs/wire.md of the repository.
package plinth
