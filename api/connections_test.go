package api_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// stopper is a driver that stops the statements and transactions of requests that bring
// themselves to it.
type stopper struct{ driver.Driver }

type stopKey struct{}

// stopped are requests whose statements wait, each when it wants a connection.
type stopped struct {
	mu       sync.Mutex
	in, most int
	let      chan struct{}
}

func (s stopper) stop(ctx context.Context, conn driver.Conn) {
	all, ok := ctx.Value(stopKey{}).(*stopped)
	if !ok || conn != nil {
		return
	}
	all.mu.Lock()
	all.in++
	all.most = max(all.most, all.in)
	all.mu.Unlock()
	select {
	case <-all.let:
	case <-ctx.Done():
	}
	all.mu.Lock()
	all.in--
	all.mu.Unlock()
}

func (s stopper) Query(ctx context.Context, conn driver.Conn, st *driver.Statement, r *driver.Result) error {
	s.stop(ctx, conn)
	return s.Driver.Query(ctx, conn, st, r)
}

func (s stopper) Exec(ctx context.Context, conn driver.Conn, st *driver.Statement) (int64, error) {
	s.stop(ctx, conn)
	return s.Driver.Exec(ctx, conn, st)
}

func (s stopper) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	s.stop(ctx, nil)
	return s.Driver.Begin(ctx, opts)
}

// stoppable is engines with a stopper and eight connections, on SQLite to read.
func stoppable(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	options := store.Options{Validator: lengths{}, Wrap: func(d driver.Driver) driver.Driver { return stopper{d} }}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: options, Readers: 8})
		test(t, opened(t, db, err))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: options, MaxConns: 8, Reserve: -1})
		test(t, opened(t, db, err))
	})
}

// together sends requests whose statements are stopped until as many wait for a
// connection as will, and what there is to be seen meanwhile was done. It returns how
// many had one at a time, and the answers.
func together(t *testing.T, h http.Handler, all []request, meanwhile func()) (most int, answers []response) {
	t.Helper()
	s := &stopped{let: make(chan struct{})}
	ctx := context.WithValue(t.Context(), stopKey{}, s)
	answers = make([]response, len(all))
	var running sync.WaitGroup
	for i, q := range all {
		running.Go(func() { answers[i] = doIn(ctx, t, h, q) })
	}
	before := -1
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		now := s.in
		s.mu.Unlock()
		if now > 0 && now == before {
			break
		}
		before = now
	}
	meanwhile()
	close(s.let)
	running.Wait()
	return s.most, answers
}

// TestA46Connections: of 20 concurrent requests of one caller, by whatever entry, at
// most four hold one of eight connections, and one holds SQLite's writer. Other callers are
// served meanwhile. All requests succeed in the end.
func TestA46Connections(t *testing.T) {
	t.Parallel()
	reads := []request{
		{line: "GET /labels"},
		{line: "HEAD /labels", header: []string{"Prefer: count=exact"}},
		{line: "GET /labels/hot"},
		{line: "GET /labels?select=text,count()"},
		{line: "POST /rpc/now_many", body: "{}"},
		{line: "GET /rpc/now_many"},
	}
	stoppable(t, func(t *testing.T, db *store.DB) {
		writers := 4
		if db.Capabilities().Engine == "sqlite" {
			writers = 1
		}
		fresh := 0
		reading := api.ReadFunc("now_many", api.SignedIn(), func(ctx context.Context, tx *store.Tx, _ none) (int64, error) {
			return store.For[label](tx).Count(ctx, store.Cond{})
		})
		h := fixtureServer(t, db, api.Config{Authenticator: byName()}, append(functions(db), reading)...)
		must(t, h, 200, request{caller: "first", line: "GET /labels"}) // who asks first finds keys of the database
		try := func(q request, want int) {
			fresh++
			var all []request
			for i := range 20 {
				q := numbered(q, 100*fresh+i)
				q.caller = fmt.Sprint("caller ", fresh)
				all = append(all, q)
			}
			most, answers := together(t, h, all, func() {
				other := numbered(q, 100*fresh+99)
				other.caller = "other"
				if res := do(t, h, other); res.status/100 != 2 {
					t.Errorf("%s: the other is answered %d %s", q.line, res.status, res.body)
				}
			})
			if most > want {
				t.Errorf("%s: %d have a connection at a time, want %d", q.line, most, want)
			}
			for _, res := range answers {
				if res.status/100 != 2 {
					t.Errorf("%s: %d %s", q.line, res.status, res.body)
					break
				}
			}
		}
		for _, q := range reads {
			try(q, 4)
		}
		for _, q := range entries() {
			try(q, writers)
		}
	})
}

// byName knows everybody by their name.
func byName() auth.Authenticator {
	return auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		return auth.Principal{Kind: auth.User, ID: r.Header.Get("X-Caller"), Tenant: "acme", Roles: []string{"editor"}, Session: "s"}, nil
	})
}

// TestA46ConnectionsOf is the table of what counts as one caller.
func TestA46ConnectionsOf(t *testing.T) {
	t.Parallel()
	user := func(id, as string) auth.Principal {
		return auth.Principal{Kind: auth.User, ID: id, CountedAs: as, Session: "s"}
	}
	tests := []struct {
		name  string
		who   func(i int) (auth.Principal, string)
		share bool
	}{
		{"a user", func(int) (auth.Principal, string) { return user("u1", ""), "192.0.2.1" }, true},
		{"a user from everywhere", func(i int) (auth.Principal, string) { return user("u2", ""), fmt.Sprint("198.51.100.", i) }, true},
		{"keys of a user", func(i int) (auth.Principal, string) { return user(fmt.Sprint("key ", i), "u3"), "192.0.2.1" }, true},
		{"strangers of an address", func(int) (auth.Principal, string) { return auth.Principal{}, "198.51.100.1" }, true},
		{"strangers of a network", func(i int) (auth.Principal, string) { return auth.Principal{}, fmt.Sprint("2001:db8::", i) }, true},
		{"users of an address", func(i int) (auth.Principal, string) { return user(fmt.Sprint("user ", i), ""), "192.0.2.1" }, false},
		{"strangers", func(i int) (auth.Principal, string) { return auth.Principal{}, fmt.Sprint("192.0.2.", 100+i) }, false},
		{"a service", func(int) (auth.Principal, string) { return auth.Principal{Kind: auth.Service, ID: "k"}, "192.0.2.1" }, false},
	}
	stoppable(t, func(t *testing.T, db *store.DB) {
		var principals sync.Map
		known := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			p, _ := principals.Load(r.Header.Get("X-Caller"))
			return p.(auth.Principal), nil
		})
		h := fixtureServer(t, db, api.Config{Authenticator: known})
		own := countTeams(t, db, known)
		principals.Store("", auth.Principal{})
		must(t, h, 200, request{line: "GET /teams"})
		for _, tt := range tests {
			var all []request
			for i := range 8 {
				p, address := tt.who(i)
				name := fmt.Sprint(tt.name, i)
				principals.Store(name, p)
				all = append(all, request{caller: name, line: "GET /teams", header: []string{"X-From: " + address}})
			}
			for by, h := range map[string]http.Handler{"the API": h, "an own route": own} {
				most, answers := together(t, h, all, func() {})
				if want := 4; tt.share && most > want || !tt.share && most <= want {
					t.Errorf("%s, %s: %d at a time", tt.name, by, most)
				}
				for _, res := range answers {
					if res.status != 200 {
						t.Errorf("%s, %s: %d %s", tt.name, by, res.status, res.body)
					}
				}
			}
		}
	})
}

// countTeams is a route of the application's own that acts for its caller.
func countTeams(t *testing.T, db *store.DB, known auth.Authenticator) http.Handler {
	t.Helper()
	rest, err := api.New(db, api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rest.Add(fixture()...)
	if _, err := rest.Handler(); err != nil {
		t.Fatal(err)
	}
	return middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{}))(middleware.Must(middleware.Authenticate(known, middleware.AuthenticateOptions{}))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx := rest.WithScope(r.Context())
			if _, err := store.For[team](db).As(store.ScopeFrom(ctx)).Count(ctx, store.Cond{}); err != nil {
				t.Error(err)
			}
		})))
}

// doIn is do in a context. X-From says where the request comes from.
func doIn(ctx context.Context, t *testing.T, h http.Handler, q request) response {
	t.Helper()
	return do(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("X-From"); from != "" {
			r.RemoteAddr = from + ":1"
			if strings.Contains(from, ":") {
				r.RemoteAddr = "[" + from + "]:1"
			}
		}
		r, _ = reqinfo.Begin(r.WithContext(ctx))
		h.ServeHTTP(w, r)
	}), q)
}
