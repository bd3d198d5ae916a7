package accounts_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestRightsOnOtherInstances: an instance refuses tokens within two seconds of a change on
// another one: roles, permissions, a ban, a deletion.
func TestRightsOnOtherInstances(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		there, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- there.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		w.role("writer", "notes.write")
		id, _ := w.person("ann", "writer")
		for _, change := range []struct{ line, body string }{
			{"PUT /admin/roles/writer", `{"permissions":["notes.read"]}`},
			{"PUT /admin/users/" + id + "/roles", `{"roles":[]}`},
			{"PUT /admin/users/" + id, `{"role":"editor"}`},
			{"PUT /admin/users/" + id, `{"app_metadata":{"team":7}}`},
			{"PUT /admin/users/" + id, `{"password":"a good password"}`},
			{"PUT /admin/users/" + id, `{"ban_duration":"1s"}`},
			{"DELETE /admin/users/" + id, ""},
		} {
			in := w.in("ann")
			token := in.str("access_token")
			if _, err := there.Verify(t.Context(), token); err != nil {
				t.Fatalf("%s: a good token is refused: %v", change.line, err)
			}
			w.must(200, w.admin(change.line, change.body))
			programtest.Until(t, programtest.Within(2*time.Second), "the other instance rejects the token after "+change.line+" "+change.body, func() bool {
				_, err := there.Verify(t.Context(), token)
				return err != nil
			})
			w.advance(2 * time.Second)
			// What is made from then on holds there too.
			if again := w.do(refreshLine, "", refreshBody(in.str("refresh_token"))); again.status == 200 {
				if _, err := there.Verify(t.Context(), again.str("access_token")); err != nil {
					t.Errorf("%s: the next token is refused: %v", change.line, err)
				}
			}
		}
	})
}
