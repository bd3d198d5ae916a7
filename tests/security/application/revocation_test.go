package application_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRevocationReachesREST: 20 of 20 sessions that end on one instance get nothing from
// the resources of another within two seconds, with the connection that listens and
// while that is cut again and again.
func TestRevocationReachesREST(t *testing.T) {
	t.Parallel()
	for _, cut := range []bool{false, true} {
		t.Run(fmt.Sprintf("cut=%v", cut), func(t *testing.T) {
			t.Parallel()
			config := apptest.Config(t)
			config.DatabaseURL, config.InsecureDevelopment = pgtest.URL(t), true
			config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
			key := config.Keys.Publishable[0]
			here, there := instance(t, config, false), instance(t, config, cut)
			apptest.SignUp(t, here, "Apikey", key)
			tasks := func(h http.Handler, token string) int {
				return apptest.Do(t, h, http.MethodGet, "/rest/v1/tasks", "", "Apikey", key, "Authorization", "Bearer "+token).Code
			}
			var took []time.Duration
			for range 20 {
				token := signIn(t, here, key).Access
				for _, h := range []http.Handler{here, there} {
					if status := tasks(h, token); status != http.StatusOK {
						t.Fatalf("a good token: %d", status)
					}
				}
				start := time.Now()
				if w := apptest.Do(t, here, http.MethodPost, "/auth/v1/logout?scope=local", "", "Apikey", key, "Authorization", "Bearer "+token); w.Code != http.StatusNoContent {
					t.Fatalf("sign out: %d %s", w.Code, w.Body)
				}
				if status := tasks(here, token); status != http.StatusUnauthorized {
					t.Errorf("where the session has ended: %d", status)
				}
				programtest.Until(t, programtest.Within(2*time.Second), "the other instance rejects the token", func() bool {
					return tasks(there, token) == http.StatusUnauthorized
				})
				took = append(took, time.Since(start))
			}
			t.Logf("from sign-out to the refusal elsewhere: %v at most", slices.Max(took))
		})
	}
}

// instance is one of several applications on a database, with what runs beside it.
func instance(t *testing.T, config plinth.Config, cut bool) http.Handler {
	t.Helper()
	app := apptest.New(t, config)
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	h, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	run := []func() error{
		func() error { return app.Accounts().Run(ctx) },
		func() error { return changelog.Notify(ctx, app.DB()) },
	}
	if cut {
		run = append(run, func() error {
			for ctx.Err() == nil {
				_, err := app.DB().Bun().ExecContext(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
					where datname = current_database() and query ilike 'listen %' and pid <> pg_backend_pid()`)
				if err != nil && ctx.Err() == nil {
					return err
				}
				time.Sleep(20 * time.Millisecond)
			}
			return nil
		})
	}
	done := make(chan error, len(run))
	for _, f := range run {
		go func() { done <- f() }()
	}
	t.Cleanup(func() {
		stop()
		for range run {
			if err := <-done; err != nil && !strings.Contains(err.Error(), "context canceled") {
				t.Error(err)
			}
		}
		_ = app.DB().Close()
	})
	return h
}
