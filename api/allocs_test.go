//go:build !race

package api_test

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// discard is a client that keeps nothing, so that what is counted is ours.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// TestReadAllocations bounds the allocations of a read, drivers included. Lower a number
// here when it gets smaller; one that grows needs a reason. On 2026-11-22 the deadline of a
// statement added 7 on PostgreSQL and the HMAC of a cursor 8. The 11 of a map of callers
// that the test made for each request are not counted any more.
func TestReadAllocations(t *testing.T) {
	tests := []struct {
		name, target     string
		sqlite, postgres float64
	}{
		{"row", "/notes/%s", 33, 22},
		{"list of 1", "/notes?select=id,title,body&title=gte.title&order=title.desc&limit=1", 70, 53},
		{"list of 100", "/notes?select=id,title,body&title=gte.title&order=title.desc&limit=100", 665, 54},
		{"list that has not changed", "/notes?select=id,title,body&title=gte.title&order=title.desc&limit=20", 183, 52},
	}
	caller := callers()["ann"]
	who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return caller, nil })
	for _, engine := range []string{"sqlite", "postgres"} {
		var db *store.DB
		var err error
		if engine == "sqlite" {
			db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: store.Options{Validator: lengths{}}})
		} else {
			db, err = postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: store.Options{Validator: lengths{}}})
		}
		h := serve(t, opened(t, db, err), api.Config{Authenticator: who, Logger: slog.New(slog.DiscardHandler)},
			api.Resource[note]{Policy: api.OwnedBy("owner_id")})
		var key string
		for i := range 100 {
			n := note{OwnerID: ann, Title: fmt.Sprint("title ", i), Key: "k", Body: "body"}
			if err := store.For[note](db).Insert(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			key = n.ID.String()
		}
		for _, tt := range tests {
			target := tt.target
			if tt.name == "row" {
				target = fmt.Sprintf(target, key)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
			w := discard{http.Header{}}
			if tt.name == "list that has not changed" {
				h.ServeHTTP(w, r)
				r.Header["If-None-Match"] = w.header["Etag"]
			}
			// The least of three: what ends in the background of tests before, and a
			// collection that empties the pools, only add to them.
			got := math.Inf(1)
			for range 3 {
				got = min(got, testing.AllocsPerRun(200, func() {
					clear(w.header)
					h.ServeHTTP(w, r)
				}))
			}
			most := tt.sqlite
			if engine == "postgres" {
				most = tt.postgres
			}
			if got > most {
				t.Errorf("%s, %s: %v allocations, at most %v are expected", engine, tt.name, got, most)
			}
			t.Logf("%s, %s: %v allocations", engine, tt.name, got)
		}
	}
}
