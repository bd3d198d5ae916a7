package slow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestR4Logins: while reads of others hold every connection that is not in reserve, people
// log in and go on with their sessions, and administrators manage accounts, by the one
// that is. They all want it at once, and health is well nevertheless. It has only a long
// form, beside nothing else: a machine that is busy with other tests leaves too few places
// for so many who wait.
func TestR4Logins(t *testing.T) {
	programtest.SkipShort(t)
	const clients = 200
	keys := auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	config := plinth.Config{
		Addr: programtest.Listen(t), Listen: programtest.HandOver, DatabaseURL: pgtest.URL(t), Postgres: postgres.Options{MaxConns: 4},
		PublicURL: "https://notes.example", Keys: keys,
		Logger: slog.New(slog.DiscardHandler), DrainDelay: -1,
		MaxRequests: 2 * clients, MaxRequestsPerCaller: 2 * clients, // connections are to be what is short
	}
	config.Accounts.MasterKeys = [][]byte{[]byte("0123456789abcdef0123456789abcdef")}
	prepare(t, config)
	app, err := plinth.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	app.Add(api.ReadFunc("sleep", api.Anyone(), sleep))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: clients + 8}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	programtest.Await(t, config.Addr)
	s := &served{url: "http://" + config.Addr, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
	person := `{"email":"ann@example.org","password":"correct horse battery","email_confirm":true}`
	if a := s.ask(ctx, keys.Secret[0], "POST /auth/v1/admin/users", "", person); a.status != http.StatusOK {
		t.Fatalf("making an account: %d %s", a.status, a.body)
	}

	var load, others sync.WaitGroup
	var refused int
	stopped := make(chan struct{})
	load.Go(func() { refused = s.sleepers(ctx, t, keys.Publishable[0], clients, stopped) })
	inUse := func() int { return app.DB().Stats().Pools[0].InUse }
	programtest.Until(t, 15*time.Second, "all connections but the one in reserve are in use", func() bool { return inUse() >= 3 })
	end := time.Now().Add(20 * time.Second)
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	timed := func(what, key, line, token, body string, want int) answer {
		a := s.ask(ctx, key, line, token, body)
		if a.status != want {
			t.Errorf("%s: %d after %s, want %d: %s", what, a.status, a.took, want, a.body)
		}
		mu.Lock()
		defer mu.Unlock()
		took[what] = append(took[what], a.took)
		return a
	}
	until := func(serve func()) {
		others.Go(func() {
			for time.Now().Before(end) && !t.Failed() {
				serve()
			}
		})
	}
	for range 2 {
		until(func() {
			a := timed("login", keys.Publishable[0], "POST /auth/v1/token?grant_type=password", "", person, http.StatusOK)
			var session struct {
				Access  string `json:"access_token"`
				Refresh string `json:"refresh_token"`
			}
			if json.Unmarshal([]byte(a.body), &session) != nil {
				return
			}
			timed("user", keys.Publishable[0], "GET /auth/v1/user", session.Access, "", http.StatusOK)
			timed("refresh", keys.Publishable[0], "POST /auth/v1/token?grant_type=refresh_token", "", fmt.Sprintf(`{"refresh_token":%q}`, session.Refresh), http.StatusOK)
		})
	}
	until(func() {
		timed("admin", keys.Secret[0], "GET /auth/v1/admin/users", "", "", http.StatusOK)
		time.Sleep(10 * time.Millisecond)
	})
	until(func() {
		timed("health", "", "GET /readyz", "", "", http.StatusOK)
		time.Sleep(100 * time.Millisecond)
	})
	others.Wait()
	close(stopped)
	load.Wait()
	if refused < clients/2 {
		t.Errorf("%d refused are too few to prove anything", refused)
	}
	programtest.Until(t, 15*time.Second, "connections come back, but the one that listens", func() bool { return inUse() <= 1 })
	for _, what := range []string{"login", "user", "refresh", "admin", "health"} {
		slices.Sort(took[what])
		if len(took[what]) < 5 {
			t.Fatalf("%s: %d are too few", what, len(took[what]))
		}
		t.Logf("%s: %d, median %s, at most %s", what, len(took[what]), took[what][len(took[what])/2], took[what][len(took[what])-1])
	}
	t.Logf("beside them %d were refused", refused)
}

// prepare makes the tables of accounts, as development does.
func prepare(t *testing.T, config plinth.Config) {
	t.Helper()
	config.PublicURL, config.Keys = "", auth.Keys{}
	app, err := plinth.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Handler(t.Context())
	if err := errors.Join(err, app.DB().Close()); err != nil {
		t.Fatal(err)
	}
}

// served is a whole application at an address.
type served struct {
	url    string
	client *http.Client
}

// sleepers keeps connections busy until it is stopped, and returns how many got none.
func (s *served) sleepers(ctx context.Context, t *testing.T, key string, clients int, stopped <-chan struct{}) (refused int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				switch a := s.ask(ctx, key, "GET /rest/v1/rpc/sleep", "", ""); {
				// All are strangers of one address, one caller, and no more than a caller may have.
				case (a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests) && a.retry != "":
					mu.Lock()
					refused++
					mu.Unlock()
				case a.status != http.StatusOK:
					t.Errorf("a sleeper: %d %s", a.status, a.body)
					return
				}
			}
		})
	}
	wg.Wait()
	return refused
}

func (s *served) ask(ctx context.Context, key, line, token, body string) answer {
	method, path, _ := strings.Cut(line, " ")
	begun := time.Now()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}
	}
	for name, value := range map[string]string{"Apikey": key, "Content-Type": "application/json"} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return answer{body: err.Error(), took: time.Since(begun)}
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body) // one that is cut is no answer anybody looks at
	return answer{res.StatusCode, res.Header.Get("Retry-After"), string(text), time.Since(begun)}
}
