package accounts_test

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

func waiting(c *accounts.Config) { c.Autoconfirm = false }

const mallory = `{"email":"ada@example.org","password":"known to mallory","data":{"name":"Mallory"}}`

// TestA12 is case A-12 (i): a stranger has signed up with an address. Its owner then logs
// in at a provider that has verified it. Nothing of the stranger stays in the account.
func TestA12(t *testing.T) {
	providers(t, waiting, func(t *testing.T, w *world, f fakes) {
		w.must(200, w.do("POST /signup", "", mallory))
		u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if u["email"] != "ada@example.org" || u["email_confirmed_at"] == nil {
			t.Errorf("user %v", u)
		}
		if meta := u["user_metadata"].(map[string]any); meta["name"] != "Ada Lovelace" {
			t.Errorf("metadata %v", meta)
		}
		if got := w.do("POST /token?grant_type=password", "", mallory); got.code() != "invalid_credentials" {
			t.Errorf("the password lives: %s", got.text)
		}
	})
}

// TestA12Session: the login of the owner also ends earlier sessions, with their tokens and
// factors. Accounts with a session and without a confirmed address come from imports and
// from admins.
func TestA12Session(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		before := w.must(200, w.do("POST /signup", "", mallory))
		phone := w.enroll(before.str("access_token"), "phone")
		before = w.must(200, w.verify(before.str("access_token"), phone, phone.code(w, 0)))
		w.sql(`update auth_users set email_confirmed_at = null`)
		w.must(200, w.do("GET /user", before.str("access_token"), ""))
		after := w.must(200, w.tab().session(f.trusted, "trusted"))
		if userOf(after)["id"] != userOf(before)["id"] {
			t.Errorf("another account: %s", after.text)
		}
		if factors := userOf(after)["factors"]; factors != nil {
			t.Errorf("a factor lives: %v", factors)
		}
		if got := w.do("GET /user", before.str("access_token"), ""); got.code() != "session_not_found" {
			t.Errorf("the access token lives: %s", got.text)
		}
		if got := w.do(refreshLine, "", refreshBody(before.str("refresh_token"))); got.status != 400 {
			t.Errorf("the session lives: %s", got.text)
		}
		if got := w.do("POST /token?grant_type=password", "", mallory); got.code() != "invalid_credentials" {
			t.Errorf("the password lives: %s", got.text)
		}
	})
}

// TestA12Unverified is case A-12 (ii): if a provider does not say that the address is
// verified, or is not trusted to say so, the login makes an account of its own without the
// address, also if another account has it.
func TestA12Unverified(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		f.trusted.SetUser(map[string]any{"sub": "mallory", "email": "ada@example.org", "email_verified": false})
		owner := userOf(w.must(200, w.do("POST /signup", "", `{"email":"ada@example.org","password":"a good password"}`)))
		for provider, fake := range map[string]*authtestProvider{"trusted": f.trusted, "other": f.other} {
			in := w.must(200, w.tab().session(fake, provider))
			u := userOf(in)
			if u["id"] == owner["id"] || u["email"] != "" || u["email_confirmed_at"] != nil || fmt.Sprint(identitiesOf(u)) != "["+provider+"]" {
				t.Errorf("%s: %v", provider, u)
			}
			if u["user_metadata"].(map[string]any)["email"] != nil || claimsOf(t, in.str("access_token"))["email"] != "" {
				t.Errorf("%s: the address is theirs: %v", provider, u)
			}
		}
		again := userOf(w.must(200, w.do("POST /token?grant_type=password", "", `{"email":"ada@example.org","password":"a good password"}`)))
		if fmt.Sprint(identitiesOf(again)) != "[email]" {
			t.Errorf("owner %v", again)
		}
	})
}

// TestA12Other is case A-12 (iii): the account has an unconfirmed address and an identity
// at another provider when the owner of the address logs in.
func TestA12Other(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		f.other.SetUser(map[string]any{"sub": "mallory"})
		before := w.must(200, w.tab().session(f.other, "other"))
		w.sql(`update auth_users set email = 'ada@example.org'`) // as an import makes it
		after := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if after["id"] != userOf(before)["id"] || after["email_confirmed_at"] == nil {
			t.Errorf("user %v", after)
		}
		for _, provider := range identitiesOf(after) {
			if provider == "other" {
				t.Errorf("the other provider is linked: %v", after)
			}
		}
		if got := w.do("GET /user", before.str("access_token"), ""); got.code() != "session_not_found" {
			t.Errorf("the access token lives: %s", got.text)
		}
		again := userOf(w.must(200, w.tab().session(f.other, "other")))
		if again["id"] == after["id"] {
			t.Error("the other provider leads to the account")
		}
	})
}
