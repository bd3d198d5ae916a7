package gate_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// counting counts what is asked of a driver.
type counting struct {
	driver.Driver
	asked *atomic.Int64
}

func (c counting) Query(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) error {
	c.asked.Add(1)
	return c.Driver.Query(ctx, conn, s, r)
}

func (c counting) Exec(ctx context.Context, conn driver.Conn, s *driver.Statement) (int64, error) {
	c.asked.Add(1)
	return c.Driver.Exec(ctx, conn, s)
}

func (c counting) Begin(ctx context.Context, opts driver.TxOptions) (driver.Conn, error) {
	c.asked.Add(1)
	return c.Driver.Begin(ctx, opts)
}

// countedEngines runs a test with a fixture whose statements are counted.
func countedEngines(t *testing.T, timeout time.Duration, run func(t *testing.T, f *fixture, asked *atomic.Int64)) {
	t.Helper()
	asked := new(atomic.Int64)
	o := options()
	o.Wrap = func(d driver.Driver) driver.Driver { return counting{d, asked} }
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		db, err := sqlite.Open(t.Context(), path, &sqlite.Options{Store: o, StatementTimeout: timeout})
		run(t, opened(t, connected(t, db, err)), asked)
	})
	t.Run("postgres", func(t *testing.T) {
		db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: o, StatementTimeout: timeout})
		run(t, opened(t, connected(t, db, err)), asked)
	})
}

// TestA45Limits: what asks for more than a limit allows is refused
// by the limit's name, at once and without a statement.
func TestA45Limits(t *testing.T) {
	t.Parallel()
	countedEngines(t, 0, func(t *testing.T, f *fixture, asked *atomic.Int64) {
		for _, tt := range attacktest.Queries() {
			before := asked.Load()
			best := time.Hour
			for range 5 {
				began := time.Now()
				got := f.do(t, asAna, ask{method: http.MethodGet, target: "/notes?" + tt.Text})
				best = min(best, time.Since(began))
				if got.Status != tt.Status || got.Code() != tt.Code || !strings.Contains(got.Body, tt.Names) {
					t.Errorf("%s: status %d, %s, want %s for %s", shortened(tt.Text), got.Status, got.Body, tt.Code, tt.Names)
				}
			}
			if n := asked.Load() - before; n != 0 || best > programtest.Within(10*time.Millisecond) {
				t.Errorf("%s: refused after %s and %d statements", shortened(tt.Text), best, n)
			}
		}
		before := asked.Load()
		for _, path := range []string{"/" + strings.Repeat("x", 16<<10), "/notes/" + strings.Repeat("x", 16<<10), "/rpc/" + strings.Repeat("x", 16<<10)} {
			if got := f.do(t, asAna, ask{method: http.MethodGet, target: path}); got.Status < 400 || asked.Load() != before {
				t.Errorf("a path of 16 KiB: status %d, %d statements", got.Status, asked.Load()-before)
			}
		}
	})
}

// TestA44Bodies: a body beyond its limit is 413 before anybody reads what
// it says, whether its length is told, untold or sent in chunks.
func TestA44Bodies(t *testing.T) {
	t.Parallel()
	countedEngines(t, 0, func(t *testing.T, f *fixture, asked *atomic.Int64) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f.handler.ServeHTTP(w, r.WithContext(auth.WithPrincipal(r.Context(), asAna)))
		}))
		defer server.Close()
		garbage := strings.Repeat("{", 1<<20) // a 400 for whoever reads it
		for _, target := range []string{"POST /notes", "PATCH /notes?slug=eq.ana-draft", "PUT /notes/" + anaDraft, "POST /rpc/first_note", "POST /-/batch"} {
			method, path, _ := strings.Cut(target, " ")
			for _, told := range []bool{true, false} {
				send := func(body string) int {
					var from io.Reader = strings.NewReader(body)
					if !told {
						from = struct{ io.Reader }{from}
					}
					r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, from)
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Content-Type", "application/json")
					res, err := server.Client().Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer res.Body.Close()
					return res.StatusCode
				}
				before := asked.Load()
				if got := send(garbage + "{"); got != http.StatusRequestEntityTooLarge {
					t.Errorf("%s, length told %v, one byte more: %d", target, told, got)
				}
				if got := send(garbage); got != http.StatusBadRequest {
					t.Errorf("%s, length told %v, at the limit: %d", target, told, got)
				}
				if n := asked.Load() - before; n != 0 {
					t.Errorf("%s, length told %v: %d statements", target, told, n)
				}
			}
		}
	})
}
