// Package plinth turns an application's structs into a secured backend: a typed store, REST
// resources, accounts and the server around them, in the application's own program. It runs
// on embedded SQLite without setup and on PostgreSQL at scale, with the same code and the
// same responses. Client libraries of the supabase-js family can use a documented part of
// it.
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
// Nothing is exposed without [App.Add], and no row is served without a rule that allows it.
// OwnedBy limits callers to their own rows: it sets owner_id on create and rejects writes
// to it.
//
// # Packages
//
//   - store: the typed store. Tables from bun models, conditions, scopes and
//     guards, transactions, hooks, the change log. Its drivers are store/sqlite
//     and store/postgres, its schema tool store/migrate.
//   - auth: authentication. auth/jwt signs and verifies tokens, auth/accounts
//     has sign-up, login and sessions.
//   - api: resources, policies and functions over HTTP.
//   - middleware: net/http middleware. Its leaves are middleware/cors,
//     middleware/compress, middleware/prometheus and middleware/otel.
//   - cache: results of expensive computations, in cache/memory or cache/redis.
//
// Each package works alone. This package only wires them.
//
// # Development and production
//
// A program that listens on a loopback address, without keys and without a public URL, is
// in development. It creates missing tables and columns (on SQLite, or on a PostgreSQL at a
// loopback address). It prints commands to sign up and log in, and keeps generated secrets
// in the database. It rejects requests through a proxy or from another machine. Everything
// else is production: it needs an https PublicURL, keys, and a master key for accounts. It
// verifies the schema and does not start if something is missing. See [FromEnv] for the
// variables.
//
// # Serving
//
// [App.Run] serves until its context ends; [App.Handler] returns the same handler for a
// server of your own. Around every route, own routes included, runs a chain of package
// middleware: request ids, client addresses behind [Config].TrustedProxies, the access log,
// security headers, recovery, [Config].CORS, size limits, a deadline, [Rates], CSRF
// protection, authentication, admission, and compression. [Config].Middleware adds metrics and
// traces.
//
// Balancers probe /livez, whether the process serves, and /readyz, whether it accepts
// requests. Both are at [Config].OpsAddr too. When the context ends, /readyz answers 503
// while requests are still served for [Config].DrainDelay. Then running requests have
// [Config].DrainTimeout. [TLS] encrypts connections with certificates from files or from an
// ACME authority; without it a proxy must. For operators see docs/operations.md of the
// repository.
//
// # Own code
//
// Add your own handlers to [App.Router]. They are trusted: the store returns every row to
// them, unless As limits the repository to the caller's scope, in a transaction too.
// [App.Authenticate] rejects invalid credentials and passes requests without credentials;
// add RequireSignedIn behind it to reject those:
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
// As needs a scope. In a context without one, outside of a request, every method returns
// [store.ErrNoScope]. Either way the change log names the caller as the actor;
// [store.WithActor] names another. Code that is trusted on purpose leaves As out, or calls
// Unscoped where both are side by side.
//
// encoding/json does not know a model's columns: it writes hidden and secret ones too,
// under their Go names. Answer with a type of your own, or make the route a function of the
// REST API ([api.TxFunc]), which returns rows as its caller may see them.
//
// Add work that needs the tables before the first request, such as roles and first rows,
// with [App.Prepare]. Add work beside the server, such as readers of the change log, with
// [App.Background]. Work that must survive the process is a job, enqueued in the transaction
// that has the reason for it ([App.Jobs]). Work by the clock is a schedule ([App.Every],
// [App.Cron]):
//
//	app.Prepare(func(ctx context.Context) error {
//		return app.Accounts().SaveRole(ctx, accounts.Role{Name: "editor", Permissions: []string{"notes.publish"}})
//	})
//	app.Background("feed", func(ctx context.Context) error {
//		notes := changelog.Open(app.DB(), "feed", &changelog.Options{Tables: []string{"notes"}})
//		return notes.Run(ctx, func(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
//			for _, c := range batch {
//				if c.Op != store.OpInsert {
//					continue
//				}
//				_, note, err := changelog.Rows[Note](tx, c)
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
// Register a table without a resource, such as that of Entry, before the schema is
// prepared. Otherwise neither development nor "migrate diff" creates it:
//
//	if err := app.DB().Register(Entry{}); err != nil {
//		log.Fatal(err)
//	}
//
// A reader gets every change, and what it writes in its transaction happens once. Do not
// call other servers in the transaction: on SQLite it blocks all other writes. To send a
// mail, insert a row for it and let other background work claim and send it. If the mail
// may be lost, send it in a hook of the write ([store.After] and [store.Tx.OnCommit]).
//
// A named reader runs in one of all instances. Clients that wait for changes, for example
// on a stream, are connected to any instance. Use a reader without a name for them,
// changelog.Open(app.DB(), "", nil): every instance has its own, from now on. It returns the
// rows of all owners. Check for each client that it may see a row by reading it again in
// the scope of its request; [store.ErrNotFound] means that it may not:
//
//	note, err := store.For[Note](app.DB()).As(store.ScopeFrom(r.Context())).Get(r.Context(), id)
//
// Mount handlers with limits of their own, such as uploads, event streams and WebSockets, as
// a surface with [App.Mount].
//
// Pages of a front end are a handler too: [Static] serves an [io/fs.FS], for example an
// embedded one, with entity tags and a Content-Security-Policy. A handler that renders pages
// sets a policy itself, such as [PagePolicy], since by default a page may load nothing:
//
//	pages, err := plinth.Static(files)
//	if err != nil {
//		log.Fatal(err)
//	}
//	app.Router().Handle("/*", pages)
//
// A command of your own, for example to fill a database or to import, must check the
// arguments before [App.Main], which rejects unknown ones. [App.Handler] prepares the
// database, and repositories without As are trusted.
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
// Tests send requests to the handler without a network. The example of [App.Handler] has
// callers with tokens, a sign-up, and a table of the rights of callers on rows.
//
// # Limits
//
// The package serves one process on SQLite and any number on PostgreSQL. Its wire format is
// a subset of PostgREST's, listed in docs/wire.md of the repository.
package plinth
