package accounts_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestRevocation: an instance refuses a token of a session that has ended on another one
// within two seconds, also if it started later.
func TestRevocation(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		another := func() *world {
			a, err := accounts.New(w.db, w.cfg)
			if err != nil {
				t.Fatal(err)
			}
			return &world{t: t, db: w.db, a: a, now: w.now}
		}
		run := func(w *world) {
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- w.a.Run(ctx) }()
			t.Cleanup(func() {
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		}
		refused := func(w *world, token string) bool {
			_, err := w.a.Verify(t.Context(), token)
			return err != nil
		}
		there := another()
		run(there)
		w.must(200, w.do("POST /signup", "", ann))
		for i := range 5 {
			w.login() // which ends with the other one, or does not
			token := w.login().str("access_token")
			if refused(there, token) {
				t.Fatal("a good token is refused")
			}
			w.must(http.StatusNoContent, w.do("POST /logout?scope="+[]string{"local", "global"}[i%2], token, ""))
			if !refused(w, token) {
				t.Error("the instance that ended the session takes its token")
			}
			programtest.Until(t, programtest.Within(2*time.Second), "the other instance rejects the token", func() bool { return refused(there, token) })
			late := another()
			if !refused(late, token) { // before its Run has done anything
				t.Fatal("an instance that began later takes the token")
			}
			run(late)
		}
	})
}

// TestRevocationOutlivesConfig: an instance with a shorter life of tokens remembers ended
// sessions for as long as tokens of other instances live.
func TestRevocationOutlivesConfig(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.AccessTTL = time.Hour }, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		cfg := w.cfg
		cfg.AccessTTL = time.Minute
		a, err := accounts.New(w.db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		short := &world{t: t, db: w.db, a: a, now: w.now}
		w.must(http.StatusNoContent, short.do("POST /logout?scope=local", token, ""))
		w.advance(30 * time.Minute)
		short.must(http.StatusNoContent, short.do("POST /logout?scope=local", short.login().str("access_token"), ""))
		if _, err := a.Verify(t.Context(), token); err == nil {
			t.Error("a token is good again")
		}
		late, err := accounts.New(w.db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := late.Verify(t.Context(), token); err == nil {
			t.Error("to an instance that begins later it is")
		}
	})
}
