// Package apptest has what tests of a whole application share: configurations, running
// applications, requests, certificates and logs.
package apptest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
	"github.com/seed-7694ebf6/plinth/store"
)

// Task is a row of the test application.
type Task struct {
	bun.BaseModel `bun:"table:tasks"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required,max=20"`
}

// Config returns the configuration of a program in development, on an address and a database
// of its own.
func Config(t *testing.T) plinth.Config {
	t.Helper()
	return plinth.Config{
		Addr: programtest.Listen(t), Listen: programtest.HandOver,
		DatabaseURL: filepath.Join(t.TempDir(), "app.db"), Logger: slog.New(slog.DiscardHandler),
	}
}

// Served returns the configuration of a program in production, without accounts, on a
// loopback address.
func Served(t *testing.T) plinth.Config {
	t.Helper()
	config := Config(t)
	config.PublicURL = "https://notes.example"
	config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
	config.DisableAccounts = true
	config.Schema = plinth.SchemaOff
	config.DrainDelay = -1
	return config
}

// WithAccounts is [Served] with accounts, on a database that has their tables and that of
// [Task].
func WithAccounts(t *testing.T, url string) plinth.Config {
	t.Helper()
	config := Served(t)
	config.DatabaseURL = url
	config.DisableAccounts, config.Schema = false, plinth.SchemaVerify
	config.Accounts.MasterKeys = [][]byte{[]byte("qX7vB2mK9tR4wZ8cN1pL6sD3fG5hJ0yA")}
	config.Keys.Secret = []string{auth.NewSecretKey()}
	development := config // which makes the tables
	development.PublicURL, development.Keys, development.Schema = "", auth.Keys{}, plinth.SchemaAuto
	prepared := New(t, development)
	prepared.Add(api.Resource[Task]{Policy: api.OwnedBy("owner_id")})
	_, err := prepared.Handler(t.Context())
	if err := errors.Join(err, prepared.DB().Close()); err != nil {
		t.Fatal(err)
	}
	return config
}

// New returns an application. The test fails if it cannot be made.
func New(t *testing.T, config plinth.Config) *plinth.App {
	t.Helper()
	app, err := plinth.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Handler returns the handler of an application with the route /who, which answers with the
// id of the caller.
func Handler(t *testing.T, config plinth.Config) http.Handler {
	t.Helper()
	app := New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Router().With(app.Authenticate).Get("/who", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(auth.FromContext(r.Context()).ID))
	})
	h, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Proxied returns the handler of an application behind a proxy, 10.0.0.1, with a resource and
// routes of its own, and its log.
func Proxied(t *testing.T, change func(*plinth.Config)) (http.Handler, *Log) {
	t.Helper()
	lines := new(Log)
	config := Served(t)
	config.Logger = slog.New(slog.NewJSONHandler(lines, nil))
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	config.CORS = cors.Options{Origins: []string{"https://app.example"}}
	if change != nil {
		change(&config)
	}
	before := Config(t) // makes the tables
	before.DatabaseURL, before.DisableAccounts = config.DatabaseURL, true
	made := New(t, before)
	made.Add(api.Resource[Task]{Policy: api.OwnedBy("owner_id")})
	if _, err := made.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := made.DB().Close(); err != nil {
		t.Fatal(err)
	}
	app := New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[Task]{Policy: api.OwnedBy("owner_id")})
	app.Router().Get("/hello/{name}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	app.Router().Get("/panic", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines.Taken(t)
	return handler, lines
}

// Run runs an application until the test ends, and waits until it answers at an address. The
// returned function ends it earlier and returns the result of Run.
func Run(t *testing.T, app *plinth.App, addr string) (end func() error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	end = sync.OnceValue(func() error {
		stop()
		return <-ended
	})
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	awaitAnswer(t, addr)
	return end
}

// awaitAnswer waits until an application answers. Its listener, which the test has made,
// accepts connections earlier.
func awaitAnswer(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/livez", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// Production returns the environment of a program that may start in production.
func Production(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"PLINTH_ADDR":             "0.0.0.0:8090",
		"PLINTH_DATABASE_URL":     filepath.Join(t.TempDir(), "app.db"),
		"PLINTH_SCHEMA":           "off",
		"PLINTH_PUBLIC_URL":       "https://notes.example",
		"PLINTH_PUBLISHABLE_KEYS": auth.NewPublishableKey(),
		"PLINTH_SECRET_KEYS":      auth.NewSecretKey(),
		"PLINTH_MASTER_KEYS":      base64.StdEncoding.EncodeToString([]byte(auth.NewSecretKey())),
		"PLINTH_SITE_URL":         "https://app.example",
		"PLINTH_REDIRECT_URLS":    "https://app.example/*, com.example.notes://login, http://127.0.0.1:8100/login",
		"PLINTH_SMTP_URL":         "smtps://notes:" + url.QueryEscape(rand.Text()+"/@") + "@mail.example",
		"PLINTH_MAIL_FROM":        "Notes <accounts@notes.example>",
		"PLINTH_JWT_SECRET":       auth.NewSecretKey(),
		"PLINTH_JWT_ISSUER":       "https://issuer.example",
		"PLINTH_JWT_AUDIENCE":     "notes",
	}
}

// Start makes the application of an environment and its handler, as a program does before it
// listens.
func Start(t *testing.T, env map[string]string) error {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	app, err := plinth.New(t.Context(), plinth.FromEnv())
	if err != nil {
		return err
	}
	defer app.DB().Close() // nothing was written
	_, err = app.Handler(t.Context())
	return err
}
