package plinth_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// anonymousOnly accepts no credentials.
type anonymousOnly struct{}

func (anonymousOnly) Authenticate(*http.Request) (auth.Principal, error) {
	return auth.Principal{}, nil
}

// noMail sends nothing.
type noMail struct{}

func (noMail) Send(context.Context, string, string, string, map[string]string) error { return nil }

// noSMS sends nothing.
type noSMS struct{}

func (noSMS) SendSMS(context.Context, string, string, string, map[string]string) error { return nil }

// noLogin is a provider where nobody logs in.
type noLogin struct{}

func (noLogin) Name() string { return "elsewhere" }

func (noLogin) Begin(context.Context, auth.LoginOptions) (string, auth.Flow, error) {
	return "", auth.Flow{}, auth.ErrUnavailable
}

func (noLogin) Finish(context.Context, auth.Flow, url.Values) (auth.Identity, auth.ProviderTokens, error) {
	return auth.Identity{}, auth.ProviderTokens{}, auth.ErrUnavailable
}

// noTokens verifies none.
type noTokens struct{}

func (noTokens) Verify(context.Context, string) (auth.Principal, error) {
	return auth.Principal{}, auth.ErrInvalid
}

// set gives a field a value that is not its zero, by its type.
func set(t *testing.T, name string, field reflect.Value) {
	t.Helper()
	values := []any{
		auth.Authenticator(anonymousOnly{}), slog.New(slog.DiscardHandler), time.Now, func(d driver.Driver) driver.Driver { return d },
		noMail{},
		new(jobs.Jobs),
		noSMS{},
		noLogin{},
		noTokens{},
		passkey.Plain{},
		store.LogStatements(nil, store.LogStatementsOptions{}),
	}
	for _, v := range values {
		if reflect.TypeOf(v).AssignableTo(field.Type()) {
			field.Set(reflect.ValueOf(v))
			return
		}
	}
	switch field.Kind() {
	case reflect.Bool:
		field.SetBool(true)
	case reflect.String:
		field.SetString("other")
	case reflect.Int, reflect.Int64:
		field.SetInt(int64(9 * time.Minute))
	case reflect.Uint8, reflect.Uint32:
		field.SetUint(7)
	case reflect.Slice:
		field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		set(t, name, field.Index(0))
	case reflect.Struct:
		set(t, name, field.Field(0))
	case reflect.Func:
		field.Set(reflect.MakeFunc(field.Type(), func([]reflect.Value) []reflect.Value { return nil }))
	default:
		t.Fatalf("%s: this test has no value of type %s: give it one", name, field.Type())
	}
}

// same compares settings; of functions there is nothing but where they are.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Func {
		return a.Pointer() == b.Pointer()
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// TestConfigReachesTheAccounts sets each field of accounts.Config in turn.
func TestConfigReachesTheAccounts(t *testing.T) {
	t.Parallel()
	own := map[string]bool{"Jobs": true, "Keys": true, "Logger": true, "PublicURL": true}
	for field := range reflect.TypeFor[accounts.Config]().Fields() {
		config := apptest.Config(t)
		config.Accounts.SMS = noSMS{} // in place of the folder of development, which lifts limits
		value := reflect.ValueOf(&config.Accounts).Elem().FieldByIndex(field.Index)
		set(t, field.Name, value)
		got, err := plinth.AccountsConfig(config)
		switch {
		case own[field.Name]:
			if err == nil || !strings.Contains(err.Error(), "Config.Accounts."+field.Name+" ") {
				t.Errorf("%s is the application's, and is taken: %v", field.Name, err)
			}
		case err != nil && strings.Contains(err.Error(), "left out"): // the accounts may find the value wrong
			t.Errorf("%s: %v", field.Name, err)
		case !same(reflect.ValueOf(got).FieldByIndex(field.Index), value):
			t.Errorf("%s does not reach the accounts", field.Name)
		}
	}
}

// TestConfigReachesTheAPI sets each field of api.Config and of its limits: the API gets it,
// or it is one that the application sets itself and rejects by name.
func TestConfigReachesTheAPI(t *testing.T) {
	t.Parallel()
	own := map[string]bool{"Authenticator": true, "BasePath": true, "Explain": true, "Logger": true, "PublicURL": true}
	try := func(name string, find func(c *api.Config) reflect.Value) {
		config := apptest.Config(t)
		config.DisableAccounts = name == "Routes" // accounts add theirs
		set(t, name, find(&config.API))
		got, err := plinth.RESTConfig(config)
		switch {
		case own[name]:
			if err == nil || !strings.Contains(err.Error(), "Config.API."+name+" ") {
				t.Errorf("%s is the application's, and is taken: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case name == "Routes" && got.Routes[0].Path == config.API.Routes[0].Path: // the library adds its own
		case !same(find(&got), find(&config.API)):
			t.Errorf("%s does not reach the API: %v", name, find(&got))
		}
	}
	for field := range reflect.TypeFor[api.Config]().Fields() {
		if field.Type == reflect.TypeFor[api.Limits]() {
			continue
		}
		try(field.Name, func(c *api.Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(field.Index) })
	}
	for field := range reflect.TypeFor[api.Limits]().Fields() {
		try("Limits."+field.Name, func(c *api.Config) reflect.Value { return reflect.ValueOf(&c.Limits).Elem().FieldByIndex(field.Index) })
	}
}

// TestConfigReachesTheStore does so with the options of the store. The application sets the
// logger and validation by default.
func TestConfigReachesTheStore(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[store.Options]().Fields() {
		if field.Name == "Validator" || field.Name == "Tracers" {
			continue // below
		}
		var opts store.Options
		value := reflect.ValueOf(&opts).Elem().FieldByIndex(field.Index)
		set(t, field.Name, value)
		got, err := plinth.StoreOptions(apptest.Config(t), opts)
		if given := reflect.ValueOf(got).FieldByIndex(field.Index); err != nil || !same(given, value) {
			t.Errorf("%s does not reach the store: %v", field.Name, err)
		}
	}
	config := apptest.Config(t)
	got, err := plinth.StoreOptions(config, store.Options{})
	if err != nil || got.Logger != config.Logger || got.Validator == nil {
		t.Errorf("what was left out: %+v, %v", got, err)
	}
	own := store.LogStatements(nil, store.LogStatementsOptions{})
	if got, err := plinth.StoreOptions(config, store.Options{Tracers: []store.Tracer{own}}); err != nil || len(got.Tracers) != 2 {
		t.Errorf("a tracer beside the log of statements: %v, %v", got.Tracers, err)
	}
	config.SlowStatement = -1
	if got, err := plinth.StoreOptions(config, store.Options{}); err != nil || len(got.Tracers) != 0 {
		t.Errorf("without a log of statements: %v, %v", got.Tracers, err)
	}
	if got, err := plinth.StoreOptions(config, store.Options{Validator: noRules{}}); err != nil || got.Validator != (noRules{}) {
		t.Errorf("another validator: %v, %v", got.Validator, err)
	}
}

type noRules struct{}

func (noRules) Check(any, string) (rule, text string) { return "", "" }

// TestConfigActs: a limit, a title and the clock of the store have their effect in the
// whole application.
func TestConfigActs(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.API = api.Config{Title: "Tasks", Limits: api.Limits{Rows: 2}}
	day := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	config.SQLite.Store.Now = func() time.Time { return day }
	config.SQLite.Readers = 1
	app := apptest.New(t, config)
	defer app.DB().Close() // only read
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row := &apptest.Task{OwnerID: store.NewID(), Title: "x"}
	if err := store.For[apptest.Task](app.DB()).Insert(context.WithoutCancel(t.Context()), row); err != nil || !row.CreatedAt.Equal(day) {
		t.Errorf("created at %s, %v, want %s", row.CreatedAt, err, day)
	}
	ask := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+target, http.NoBody)
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask("/rest/v1/tasks?limit=3"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "PL001") {
		t.Errorf("beyond the limit: %d %s", w.Code, w.Body)
	}
	if w := ask("/rest/v1/"); !strings.Contains(w.Body.String(), `"title":"Tasks"`) {
		t.Errorf("the document: %d %.200s", w.Code, w.Body)
	}
}

// TestSchemaOfDevelopment: development changes the schema only of databases on this
// machine, by the address of the connection.
func TestSchemaOfDevelopment(t *testing.T) {
	for _, tt := range []struct {
		url, pghost string
		want        plinth.Schema
	}{
		{"notes.db", "", plinth.SchemaAuto},
		{"postgres://localhost/db", "", plinth.SchemaAuto},
		{"postgres://ann@[::1]:5433/db", "", plinth.SchemaAuto},
		{"postgres://localhost/db", "prod.example", plinth.SchemaAuto},
		{"postgres:///db", "127.0.0.1", plinth.SchemaAuto},
		{"postgres:///db", "prod.example", plinth.SchemaVerify},
		{"postgres:///db", "/cloudsql/prod", plinth.SchemaVerify},
		{"postgres://prod.example/db", "", plinth.SchemaVerify},
		{"postgres://localhost/db?host=prod.example", "", plinth.SchemaVerify},
		{"postgres://localhost/db?host=localhost,prod.example", "", plinth.SchemaVerify},
		{"postgres://localhost:5432,prod.example:5432/db", "", plinth.SchemaVerify},
		{"postgres://localhost:port/db", "", plinth.SchemaVerify},
	} {
		t.Run(tt.url+" "+tt.pghost, func(t *testing.T) {
			if tt.pghost != "" {
				t.Setenv("PGHOST", tt.pghost)
			}
			if got, err := plinth.SchemaOf(plinth.Config{DatabaseURL: tt.url}); got != tt.want || err != nil {
				t.Errorf("schema %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestServerDefaults compares the defaults with the numbers in docs/operations.md, for
// remote clients and in development.
func TestServerDefaults(t *testing.T) { // others have Go lent threads, which are counted
	type defaults struct {
		addr, database                                       string
		schema                                               plinth.Schema
		drainDelay, drainTimeout, hsts                       time.Duration
		connections, connectionsOfOne, requests, requestsOf1 int
		address, caller                                      plinth.Rate
	}
	requests := 64 * runtime.GOMAXPROCS(0)
	production := defaults{
		addr: "127.0.0.1:8090", database: "plinth.db", schema: plinth.SchemaVerify,
		drainDelay: 5 * time.Second, drainTimeout: 10 * time.Second, hsts: 365 * 24 * time.Hour,
		connections: 10_000, connectionsOfOne: 1_000, requests: requests, requestsOf1: requests / 2,
		address: plinth.Rate{Requests: 30_000, Per: time.Minute}, caller: plinth.Rate{Requests: 6_000, Per: time.Minute},
	}
	development := production
	development.schema, development.drainDelay, development.hsts = plinth.SchemaAuto, 0, 0
	development.address.Requests, development.caller.Requests = -1, -1
	for name, tt := range map[string]struct {
		develops bool
		change   func(c *plinth.Config, want *defaults) // nil: none
	}{
		"production":  {},
		"development": {develops: true},
		"times of one's own": {change: func(c *plinth.Config, want *defaults) {
			c.DrainDelay, c.DrainTimeout, c.Headers.HSTS = time.Second, 2*time.Second, time.Hour
			want.drainDelay, want.drainTimeout, want.hsts = time.Second, 2*time.Second, time.Hour
		}},
		"no times": {change: func(c *plinth.Config, want *defaults) {
			c.DrainDelay, c.DrainTimeout, c.Headers.HSTS = -1, -1, -1
			want.drainDelay, want.drainTimeout, want.hsts = 0, 0, 0
		}},
		"numbers of one's own": {change: func(c *plinth.Config, want *defaults) {
			c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller = 1, 2, 3, 4
			want.connections, want.connectionsOfOne, want.requests, want.requestsOf1 = 1, 2, 3, 4
		}},
		"nine requests": {change: func(c *plinth.Config, want *defaults) {
			c.MaxRequests = 9
			want.requests, want.requestsOf1 = 9, 4
		}},
		"one request": {change: func(c *plinth.Config, want *defaults) {
			c.MaxRequests = 1
			want.requests, want.requestsOf1 = 1, 1
		}},
		"another rate": {change: func(c *plinth.Config, want *defaults) {
			c.Rates.Caller = plinth.Rate{Requests: 5}
			want.caller.Requests = 5
		}},
		"another rate in development": {develops: true, change: func(c *plinth.Config, want *defaults) {
			c.Rates.Address = plinth.Rate{Per: time.Hour}
			want.address = plinth.Rate{Requests: 30_000, Per: time.Hour}
		}},
		"no rate": {change: func(c *plinth.Config, want *defaults) {
			c.Rates.Address = plinth.Rate{Requests: -1}
			want.address.Requests = -1
		}},
	} {
		config, want := apptest.Served(t), production
		if tt.develops {
			config, want = apptest.Config(t), development
		}
		config.Addr, config.DatabaseURL, config.Schema, config.DrainDelay = "", "", "", 0
		if tt.change != nil {
			tt.change(&config, &want)
		}
		c, develops, err := plinth.Defaults(config)
		if err != nil || develops != tt.develops {
			t.Errorf("%s: development %t, %v", name, develops, err)
		}
		if got := (defaults{
			c.Addr, c.DatabaseURL, c.Schema, c.DrainDelay, c.DrainTimeout, c.Headers.HSTS,
			c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller, c.Rates.Address, c.Rates.Caller,
		}); got != want {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, want)
		}
	}
}

// TestRequestTimeout: the context of a request has its deadline.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 7 * time.Minute: 7 * time.Minute} {
		config := apptest.Served(t)
		config.RequestTimeout = timeout
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		var ends time.Time
		app.Router().Get("/hello", func(_ http.ResponseWriter, r *http.Request) { ends, _ = r.Context().Deadline() })
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		apptest.Status(t, handler, "/hello")
		if after := time.Now(); ends.Before(before.Add(want)) || ends.After(after.Add(want)) {
			t.Errorf("of %s: it ends %s after it began, want %s", timeout, ends.Sub(before), want)
		}
	}
}
