package api_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var update = flag.Bool("update", false, "write the golden files")

// engines runs a test on a fresh database of each engine.
func engines(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), test, storetest.Store(store.Options{Validator: lengths{}}))
}

// enginesWith is engines with options of SQLite.
func enginesWith(t *testing.T, opts sqlite.Options, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	opts.Store = store.Options{Validator: lengths{}}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &opts)
		test(t, opened(t, db, err))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: store.Options{Validator: lengths{}}})
		test(t, opened(t, db, err))
	})
}

func opened(t *testing.T, db *store.DB, err error) *store.DB {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// memory opens a database for tests that do not care about the engine.
func memory(t testing.TB) *store.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), ":memory:", &sqlite.Options{Store: store.Options{Validator: lengths{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// serve adds what is exposed, creates the schema and returns the handler. The
// caller of a request is named by the header X-Caller, see callers.
func serve(t testing.TB, db *store.DB, cfg api.Config, exposed ...api.Exposed) http.Handler {
	t.Helper()
	if cfg.Authenticator == nil {
		cfg.Authenticator = byHeader()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	a, err := api.New(db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.Add(exposed...)
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return h
}

// The callers of the tests.
var (
	ann = store.ID{0xa0, 15: 1}
	bob = store.ID{0xb0, 15: 2}
)

func callers() map[string]auth.Principal {
	return map[string]auth.Principal{
		"ann":     {Kind: auth.User, ID: ann.String(), Tenant: "acme", Roles: []string{"editor"}, Session: "s1", AAL: 1},
		"bob":     {Kind: auth.User, ID: bob.String(), Tenant: "acme", Session: "s2", AAL: 2, Permissions: []string{"audit"}},
		"guest":   {Kind: auth.User, ID: store.ID{0xc0, 15: 3}.String(), IsAnonymous: true, Session: "s3"},
		"key":     {Kind: auth.User, ID: store.ID{0xd0, 15: 4}.String()}, // without a session
		"service": {Kind: auth.Service, ID: "key-1"},
	}
}

// byHeader knows the caller by the header X-Caller.
func byHeader() auth.Authenticator {
	known := callers()
	return auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		name := r.Header.Get("X-Caller")
		p, ok := known[name]
		if name != "" && !ok {
			return auth.Principal{}, auth.ErrInvalid
		}
		return p, nil
	})
}

// note is the resource of the first minute.
type note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	OwnerID store.ID `bun:",notnull,type:uuid"`
	Title   string   `bun:",notnull"           validate:"required"`
	Body    string
	Secret  string `bun:",notnull" plinth:"secret"`
	Rank    *int64
	Key     string `bun:",notnull" plinth:"createonly"`
}

// request describes a request: "GET /notes?x=eq.1".
type request struct {
	caller string
	line   string
	body   string
	header []string // "Name: value"
}

type response struct {
	status int
	header http.Header
	body   string
}

func do(t testing.TB, h http.Handler, q request) response {
	t.Helper()
	method, target, _ := strings.Cut(q.line, " ")
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, body)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	if q.caller != "" {
		r.Header.Set("X-Caller", q.caller)
	}
	for _, line := range q.header {
		name, value, _ := strings.Cut(line, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return response{status: w.Code, header: w.Header(), body: w.Body.String()}
}

// must is do for a request that has to have a status.
func must(t testing.TB, h http.Handler, status int, q request) response {
	t.Helper()
	res := do(t, h, q)
	if res.status != status {
		t.Fatalf("%s %s: status %d, want %d: %s", q.caller, q.line, res.status, status, res.body)
	}
	return res
}

// decode reads a body of JSON.
func decode[T any](t testing.TB, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}
