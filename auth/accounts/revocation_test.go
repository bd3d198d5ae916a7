package accounts_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestRevocation: an instance refuses a token whose session has ended on another one
// within two seconds, whether it was there or began later.
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
		for range 5 {
			token := w.must(200, w.do("POST /token?grant_type=password", "", ann)).str("access_token")
			if refused(there, token) {
				t.Fatal("a good token is refused")
			}
			w.must(http.StatusNoContent, w.do("POST /logout?scope=local", token, ""))
			if !refused(w, token) {
				t.Error("the instance that ended the session takes its token")
			}
			start := time.Now()
			for !refused(there, token) {
				if time.Since(start) > 2*time.Second {
					t.Fatal("the other instance still takes the token")
				}
				time.Sleep(5 * time.Millisecond)
			}
			late := another()
			run(late)
			for !refused(late, token) {
				if time.Since(start) > 4*time.Second {
					t.Fatal("an instance that began later takes the token")
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
}
