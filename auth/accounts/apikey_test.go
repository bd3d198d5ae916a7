package accounts_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// signUp makes Ann's account and returns her id and a session's token.
func (w *world) signUp() (id, token string) {
	w.t.Helper()
	up := w.must(200, w.do("POST /signup", "", ann))
	return up.body["user"].(map[string]any)["id"].(string), up.str("access_token")
}

// grant gives a user one role.
func (w *world) grant(id, role string, permissions ...string) {
	w.t.Helper()
	err := w.a.SaveRole(w.t.Context(), accounts.Role{Name: role, Permissions: permissions})
	if err == nil {
		err = w.a.SetRoles(w.t.Context(), w.id(id), role)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) id(text string) store.ID {
	w.t.Helper()
	id, err := store.ParseID(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// key makes a key of a session's user.
func (w *world) key(token, scopes string) *answer {
	w.t.Helper()
	return w.must(200, w.do("POST /user/api-keys", token, fmt.Sprintf(`{"name":"ci","scopes":[%s]}`, scopes)))
}

// verify judges a key on some instance.
func verify(t *testing.T, a *accounts.Accounts, key string) (auth.Principal, error) {
	t.Helper()
	p, err := a.Verify(t.Context(), key)
	if err != nil && !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("%.8s: %v", key, err)
	}
	return p, err
}

func (w *world) keyDead(why, key string) {
	w.t.Helper()
	if p, err := verify(w.t, w.a, key); err == nil {
		w.t.Errorf("%s: the key lives as %v", why, p)
	}
}

func (w *world) keyAlive(why, key string) auth.Principal {
	w.t.Helper()
	p, err := verify(w.t, w.a, key)
	if err != nil {
		w.t.Errorf("%s: %v", why, err)
	}
	return p
}

const selfScope = `"` + accounts.ScopeSelf + `"`

// TestAPIKey: a key acts within its scopes, for its owner or for the application, and is
// shown once.
func TestAPIKey(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		id, _ := w.signUp()
		w.grant(id, "editor", "reports.read", "reports.write", accounts.PermissionAdmin)
		token := w.login().str("access_token")
		made := w.key(token, `"reports.read"`)
		key := made.str("key")
		if !regexp.MustCompile(`^pl_[A-Z2-7]{52}_[0-9a-f]{8}$`).MatchString(key) || !strings.HasPrefix(key, made.str("prefix")) || len(made.str("prefix")) != 11 {
			t.Errorf("key %q, prefix %q", key, made.str("prefix"))
		}
		p := w.keyAlive("fresh", key)
		if p.Kind != auth.User || p.ID != "api-key:"+made.str("id") || p.SignedIn() || p.Session != "" || p.AAL > 1 || len(p.Roles) > 0 ||
			!slices.Equal(p.Permissions, []string{"reports.read"}) || p.Expires.IsZero() || p.Claims["api_key"] != made.str("id") || p.Counted() != id {
			t.Errorf("without %s: %#v", accounts.ScopeSelf, p)
		}
		p = w.keyAlive("fresh", w.key(token, `"reports.write",`+selfScope).str("key"))
		if p.ID != id || !p.SignedIn() || p.Session != "" || p.AAL != 1 || !slices.Equal(p.Roles, []string{"authenticated"}) || !slices.Equal(p.Permissions, []string{"reports.write"}) || p.Counted() != id {
			t.Errorf("with %s: %#v", accounts.ScopeSelf, p)
		}
		list := w.must(200, w.do("GET /user/api-keys", token, ""))
		keys := list.body["api_keys"].([]any)
		if len(keys) != 2 || strings.Contains(list.text, key) || strings.Contains(list.text, `"key"`) {
			t.Errorf("list %s", list.text)
		}
		if first := keys[1].(map[string]any); first["name"] != "ci" || first["prefix"] != made.str("prefix") || first["last_used_at"] == nil || first["user_id"] != id {
			t.Errorf("listed %v", first)
		}
		w.must(204, w.do("DELETE /user/api-keys/"+made.str("id"), token, ""))
		w.keyDead("revoked", key)
		w.refused(404, "not_found", w.do("DELETE /user/api-keys/"+made.str("id"), token, ""))
		if keys := w.must(200, w.do("GET /user/api-keys", token, "")).body["api_keys"].([]any); len(keys) != 1 {
			t.Errorf("%d keys are listed", len(keys))
		}
		notices := 0
		for _, m := range w.mails() {
			if m.template == accounts.MailNotice && m.values["change"] == "key_added" {
				notices++
			}
			for _, v := range m.values {
				if strings.Contains(v, key) {
					t.Error("a mail has the key")
				}
			}
		}
		if notices != 2 {
			t.Errorf("%d notices", notices)
		}
	})
}

// TestAPIKeyStored: no table has more of a key than its hash.
func TestAPIKeyStored(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		key := w.key(token, selfScope).str("key")
		w.keyAlive("fresh", key)
		var hash []byte
		if err := w.db.Bun().NewRaw(`select "hash" from "auth_api_keys"`).Scan(t.Context(), &hash); err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256([]byte(key)); !bytes.Equal(hash, want[:]) {
			t.Errorf("hash %x", hash)
		}
		for _, table := range []string{"auth_api_keys", "auth_events", "plinth_jobs", "auth_codes", "auth_revocations", "plinth_changes"} {
			var rows []map[string]any
			if err := w.db.Bun().NewRaw(`select * from "`+table+`"`).Scan(t.Context(), &rows); err != nil {
				t.Fatal(err)
			}
			if text := fmt.Sprintf("%s", rows); strings.Contains(text, key[20:40]) {
				t.Errorf("%s has the key", table)
			}
		}
	})
}

// TestAPIKeyRights: a key has the rights that its owner has when it is used.
func TestAPIKeyRights(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		id, _ := w.signUp()
		w.grant(id, "editor", "read", "write")
		key := w.key(w.login().str("access_token"), `"read","write"`).str("key")
		for _, granted := range [][]string{{"read", "write"}, {"read"}, {}, {"write", "delete"}, {"delete", "read", "write"}} {
			w.grant(id, "editor", granted...)
			var want []string
			for _, scope := range []string{"read", "write"} {
				if slices.Contains(granted, scope) {
					want = append(want, scope)
				}
			}
			for range 2 {
				if got := w.keyAlive("", key).Permissions; !slices.Equal(got, want) {
					t.Errorf("owner may %q, key %q", granted, got)
				}
			}
		}
	})
}

// TestAPIKeyOfTheTables: a key that was written to the tables directly works as they say.
func TestAPIKeyOfTheTables(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		id, token := w.signUp()
		key := w.key(token, selfScope).str("key")
		w.grant(id, "chief", accounts.PermissionAdmin)
		change := func(text string) {
			t.Helper()
			if _, err := w.db.Bun().ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
			w.advance(time.Second) // keys are read again
		}
		change(`update "auth_api_keys" set "scopes" = '["` + accounts.PermissionAdmin + `"]'`)
		if p := w.keyAlive("with the scope of admins", key); len(p.Permissions) > 0 {
			t.Errorf("a key manages accounts: %q", p.Permissions)
		}
		change(`update "auth_users" set "banned_until" = '2100-01-01T00:00:00.000000+00:00'`)
		w.keyDead("of a banned user", key)
	})
}

// TestAPIKeyEnds: what ends all sessions of an account, because it may be compromised or
// must not be used, ends its keys for good.
func TestAPIKeyEnds(t *testing.T) {
	ends := map[string]func(ctx context.Context, a *accounts.Accounts, id store.ID) error{
		"ban":     func(ctx context.Context, a *accounts.Accounts, id store.ID) error { return a.Ban(ctx, id, time.Hour) },
		"removal": func(ctx context.Context, a *accounts.Accounts, id store.ID) error { return a.DeleteUser(ctx, id) },
		"owner":   func(ctx context.Context, a *accounts.Accounts, id store.ID) error { return a.Evict(ctx, id) },
	}
	engines(t, nil, func(t *testing.T, w *world) {
		for name, end := range ends {
			up := w.must(200, w.do("POST /signup", "", strings.Replace(ann, "ann@", name+"@", 1)))
			id := w.id(up.body["user"].(map[string]any)["id"].(string))
			key := w.key(up.str("access_token"), selfScope).str("key")
			w.keyAlive("fresh", key)
			if err := end(t.Context(), w.a, id); err != nil {
				t.Fatal(err)
			}
			w.keyDead(name, key)
			if err := w.a.Ban(t.Context(), id, 0); err != nil && name != "removal" {
				t.Fatal(err)
			}
			w.advance(time.Hour)
			w.keyDead("after "+name, key)
		}
	})
}

func TestAPIKeyExpires(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		now := time.Unix(0, w.now.Load()).UTC()
		make := func(expires string) string {
			return w.must(200, w.do("POST /user/api-keys", token, `{"name":"x","scopes":[`+selfScope+`]`+expires+`}`)).str("key")
		}
		usual, forever := make(""), make(`,"expires_at":null`)
		soon := make(`,"expires_at":"` + now.Add(time.Minute).Format(time.RFC3339Nano) + `"`)
		if got := w.keyAlive("", soon).Expires; !got.Equal(now.Add(time.Minute)) {
			t.Errorf("Expires %v", got)
		}
		w.advance(time.Minute - time.Millisecond) // within the second for which a key is believed
		w.keyAlive("just before", soon)
		w.advance(time.Millisecond)
		w.keyDead("just after", soon)
		w.advance(89 * 24 * time.Hour)
		w.keyAlive("89 days", usual)
		w.advance(24 * time.Hour)
		w.keyDead("90 days", usual)
		rows := func() (n int) {
			if err := w.db.Bun().NewRaw(`select count(*) from "auth_api_keys"`).Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		token = w.login().str("access_token")
		if make(""); rows() != 3 { // the one that held for a minute is gone
			t.Errorf("%d rows", rows())
		}
		w.advance(20 * 365 * 24 * time.Hour)
		if got := w.keyAlive("20 years", forever).Expires; !got.IsZero() {
			t.Errorf("Expires %v", got)
		}
	})
}

// TestAPIKeyLastUse: the last use is stored with minute precision, at most once a minute.
func TestAPIKeyLastUse(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		key := w.key(token, selfScope).str("key")
		last := func() string {
			w.t.Helper()
			list := w.do("GET /user/api-keys", w.login().str("access_token"), "").body["api_keys"].([]any)
			text, _ := list[0].(map[string]any)["last_used_at"].(string)
			return text
		}
		if got := last(); got != "" {
			t.Errorf("used at %s before", got)
		}
		w.keyAlive("", key)
		first := last()
		if first == "" {
			t.Error("the first use is not noted")
		}
		for range 5 {
			w.advance(10 * time.Second)
			w.keyAlive("", key)
			if got := last(); got != first {
				t.Errorf("written again: %s after %s", got, first)
			}
		}
		w.advance(10 * time.Second)
		w.keyAlive("", key)
		if got := last(); got <= first {
			t.Errorf("a minute later: %s after %s", got, first)
		}
	})
}

// TestAPIKeyForms: texts that are no keys are refused, and those with a wrong form without
// a query.
func TestAPIKeyForms(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		key := w.key(token, selfScope).str("key")
		flipped := []byte(key)
		flipped[20] ^= 1
		for _, wrong := range []string{
			"pl_", key[:len(key)-1], key + "0", string(flipped), strings.ToLower(key), key[3:], strings.Replace(key, "pl_", "PL_", 1), key[:55], key[:56] + "00000000",
			strings.Replace(key, "_", ".", 2), accounts.NewKey(), "pl_" + strings.Repeat("A", 52) + "_00000000", "pl_" + strings.Repeat("\x00", 61),
		} {
			w.keyDead(fmt.Sprintf("%.70q", wrong), wrong)
			if got := w.do("GET /user/api-keys", strings.ReplaceAll(wrong, "\x00", ""), ""); got.status != 401 {
				t.Errorf("%.70q: %d %s", wrong, got.status, got.text)
			}
		}
		w.keyAlive("the right one", key)
	})
}

// TestAPIKeySensitive: a key manages nothing of an account, whatever its scopes. Every
// route is tried; those without authentication are listed here.
func TestAPIKeySensitive(t *testing.T) {
	public := []string{
		"signup", "token", "sso", "settings", "health", ".well-known/jwks.json", ".well-known/openid-configuration", ".well-known/oauth-authorization-server",
		"otp", "magiclink", "recover", "resend", "verify", "authorize", "callback", "callback/{provider}",
		"passkeys/authentication/options", "passkeys/authentication/verify",
	}
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		id, _ := w.signUp()
		w.grant(id, "boss", "read", accounts.PermissionAdmin)
		key := w.key(w.login().str("access_token"), selfScope+`,"read"`).str("key")
		for _, rt := range accounts.Routes() {
			if slices.Contains(public, rt[1]) {
				continue
			}
			got := w.send(w.request(rt[0]+" /"+strings.ReplaceAll(rt[1], "{id}", id), key, "{}"))
			if got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
				t.Errorf("%s: %d %s", rt, got.status, got.text)
			}
		}
		if p := w.keyAlive("", key); p.HasPermission(accounts.PermissionAdmin) || p.HasRole("boss") {
			t.Errorf("%#v", p)
		}
	})
}

func TestAPIKeyCreate(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Anonymous = true }, func(t *testing.T, w *world) {
		id, _ := w.signUp()
		w.grant(id, "boss", "read", accounts.PermissionAdmin)
		token := w.login().str("access_token")
		for _, wrong := range []string{
			``, `{}`, `{"name":"x"}`, `{"name":"x","scopes":[]}`, `{"name":"x","scopes":null}`, `{"name":"x","scopes":"read"}`, `{"name":"x","scopes":[1]}`,
			`{"name":"x","scopes":["write"]}`, `{"name":"x","scopes":["read","write"]}`, `{"name":"x","scopes":[""]}`, `{"name":"x","scopes":["re ad"]}`,
			`{"name":"x","scopes":["accounts.admin"]}`, `{"name":"","scopes":["read"]}`, `{"scopes":["read"]}`, `{"name":1,"scopes":["read"]}`,
			`{"name":"` + strings.Repeat("x", 101) + `","scopes":["read"]}`, `{"name":"a\nb","scopes":["read"]}`, `{"name":"x","scopes":[` + strings.Repeat(`"read",`, 32) + `"read"]}`,
			`{"name":"x","scopes":["read"],"expires_at":"2020-01-01T00:00:00Z"}`, `{"name":"x","scopes":["read"],"expires_at":"tomorrow"}`,
			`{"name":"x","scopes":["read"],"expires_at":7}`, `{"name":"x","scopes":["read"],"expires_at":""}`,
		} {
			w.refused(400, "validation_failed", w.do("POST /user/api-keys", token, wrong))
		}
		guest := w.must(200, w.do("POST /signup", "", `{}`)).str("access_token")
		w.refused(400, "validation_failed", w.do("POST /user/api-keys", guest, `{"name":"x","scopes":[`+selfScope+`]}`))
		for range 25 {
			w.key(token, `"read"`)
		}
		w.refused(422, "too_many_api_keys", w.do("POST /user/api-keys", token, `{"name":"x","scopes":["read"]}`))
	})
}

// TestAPIKeyAAL2: a user with a second factor needs it to make a key.
func TestAPIKeyAAL2(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, _ := w.withApp()
		w.refused(401, "insufficient_aal", w.do("POST /user/api-keys", w.login().str("access_token"), `{"name":"x","scopes":[`+selfScope+`]}`))
		if p := w.keyAlive("", w.key(in.str("access_token"), selfScope).str("key")); p.AAL != 1 {
			t.Errorf("the key has level %d", p.AAL)
		}
	})
}

// TestAPIKeyReauthenticate: an old session makes a key only after its user has
// reauthenticated.
func TestAPIKeyReauthenticate(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		refresh := w.must(200, w.do("POST /signup", "", ann)).str("refresh_token")
		w.advance(25 * time.Hour)
		token := w.must(200, w.do(refreshLine, "", refreshBody(refresh))).str("access_token")
		body := `{"name":"x","scopes":[` + selfScope + `]}`
		w.refused(400, "reauthentication_needed", w.do("POST /user/api-keys", token, body))
		w.refused(400, "invalid_credentials", w.do("POST /user/api-keys", token, member(body, "current_password", "a bad password")))
		w.must(200, w.do("POST /user/api-keys", token, member(body, "current_password", "a good password")))
	})
}

// TestAPIKeyOthers: the keys of other users are answered like unknown ones.
func TestAPIKeyOthers(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		made := w.key(token, selfScope)
		bob := w.must(200, w.do("POST /signup", "", strings.Replace(ann, "ann@", "bob@", 1))).str("access_token")
		for _, id := range []string{made.str("id"), "x", "00000000-0000-0000-0000-000000000000"} {
			w.refused(404, "not_found", w.do("DELETE /user/api-keys/"+id, bob, ""))
		}
		if list := w.do("GET /user/api-keys", bob, ""); len(list.body["api_keys"].([]any)) != 0 {
			t.Errorf("Bob's keys: %s", list.text)
		}
		w.keyAlive("after Bob", made.str("key"))
		w.refused(401, "no_authorization", w.do("GET /user/api-keys", "", ""))
		w.refused(403, "not_admin", w.do("GET /admin/api-keys", bob, ""))
		w.refused(401, "no_authorization", w.do("POST /admin/api-keys", "", `{"name":"x","scopes":["read"]}`))
	})
}

// TestAPIKeyApplication: admins make the keys of the application, with at most their own
// rights, and these keys act within their scopes.
func TestAPIKeyApplication(t *testing.T) {
	secret := auth.NewSecretKey()
	engines(t, func(c *accounts.Config) { c.Keys.Secret = []string{secret} }, func(t *testing.T, w *world) {
		made := w.must(200, w.do("POST /admin/api-keys", secret, `{"name":"worker","scopes":["write","read"]}`))
		p := w.keyAlive("fresh", made.str("key"))
		if p.Kind != auth.User || p.SignedIn() || p.ID != "api-key:"+made.str("id") || len(p.Roles) > 0 || !slices.Equal(p.Permissions, []string{"read", "write"}) || p.CountedAs != p.ID {
			t.Errorf("%#v", p)
		}
		for _, scope := range []string{accounts.ScopeSelf, accounts.PermissionAdmin} {
			w.refused(400, "validation_failed", w.do("POST /admin/api-keys", secret, `{"name":"worker","scopes":["`+scope+`"]}`))
		}
		w.refused(403, "not_admin", w.do("GET /admin/api-keys", made.str("key"), ""))
		w.refused(401, "bad_jwt", w.with(made.str("key"), "", "GET /user", "")) // as apikey, where Config.Keys belong

		id, _ := w.signUp()
		w.grant(id, "boss", "read", accounts.PermissionAdmin)
		boss := w.login().str("access_token")
		less := w.must(200, w.do("POST /admin/api-keys", boss, `{"name":"reader","scopes":["read"]}`))
		w.refused(403, "not_admin", w.do("POST /admin/api-keys", boss, `{"name":"writer","scopes":["read","write"]}`))
		w.refused(403, "not_admin", w.do("DELETE /admin/api-keys/"+made.str("id"), boss, ""))
		w.must(204, w.do("DELETE /admin/api-keys/"+less.str("id"), boss, ""))
		w.keyDead("revoked by an admin", less.str("key"))

		own := w.key(boss, selfScope)
		if list := w.do("GET /admin/api-keys", secret, "").body["api_keys"].([]any); len(list) != 1 {
			t.Errorf("keys of the application: %v", list)
		}
		if list := w.do("GET /admin/api-keys?user_id="+id, secret, "").body["api_keys"].([]any); len(list) != 1 {
			t.Errorf("keys of a user: %v", list)
		}
		w.refused(400, "validation_failed", w.do("GET /admin/api-keys?user_id=x", secret, ""))
		w.must(204, w.do("DELETE /admin/api-keys/"+own.str("id"), secret, ""))
		w.keyDead("revoked for its owner", own.str("key"))
		w.keyAlive("not meant", made.str("key"))
		w.must(204, w.do("DELETE /admin/api-keys/"+made.str("id"), secret, ""))
		w.keyDead("revoked", made.str("key"))
	})
}

// TestAPIKeyTenant: a key that acts as its owner is in the tenant that the application
// returns, and gets no other claims from it.
func TestAPIKeyTenant(t *testing.T) {
	change := func(c *accounts.Config) {
		c.BeforeToken = func(_ context.Context, t *accounts.Token) error {
			t.Claims["tenant_id"], t.Claims["staff"] = "acme", true
			return nil
		}
	}
	engines(t, change, func(t *testing.T, w *world) {
		_, token := w.signUp()
		p := w.keyAlive("", w.key(token, selfScope).str("key"))
		if p.Tenant != "acme" || p.Claims["staff"] != nil {
			t.Errorf("%#v", p)
		}
	})
}

// TestAPIKeyParallel: many requests can use a key at once, and it is revoked once.
func TestAPIKeyParallel(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		made := w.key(token, selfScope)
		var revoked atomic.Int32
		together := func(do func()) {
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(do)
			}
			wg.Wait()
		}
		together(func() { w.keyAlive("", made.str("key")) })
		together(func() {
			switch got := w.do("DELETE /user/api-keys/"+made.str("id"), token, ""); got.status {
			case 204:
				revoked.Add(1)
			case 404, 409:
			default:
				t.Errorf("%d %s", got.status, got.text)
			}
		})
		if revoked.Load() != 1 {
			t.Errorf("revoked %d times", revoked.Load())
		}
		w.keyDead("revoked", made.str("key"))
	})
}

// TestAPIKeyRevokedOnAnotherInstance: another instance refuses a key within two seconds after
// it was revoked or its owner banned, and gives it no more rights than its owner has.
func TestAPIKeyRevokedOnAnotherInstance(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		there := w.another()
		id, _ := w.signUp()
		w.grant(id, "editor", "read")
		limit := programtest.Within(2 * time.Second)
		refuses := func(key string) func() bool {
			return func() bool {
				_, err := verify(t, there.a, key)
				return err != nil
			}
		}
		for range 5 {
			token := w.login().str("access_token")
			made := w.key(token, `"read"`)
			there.keyAlive("fresh", made.str("key"))
			w.must(204, w.do("DELETE /user/api-keys/"+made.str("id"), token, ""))
			programtest.Until(t, limit, "the other instance rejects a revoked key", refuses(made.str("key")))
		}
		key := w.key(w.login().str("access_token"), `"read"`).str("key")
		there.keyAlive("fresh", key)
		w.grant(id, "editor")
		programtest.Until(t, limit, "the other instance takes the permission away", func() bool { return len(there.keyAlive("", key).Permissions) == 0 })
		if err := w.a.Ban(t.Context(), w.id(id), time.Hour); err != nil {
			t.Fatal(err)
		}
		programtest.Until(t, limit, "the other instance rejects the key of a banned user", refuses(key))
	})
}

// another is a second instance on the same database, which runs.
func (w *world) another() *world {
	w.t.Helper()
	a, err := accounts.New(w.db, w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return &world{t: w.t, db: w.db, a: a, now: w.now}
}

// TestAPIKeysOfOneNetwork: forged keys of one network are looked up a few at a time, and
// requests of others do not wait for them.
func TestAPIKeysOfOneNetwork(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		verify := func(from string) error {
			r, record := reqinfo.Begin(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
			record.SetClientAddress(netip.MustParseAddr(from))
			_, err := w.a.Verify(r.Context(), accounts.NewKey())
			return err
		}
		release := w.a.ReadingKeys(netip.MustParsePrefix("2001:db8::/64"))
		for from, want := range map[string]error{"2001:db8::7": auth.ErrUnavailable, "2001:db8:0:1::7": auth.ErrInvalid, "192.0.2.1": auth.ErrInvalid} {
			if err := verify(from); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", from, err, want)
			}
		}
		release()
		if err := verify("2001:db8::7"); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("afterwards: %v", err)
		}
		if _, err := w.a.Verify(t.Context(), accounts.NewKey()); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("of nobody knows where: %v", err)
		}
	})
}

// FuzzAPIKey: no text makes the reader of keys fail, and nothing has the form of a key
// that is changed.
func FuzzAPIKey(f *testing.F) {
	f.Add(accounts.NewKey(), 5, byte(1))
	f.Add("pl_", 0, byte(0))
	f.Fuzz(func(t *testing.T, token string, at int, change byte) {
		if !accounts.LooksRight(token) || change == 0 {
			return
		}
		changed := []byte(token)
		changed[(at%len(changed)+len(changed))%len(changed)] ^= change
		if accounts.LooksRight(string(changed)) {
			t.Errorf("%q and %q", token, changed)
		}
	})
}

// TestA9Keys is case A-9 for API keys: any change of the password or the address ends them,
// as it ends other sessions. Signing out does not.
func TestA9Keys(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		_, token := w.signUp()
		key := func() string {
			w.t.Helper()
			k := w.key(token, selfScope).str("key")
			w.keyAlive("fresh", k)
			return k
		}
		k := key()
		w.must(204, w.do("POST /logout?scope=others", token, ""))
		w.keyAlive("after signing out elsewhere", k)
		w.must(200, w.do("PUT /user", token, `{"password":"a better password","current_password":"a good password"}`))
		w.keyDead("after a change of the password", k)

		k = key()
		w.mails()
		w.must(200, w.do("POST /recover", "", `{"email":"ann@example.org"}`))
		digits := w.mail(accounts.MailRecovery, "ann@example.org").values["code"]
		reset := w.must(200, w.do("POST /verify", "", fmt.Sprintf(`{"type":"recovery","email":"ann@example.org","token":%q}`, digits)))
		w.keyAlive("before the new password", k)
		token = reset.str("access_token")
		w.must(200, w.do("PUT /user", token, `{"password":"the best password"}`))
		w.keyDead("after a reset", k)
	})
}
