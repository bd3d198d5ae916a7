package plinth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/chain"
	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
	storeaccess "github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// App is an application: a database, its resources and a router. Make one with [New], add
// to it, then call Run or Handler once. Call its methods in the goroutine that starts the
// program. The results of DB, Accounts, Authenticate and Handler are safe for concurrent
// use.
type App struct {
	config     resolved
	db         *store.DB
	api        *api.API
	router     *chi.Mux
	schema     command.Schema
	access     *access
	probes     *server.Probes
	longLived  *server.LongLived
	surfaces   *chain.Surfaces
	mistakes   []error // of Mount
	rest       http.Handler
	accounts   *accounts.Accounts
	prepare    []func(context.Context) error
	background []server.Job
	jobs       *jobs.Jobs
	mail       *outbox.Outbox
	sealer     sealer
	hub        *realtime.Hub

	build   sync.Once
	handler http.Handler
	err     error
}

// New opens the database and returns an empty application. It starts no goroutines of the
// library and changes nothing in the database. The context is for opening only. All
// mistakes of the configuration are reported in one error.
func New(ctx context.Context, config Config) (*App, error) {
	r, err := config.resolve()
	who, errKeys := newAccess(r)
	if err := errors.Join(err, errKeys); err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, r)
	if err != nil {
		return nil, err
	}
	rest, err := api.New(db, r.rest(who))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	probes := server.NewProbes(server.ProbesConfig{
		Logger: r.Logger, Database: db.Ping, Behind: func() time.Duration { return db.Stats().Notifier.Behind },
	})
	a := &App{
		config: r, db: db, api: rest, router: chi.NewRouter(), access: who, probes: probes,
		surfaces: chain.NewSurfaces(r.Logger), schema: command.Schema{DB: db},
		longLived: server.NewLongLived(server.LongLivedConfig{
			Most: r.MaxConnections, MostOfOne: r.MaxConnectionsPerClient, Pause: cmp.Or(r.RequestTimeout, 30*time.Second),
		}),
	}
	if err := a.openJobs(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if a.hub, err = realtime.New(rest, db, realtime.Config{Authenticator: who, Logger: r.Logger, Channels: r.Channels, Limits: r.SocketLimits, History: r.History}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.router.Use(chain.NameRoute, chain.AnswerHead(a.router))
	a.mountREST()
	a.mountRealtime()
	a.surfaces.RefuseBelow(authPath, a.refuseAuth)
	if !r.DisableAccounts {
		a.Migrations(accounts.Migrations())
		a.mountAccounts()
	}
	return a, nil
}

// DB returns the database.
func (a *App) DB() *store.DB { return a.db }

// API returns the REST resources, for settings beyond [App.Add].
func (a *App) API() *api.API { return a.api }

// Accounts returns the accounts. It is nil until Run or Handler has prepared the
// database, from [App.Prepare] on, and where Config.DisableAccounts is set.
func (a *App) Accounts() *accounts.Accounts { return a.accounts }

// Realtime returns the hub of changes, for subscriptions in Go. It works while
// [App.RunBackground] runs.
func (a *App) Realtime() *realtime.Hub { return a.hub }

// SiteURL returns the URL of the front end without a slash at its end, for links in mails:
// Config.Accounts.SiteURL, else Config.PublicURL. In development without both it is that of
// the listener, which is known when Run serves.
func (a *App) SiteURL() string { return strings.TrimSuffix(a.config.accounts().SiteURL, "/") }

// Add exposes resources and functions under /rest/v1. Nothing is exposed without Add, and
// no row is served without a rule that allows it. Register tables without a resource with
// [store.DB.Register], before Run or Handler.
func (a *App) Add(exposed ...api.Exposed) { a.api.Add(exposed...) }

// Router returns the router for the application's own routes. Register them before Run or
// Handler. Their handlers are trusted: no policy restricts what they read and write, unless
// they use the caller's scope from the request's context:
//
//	notes, err := store.For[Note](app.DB()).As(store.ScopeFrom(ctx)).List(ctx, q)
//
// Requests without a route are answered in the error format of the REST API, unless the
// router has its own NotFound and MethodNotAllowed. A route for GET answers HEAD too, as in
// net/http.
//
// A route that answers with a page must set the Content-Security-Policy of that page. The
// default policy ([Config].Headers) lets a page load and send nothing.
//
// Add middleware with Use before the first route, else the router panics. It runs
// innermost, after the chain that authenticates and rejects. Middleware that must see every
// request belongs to [Config].Middleware.
//
// Run and Handler reject routes below a surface ([App.Mount]): /rest/v1, /auth/v1 if there
// are accounts, and those of the application. Middleware of the router runs for these paths
// too, with the caller's scope. For the REST API and the accounts the chain does not check
// origins and body sizes, because they do. Middleware that acts on such a request must check
// both.
func (a *App) Router() chi.Router { return a.router }

// Authenticate is middleware for the application's own routes. It rejects invalid
// credentials; without it, a request with such credentials counts as unauthenticated.
// Requests without credentials pass: add [middleware.RequireSignedIn] behind it to reject
// those.
func (a *App) Authenticate(next http.Handler) http.Handler {
	authenticate := middleware.Must(middleware.Authenticate(a.access, middleware.AuthenticateOptions{Refuse: a.refuseCredential}))
	return authenticate(a.inScope(next))
}

// refuseCredential answers a request with an invalid credential. In development it gives
// the reason, as the REST API does.
func (a *App) refuseCredential(w http.ResponseWriter, r *http.Request, err error) {
	if a.config.development {
		err = problem.Explained(err)
	}
	a.surfaces.Refuse(w, r, err)
}

// inScope puts the scope of the caller into the request's context. The handler may be
// outside of the application's chain.
func (a *App) inScope(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside := r.WithContext(a.api.WithRequestScope(r.Context(), r))
		defer reqinfo.NoteRoute(inside)
		next.ServeHTTP(w, inside)
	})
}

// Handler returns the whole application as one handler, for a test or for a server of your
// own. It prepares the database as Config.Schema says, validates everything that was added,
// and runs the work of [App.Prepare]. All mistakes are reported in one error.
//
// Run [App.RunBackground] beside the server: without it the change log grows without limit
// and mails stay in the queue. The caller closes the database after the last request, with
// DB().Close. Later calls return the same handler and error.
func (a *App) Handler(ctx context.Context) (http.Handler, error) {
	a.build.Do(func() { a.handler, a.err = a.newHandler(ctx) })
	return a.handler, a.err
}

func (a *App) newHandler(ctx context.Context) (http.Handler, error) {
	var err error
	a.rest, err = a.register()
	if err := errors.Join(err, errors.Join(a.mistakes...), a.jobs.Check(), a.surfaces.CheckRoutes(a.router)); err != nil {
		return nil, err
	}
	if err := a.prepareSchema(ctx); err != nil {
		return nil, err
	}
	if a.config.Schema != SchemaOff {
		migrations, err := migrate.New(a.db, a.schema.Sources...)
		if err != nil {
			return nil, err
		}
		a.probes.Migrations = func(ctx context.Context) error { return migrations.Verify(store.WithReserve(ctx)) }
	}
	if a.accounts, err = a.openAccounts(ctx); err != nil {
		return nil, err
	}
	if len(a.config.ignored) > 0 {
		a.config.Logger.WarnContext(ctx, "unknown PLINTH_ variables are ignored; see FromEnv for their names", "names", a.config.ignored)
	}
	if a.accounts != nil && a.config.Accounts.Mailer == nil && !a.config.development {
		a.config.Logger.WarnContext(ctx, "accounts cannot send mail, so e-mail addresses cannot be confirmed; set PLINTH_SMTP_URL or Config.Accounts.Mailer")
	}
	if a.accounts != nil && a.config.Schema != SchemaOff { // which may be without tables
		if err := a.accounts.Ready(ctx); err != nil {
			return nil, fmt.Errorf("plinth: PLINTH_MASTER_KEYS (Config.Accounts.MasterKeys): %w", err)
		}
	}
	for _, work := range a.prepare {
		if err := server.Attempt(ctx, work); err != nil {
			return nil, fmt.Errorf("plinth: App.Prepare: %w", err)
		}
	}
	a.surfaces.RefuseUnrouted(a.router)
	a.surfaces.Mount(a.router)
	wrap, err := chain.New(a.config.chain(a))
	if err != nil {
		return nil, err
	}
	return wrap(a.router), nil
}

// register registers all tables, first those of the application, and returns the compiled
// API.
func (a *App) register() (http.Handler, error) {
	rest, err := a.api.Handler()
	if err != nil {
		return nil, err
	}
	if !a.config.DisableAccounts {
		err = accounts.Register(a.db)
	}
	return rest, err
}

func (a *App) prepareSchema(ctx context.Context) error {
	switch a.config.Schema {
	case SchemaAuto:
		manual, err := a.schema.Auto(ctx)
		for _, work := range manual {
			a.config.Logger.WarnContext(ctx, "schema needs a hand-written migration", "work", work)
		}
		return err
	case SchemaVerify:
		return a.schema.Verify(ctx)
	}
	return nil
}

// Run serves until ctx ends, then drains. For Config.DrainDelay /readyz answers 503 while
// requests are still served. Then the contexts of long-lived requests end, running requests
// have Config.DrainTimeout to finish, and the database is closed. Run returns nil after a
// clean end. A signal (interrupt, SIGTERM) during the drain ends it at once.
//
// Beside the server it does the work of [App.RunBackground]. In development it prints how
// to reach the application.
func (a *App) Run(ctx context.Context) error {
	defer a.db.Close() // the process ends, and everything is committed
	s, err := server.Open(ctx, a.config.server(a.probes, a.longLived))
	if err != nil {
		return err
	}
	a.config.Addr = s.Addr()
	handler, err := a.Handler(ctx)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if a.config.development {
		if err := a.banner().Print(ctx, os.Stdout); err != nil {
			return errors.Join(err, s.Close())
		}
	} else {
		a.config.Logger.InfoContext(ctx, "serving", "addr", a.config.Addr, "public_url", a.config.PublicURL, "database", a.db.Capabilities().Engine)
	}
	return s.Serve(ctx, handler, a.RunBackground)
}

// restartPause is the delay before failed background work of the library restarts.
// ownRestartPause is the delay for the application's own work, which often fails because
// another server is down.
const (
	restartPause    = time.Second
	ownRestartPause = 10 * time.Second
)

// Prepare adds work that needs the tables and must be done before the first request, such
// as creating roles and required rows. [App.Handler] and [App.Run] run it in the order in
// which it was added, after the schema is ready and [App.Accounts] is set. They return its
// first error. The commands of [App.Main] other than serve skip it.
//
// Every instance runs it at every start, possibly at the same time, so it must check what
// exists already. Call Prepare before Handler, Run or Main, and none of them inside it.
func (a *App) Prepare(work func(ctx context.Context) error) { a.prepare = append(a.prepare, work) }

// Background adds work that runs beside the server, such as a reader of the change log
// ([changelog.Open]). Work by the clock and work that must survive the process are jobs
// ([App.Every], [App.Cron], [App.Jobs]). [App.Run] starts it after all preparation and
// cancels its context after the last request. The work then has the rest of
// [Config].DrainTimeout to return.
//
// Work that returns nil is done. Work that fails or panics is logged under its name and
// restarts after 10 seconds, until the server ends. Every instance runs it. A named reader
// runs in one instance at a time. Call Background before Run or Main.
func (a *App) Background(name string, work func(ctx context.Context) error) {
	a.background = append(a.background, server.Job{Name: name, Work: work, Pause: ownRestartPause})
}

// RunBackground runs the background work of a server until ctx ends, and returns when all
// of it has ended. It notifies other instances of commits ([changelog.Notify]), reads the
// change log for subscribers ([App.Realtime]), runs jobs and schedules ([App.Jobs]), follows
// revocations of accounts ([accounts.Accounts.Run]), and runs what [App.Background] has added.
// The library's own schedules send mails, trim the change log, and remove expired rows. Run
// calls it. Programs that pass [App.Handler] to a server of their own call it once, after
// Handler.
func (a *App) RunBackground(ctx context.Context) {
	work := []server.Job{{Name: "change log notifier", Work: func(ctx context.Context) error { return changelog.Notify(ctx, a.db) }, Pause: restartPause}}
	if a.accounts != nil {
		work = append(work, server.Job{Name: "accounts", Work: a.accounts.Run, Pause: restartPause})
	}
	work = append(work, server.Job{Name: "jobs", Work: a.runJobs, Pause: restartPause}, server.Job{Name: "realtime", Work: a.hub.Run, Pause: restartPause})
	server.RunJobs(ctx, a.config.Logger, append(work, a.background...)...)
}

// Jobs returns the jobs of the application: work that must survive the process and work by
// the clock. Register kinds before Run, Handler or Main, in every process of the
// application:
//
//	invoices := jobs.Register(app.Jobs(), "invoice.send", sendInvoice, nil)
//
// Kinds with Secret are encrypted with Accounts.MasterKeys.
func (a *App) Jobs() *jobs.Jobs { return a.jobs }

// Every runs handler at each multiple of a period of a second or more, once for all
// instances, see [jobs.Every]. The name identifies the schedule in the database.
func (a *App) Every(name string, period time.Duration, handler func(ctx context.Context, due time.Time) error) {
	jobs.Every(a.jobs, name, period, handler, nil)
}

// Cron is Every for the times of a cron expression in UTC, such as "30 7 * * MON-FRI" or
// "@daily". [jobs.Cron] takes a time zone.
func (a *App) Cron(name, expression string, handler func(ctx context.Context, due time.Time) error) {
	jobs.Cron(a.jobs, name, expression, handler, nil)
}

// Mail returns the outbox for the application's own mails, which jobs send:
//
//	_, err := app.Mail().Enqueue(ctx, tx, mail.Message{To: to, Template: "welcome", Values: map[string]string{"name": name}})
//
// The templates are [Config].MailTemplates. The sender is Accounts.Mailer if it is an
// [outbox.Sender], as that of PLINTH_SMTP_URL and the folder of development are. Mails are
// encrypted with Accounts.MasterKeys; enqueue them after [App.Handler] or [App.Run] has begun.
func (a *App) Mail() *outbox.Outbox { return a.mail }

// openJobs makes the jobs of the database and the outbox.
func (a *App) openJobs() (err error) {
	queues := slices.Clone(a.config.Jobs.Queues)
	for _, own := range []string{outbox.Queue, ownQueue} {
		if queues != nil && !slices.ContainsFunc(queues, func(q jobs.Queue) bool { return q.Name == own }) {
			queues = append(queues, jobs.Queue{Name: own})
		}
	}
	a.jobs, err = jobs.New(a.db, &jobs.Config{
		Drain: min(5*time.Second, max(a.config.DrainTimeout/2, time.Second)), Logger: a.config.Logger,
		Queues: queues, Sealer: &a.sealer, Workers: a.config.Jobs.Workers, Propagator: a.config.Jobs.Propagator,
	})
	if err != nil {
		return err
	}
	sender, _ := a.config.Accounts.Mailer.(outbox.Sender)
	a.mail = outbox.New(a.jobs, sender)
	a.scheduleTrims()
	return nil
}

// ownQueue is the queue of the library's own work.
const ownQueue = "plinth"

// scheduleTrims trims the change log and the records of Idempotency-Key.
func (a *App) scheduleTrims() {
	const period = 10 * time.Minute
	opts := &jobs.ScheduleOptions{Queue: ownQueue, MaxAttempts: 3, Timeout: period}
	jobs.Every(a.jobs, "plinth.changes", period, func(ctx context.Context, _ time.Time) error {
		_, err := changelog.Trim(ctx, a.db, a.config.Retention)
		return err
	}, opts)
	jobs.Every(a.jobs, "plinth.idempotency", period, func(ctx context.Context, _ time.Time) error {
		_, err := storeaccess.TrimReceipts(ctx, a.db)
		return err
	}, opts)
}

// runJobs runs jobs, or wakes the workers of other processes.
func (a *App) runJobs(ctx context.Context) error {
	if a.config.Jobs.Off {
		return a.jobs.Notify(ctx)
	}
	return a.jobs.Run(ctx)
}

// work runs the command worker: the background work without a server for clients. At
// Config.OpsAddr it answers operators as a server does.
func (a *App) work(ctx context.Context) error {
	a.config.Jobs.Off = false
	if _, err := a.Handler(ctx); err != nil {
		return err
	}
	a.config.Logger.InfoContext(ctx, "working", "database", a.db.Capabilities().Engine)
	if a.config.OpsAddr == "" {
		a.RunBackground(ctx)
		return nil
	}
	config := a.config.server(a.probes, a.longLived)
	config.Addr, config.OpsAddr, config.TLS, config.DrainDelay = config.OpsAddr, "", server.TLS{}, 0
	s, err := server.Open(ctx, config)
	if err != nil {
		return err
	}
	return s.Serve(ctx, a.probes.Routes(config.OpsHandler), a.RunBackground)
}

// Migrations adds the migrations of the application and of packages it uses. They run in
// this order, after the library's own. SchemaAuto applies them at start, SchemaVerify
// requires that they are applied. Call it before Run, Handler or Main.
func (a *App) Migrations(sources ...migrate.Source) {
	a.schema.Sources = append(a.schema.Sources, sources...)
}

// Main runs the command that the arguments of the program name, os.Args[1:], and returns
// the exit code: 0, 1 if the command failed, 2 if there is no such command. It closes the
// database. The argument "-h" lists the commands:
//
//	os.Exit(app.Main(ctx, os.Args[1:]))
//
// Without arguments it calls [App.Run]. [Config.Health] runs the health command without a
// database.
func (a *App) Main(ctx context.Context, args []string) int {
	defer a.db.Close() // the process ends, and everything is committed
	return command.ExitCode(a.program().Run(ctx, args, os.Stdout))
}

// program returns the application as its commands use it.
func (a *App) program() *command.Program {
	p := &command.Program{
		API: a.api, Schema: &a.schema, Health: a.config.health(), Serve: a.Run, Work: a.work, Jobs: a.jobs,
		Register: func() error {
			_, err := a.register()
			return err
		},
	}
	p.RotateMasterKey = func(ctx context.Context) (int, error) {
		known, err := a.openAccounts(ctx)
		if err != nil {
			return 0, err
		}
		if known == nil {
			return a.jobs.Reencrypt(ctx)
		}
		return known.RotateMasterKey(ctx)
	}
	return p
}

// openAccounts opens the accounts, nil if they are disabled, and the keys of secret jobs.
func (a *App) openAccounts(ctx context.Context) (*accounts.Accounts, error) {
	known, err := a.access.open(ctx, a.db, a.jobs, a.config)
	if err == nil {
		err = a.sealer.use(a.access.masterKeys)
	}
	return known, err
}

// banner returns what the application prints in development.
func (a *App) banner() *development.Banner {
	return &development.Banner{
		DB: a.db, API: a.api, Accounts: a.accounts, Config: a.config.Accounts, Secrets: a.access.secrets,
		Addr: a.config.Addr, RESTPath: restPath, AuthPath: authPath, Documents: !a.config.API.HideDocuments, Rows: a.config.API.Limits.Rows,
		Mails: a.config.mails,
	}
}

// server returns the configuration of the server.
func (r resolved) server(probes *server.Probes, longLived *server.LongLived) server.Config {
	return server.Config{
		Addr: r.Addr, OpsAddr: r.OpsAddr, OpsHandler: r.OpsHandler, PublicURL: r.PublicURL, TLS: server.TLS(r.TLS), Listen: r.Listen, Logger: r.Logger,
		RequestTimeout: r.RequestTimeout, DrainDelay: r.DrainDelay, DrainTimeout: r.DrainTimeout,
		MaxConnections: r.MaxConnections, MaxConnectionsPerClient: r.MaxConnectionsPerClient, TrustedProxies: r.TrustedProxies,
		Probes: probes, LongLived: longLived,
	}
}

// chain returns the options of an application's chain.
func (r resolved) chain(a *App) chain.Options {
	o := chain.Options{
		Surfaces: a.surfaces, Probes: a.probes, LongLived: a.longLived, Authenticator: a.access, Scope: a.api.WithRequestScope, RemakeScope: query.RemakeScope,
		Logger: r.Logger, LogECS: r.LogECS, DisableAccessLog: r.DisableAccessLog, Middleware: r.Middleware,
		TrustedProxies: r.TrustedProxies, ForwardedHeader: r.ForwardedHeader, TrustedOrigins: r.trustedOrigins(), Headers: r.Headers, CORS: r.CORS,
		MaxQuery: r.API.Limits.Query, MaxBody: r.MaxBody, RequestTimeout: r.RequestTimeout,
		MaxRequests: r.MaxRequests, MaxRequestsPerCaller: r.MaxRequestsPerCaller,
		Address: chain.Rate(r.Rates.Address), Caller: chain.Rate(r.Rates.Caller), Limiter: r.Rates.Limiter,
	}
	if r.development {
		o.Admit, o.CORS = development.LocalOnly, development.CORS(r.CORS, r.Logger)
	}
	return o
}
