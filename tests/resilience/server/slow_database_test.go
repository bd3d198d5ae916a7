package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestSlowDatabase: who waits for the database is told by the time of the request, which
// ends before that of a statement, and is served again once it answers.
func TestSlowDatabase(t *testing.T) {
	t.Parallel()
	for engine, tt := range map[string]struct {
		url  func(*testing.T) string
		hold string // what keeps others from writing
	}{
		"sqlite":   {func(t *testing.T) string { return t.TempDir() + "/app.db" }, "delete from tasks"},
		"postgres": {func(t *testing.T) string { return pgtest.URL(t) }, "lock table tasks in access exclusive mode"},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			config := apptest.Config(t)
			config.DatabaseURL, config.InsecureDevelopment = tt.url(t), true
			config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
			config.RequestTimeout = 500 * time.Millisecond
			config.SQLite.AcquireTimeout = time.Minute // for the one writer, which is 5 seconds
			app := apptest.New(t, config)
			t.Cleanup(func() { _ = app.DB().Close() })
			app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}})
			handler, err := app.Handler(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			write := func() (status int, body string) {
				w := apptest.Do(t, handler, http.MethodPost, "/rest/v1/tasks", `{"title":"x","owner_id":"`+store.NewID().String()+`"}`, "Apikey", config.Keys.Publishable[0])
				return w.Code, w.Body.String()
			}
			served := func() {
				t.Helper()
				programtest.Until(t, 20*time.Second, "a write is served", func() bool {
					status, _ := write()
					return status == http.StatusCreated
				})
			}
			served()
			held := errors.New("held long enough")
			if err := app.DB().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.SQL().ExecContext(ctx, tt.hold); err != nil {
					return err
				}
				for range 3 {
					if status, body := write(); status != http.StatusGatewayTimeout || !strings.Contains(body, `"code":"PL504"`) {
						t.Errorf("%d %s", status, body)
					}
				}
				return held
			}); !errors.Is(err, held) {
				t.Fatal(err)
			}
			served()
		})
	}
}

// TestDatabaseFileIsGone: with its SQLite file removed an application is not ready and
// answers writes with 503.
func TestDatabaseFileIsGone(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.DatabaseURL, config.InsecureDevelopment = t.TempDir()+"/app.db", true
	config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}}
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(config.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	body := `{"title":"x","owner_id":"` + store.NewID().String() + `"}`
	for line, w := range map[string]*httptest.ResponseRecorder{
		"write": apptest.Do(t, handler, http.MethodPost, "/rest/v1/tasks", body, "Apikey", config.Keys.Publishable[0]),
		"probe": apptest.Do(t, handler, http.MethodGet, "/readyz", ""),
	} {
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", line, w.Code, w.Body)
		}
	}
}
