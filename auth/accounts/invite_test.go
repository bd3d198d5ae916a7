package accounts_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestInviteReplacesMetadata: after an invitation is accepted, the account has the metadata of
// the invitation and none of an earlier sign-up by another client.
func TestInviteReplacesMetadata(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"email":"taken@example.org","password":"a good password","data":{"team":"blue","note":"mine"}}`))
		w.mails()
		for _, email := range []string{"new@example.org", "taken@example.org"} {
			w.must(200, w.do("POST /invite", secretKey, `{"email":"`+email+`","data":{"team":"red"}}`))
			in := w.must(200, w.verifyHash("invite", w.mail(accounts.MailInvite, email)))
			if !strings.Contains(in.text, `"user_metadata":{"team":"red"}`) {
				t.Errorf("%s: %s", email, in.text)
			}
		}
	})
}
