package plinthtest

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// Build makes the application of a configuration, as the program does with the one of
// [plinth.FromEnv]. It may change the configuration, and adds resources, routes and jobs.
type Build func(ctx context.Context, config plinth.Config) (*plinth.App, error)

// Option tunes [New].
type Option func(*options)

type options struct {
	source storetest.Source
	change []func(*plinth.Config)
	at     time.Time
}

// Postgres makes the database on PostgreSQL. The test is skipped if the source has none.
// The source is that of store/storetest/pgtest, or of its module container. The schema is
// made once for a Build and copied.
func Postgres(source storetest.Source) Option {
	return func(o *options) { o.source = source }
}

// Configure changes the configuration before Build gets it.
func Configure(change func(config *plinth.Config)) Option {
	return func(o *options) { o.change = append(o.change, change) }
}

// At begins the clock at a time.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Kit is an application under test. Make one with [New]. Clients may be used concurrently;
// the other methods are for the goroutine of the test.
type Kit struct {
	tb      testing.TB
	app     *plinth.App
	handler http.Handler
	mailbox *Mailbox
	issuer  *authtest.Issuer
	keys    auth.Keys
	ahead   atomic.Int64 // of the clock, in nanoseconds

	mu    sync.Mutex
	users map[string]*user
}

// New builds an application on a new database, with its schema, and stops it when tb ends.
// It ends the test if the application cannot be built.
func New(tb testing.TB, build Build, opts ...Option) *Kit {
	tb.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	k := &Kit{tb: tb, issuer: authtest.NewIssuer(tb), users: map[string]*user{}}
	k.mailbox = newMailbox(k)
	k.keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	if !o.at.IsZero() {
		k.ahead.Store(int64(time.Until(o.at)))
	}
	k.start(build, k.config(o, k.database(build, o)))
	return k
}

// Engines runs a test in parallel as the subtests sqlite and postgres, each with an
// application of its own. Without PostgreSQL that subtest is skipped.
func Engines(t *testing.T, source storetest.Source, build Build, test func(t *testing.T, kit *Kit), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, New(t, build, opts...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, New(t, build, append(opts[:len(opts):len(opts)], Postgres(source))...))
	})
}

// database returns the URL of a new database.
func (k *Kit) database(build Build, o options) string {
	k.tb.Helper()
	if o.source == nil {
		return filepath.Join(k.tb.TempDir(), "app.db")
	}
	url, ok := o.source.Copy(k.tb, templateKey(reflect.ValueOf(build).Pointer()), func(ctx context.Context, url string) error {
		app, err := build(ctx, k.config(o, url))
		if err != nil {
			return err
		}
		defer app.DB().Close() // the schema is committed
		_, err = app.Handler(ctx)
		return err
	})
	if !ok {
		k.tb.Skip("plinthtest: no PostgreSQL")
	}
	return url
}

// templateKey is the code of a Build, whose schema is copied.
type templateKey uintptr

// config returns the configuration for an application on a database.
func (k *Kit) config(o options, url string) plinth.Config {
	c := plinth.Config{
		DatabaseURL: url, Schema: plinth.SchemaAuto, Keys: k.keys, InsecureDevelopment: true, Verifier: k.issuer.Verifier(),
		Logger: slog.New(slog.NewTextHandler(k.tb.Output(), nil)), DisableAccessLog: true,
	}
	c.Accounts.Mailer, c.Accounts.SMS, c.Accounts.Now, c.Accounts.MinResponseTime = k.mailbox, k.mailbox, k.Now, -1
	c.SQLite.Synchronous = sqlite.SynchronousOff
	c.SQLite.Store.Now, c.Postgres.Store.Now = k.Now, k.Now
	c.Jobs.Off = true // they run in RunJobs
	for _, change := range o.change {
		change(&c)
	}
	return c
}

// start builds the application and runs what it does beside requests.
func (k *Kit) start(build Build, config plinth.Config) {
	k.tb.Helper()
	app, err := build(k.tb.Context(), config)
	if err != nil {
		k.tb.Fatalf("plinthtest: build: %v", err)
	}
	k.app = app
	ctx, stop := context.WithCancel(context.WithoutCancel(k.tb.Context()))
	var background sync.WaitGroup
	k.tb.Cleanup(func() {
		stop()
		background.Wait()
		if err := app.DB().Close(); err != nil {
			k.tb.Errorf("plinthtest: close: %v", err)
		}
	})
	handler, err := app.Handler(k.tb.Context())
	if err != nil {
		k.tb.Fatalf("plinthtest: %v", err)
	}
	k.handler = k.withPrincipals(handler)
	background.Go(func() { app.RunBackground(ctx) })
	k.RunJobs() // schedules begin now
}

// App returns the application, for its database and its accounts.
func (k *Kit) App() *plinth.App { return k.app }

// Handler returns the handler of the application. It takes the principals of
// [apitest.Client.As] and [apitest.Policy], as [Kit.Caller] does.
func (k *Kit) Handler() http.Handler { return k.handler }

// withPrincipals gives a request the credential of the principal in its context.
func (k *Kit) withPrincipals(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := auth.FromContext(r.Context()); p.Kind {
		case auth.User:
			r = r.Clone(auth.WithPrincipal(r.Context(), auth.Principal{}))
			r.Header.Set("Authorization", k.issuer.Bearer(p))
		case auth.Service:
			r = r.Clone(auth.WithPrincipal(r.Context(), auth.Principal{}))
			r.Header.Set("Apikey", k.keys.Secret[0])
		}
		next.ServeHTTP(w, r)
	})
}

// Mailbox returns the mails and text messages that the application has sent.
func (k *Kit) Mailbox() *Mailbox { return k.mailbox }

// Now returns the time of the clock.
func (k *Kit) Now() time.Time { return time.Now().Add(time.Duration(k.ahead.Load())) }

// Advance moves the clock forward. Jobs that become due run in [Kit.RunJobs]. One jump over
// several due times of a schedule is like a time without processes: the last of them runs.
func (k *Kit) Advance(d time.Duration) {
	k.tb.Helper()
	if d < 0 {
		k.tb.Fatalf("plinthtest: the clock cannot go back")
	}
	k.ahead.Add(int64(d))
}

// RunJobs runs the jobs and schedules that are due, and what they enqueue for now, one after
// the other until none is left. It ends the test if the database fails. An error of a handler
// is in the log, and the job is tried again later, as always.
func (k *Kit) RunJobs() {
	k.tb.Helper()
	if err := k.app.Jobs().Step(k.tb.Context(), k.Now()); err != nil {
		k.tb.Fatalf("plinthtest: run jobs: %v", err)
	}
}

// Anonymous returns a client without a user, as a front end before the login: with the
// publishable key.
func (k *Kit) Anonymous() apitest.Client {
	return apitest.New(k.tb, k.handler).With("Apikey", k.keys.Publishable[0])
}

// Service returns a client with the secret key, as another program of the operator.
func (k *Kit) Service() apitest.Client {
	return apitest.New(k.tb, k.handler).With("Apikey", k.keys.Secret[0])
}

// Caller returns a client of a principal that has no account: its token is that of another
// issuer, with roles, claims and tenant as given. It needs the Verifier of the
// configuration that Build gets.
func (k *Kit) Caller(p auth.Principal) apitest.Client {
	k.tb.Helper()
	return k.Anonymous().With("Authorization", k.issuer.Bearer(p))
}
