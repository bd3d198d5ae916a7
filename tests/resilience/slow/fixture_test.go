package slow_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

// Note is what clients read and write.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            string `bun:",pk"`
	Text          string `bun:",notnull"`
}

// deadline is how long a request may take.
const deadline = 5 * time.Second

// site is an application over a PostgreSQL database.
type site struct {
	db     *store.DB
	url    string
	client *http.Client
}

// open opens an application whose database is reached at an address, once the
// tables are there. Requests end after the deadline.
func open(t *testing.T, rawURL, addr string, opts postgres.Options) *site {
	t.Helper()
	db, err := postgres.Open(t.Context(), at(t, rawURL, addr), &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Register(Note{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := store.For[Note](db).Insert(t.Context(), &Note{ID: id, Text: strings.Repeat(id, 100)}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := api.New(db, api.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(
		api.Resource[Note]{Policy: api.Policy{
			Read: api.Where(store.Compare("text", query.OpNeq, "secret")), Create: api.Anyone(),
		}},
		api.ReadFunc("sleep", api.Anyone(), sleep),
		api.TxFunc("work", api.Anyone(), work),
	)
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	var clients atomic.Uint32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := clients.Add(1) // one caller would have a part of the connections
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", n>>16&0xff, n>>8&0xff, n&0xff)
		ctx, cancel := context.WithTimeout(r.Context(), deadline)
		defer cancel()
		handler.ServeHTTP(w, r.WithContext(ctx))
	}))
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return &site{db, server.URL, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// at is the URL of a database at another address; empty leaves it where it is.
func at(t *testing.T, rawURL, addr string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	if addr != "" {
		u.Host = addr
		query := u.Query()
		query.Set("sslmode", "disable")
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// hostOf is where a database is.
func hostOf(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := net.SplitHostPort(u.Host); err != nil {
		t.Fatalf("a database at %q cannot be reached by a proxy", u.Host)
	}
	return u.Host
}

// sleep keeps a connection busy for a second.
func sleep(ctx context.Context, tx *store.Tx, _ struct{}) (bool, error) {
	var nothing string
	err := tx.SQL().QueryRowContext(ctx, "select pg_sleep(1)::text").Scan(&nothing)
	return err == nil, err
}

// work asks the database one thing after another.
func work(ctx context.Context, tx *store.Tx, _ struct{}) (int64, error) {
	var total int64
	for range 4 {
		n, err := store.For[Note](tx).Count(ctx, store.True())
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// answer is what a request came to. Status 0 means that there was none.
type answer struct {
	status int
	retry  string
	body   string
	took   time.Duration
}

func (s *site) ask(ctx context.Context, method, path, body string) answer {
	begun := time.Now()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := s.client.Do(r)
	if err != nil {
		return answer{took: time.Since(begun)}
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body) // one that is cut is no answer anybody looks at
	return answer{res.StatusCode, res.Header.Get("Retry-After"), string(text), time.Since(begun)}
}

// load lets clients ask one thing after another for some time and returns all
// answers.
func (s *site) load(ctx context.Context, clients int, d time.Duration, ask func(client, n int) answer) []answer {
	var mu sync.Mutex
	var all []answer
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for client := range clients {
		wg.Go(func() {
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				a := ask(client, n)
				mu.Lock()
				all = append(all, a)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}

// either returns the first value in the short form of the tests.
func either[T any](short, whenLong T) T {
	if programtest.Long() {
		return whenLong
	}
	return short
}
