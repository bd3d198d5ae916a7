package gate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestTagOnOneConnection: the first answer of a process that has an entity tag and is made
// inside of a transaction does not wait for a second connection, where there is one only.
func TestTagOnOneConnection(t *testing.T) {
	one := func(t *testing.T, db *store.DB, err error) {
		connected(t, db, err)
		all := api.SignedIn()
		h := newHandler(t, db, api.Config{}, api.Resource[Leaflet]{Policy: api.Policy{Read: all, Create: all, Update: all, Delete: all}})
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		client := apitest.New(t, h).As(asAna).With("Prefer", "return=representation").With("Idempotency-Key", `"first"`)
		r := client.Do(http.MethodPut, "/leaflets/"+store.NewID().String(), `{"title":"t","note":"n"}`)
		if r.Status != http.StatusCreated || !strings.HasPrefix(r.Header.Get("ETag"), `"1.`) {
			t.Errorf("%d with the tag %s: %s", r.Status, r.Header.Get("ETag"), r.Body)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), ":memory:", &sqlite.Options{Store: options()})
		one(t, db, err)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: options(), MaxConns: 1, Reserve: -1})
		one(t, db, err)
	})
}
