package accounts_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// letter is a resource with rows that are read by their owner and written by who has
// shown a second factor.
type letter struct {
	bun.BaseModel `bun:"table:letters"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Text    string   `bun:",notnull"`
}

// TestRulesAskForTwoFactors: a rule of a resource that requires level 2 accepts every
// second factor and nothing else.
func TestRulesAskForTwoFactors(t *testing.T) {
	engines(t, withPasskeys, func(t *testing.T, w *world) {
		a, err := api.New(w.db, api.Config{Authenticator: w.a.Authenticator(), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		policy := api.OwnedBy("owner_id")
		policy.Create = api.AllOf(api.SignedIn(), api.AAL(2))
		policy.Delete = api.AllOf(api.Owner("owner_id"), api.AAL(2))
		a.Add(api.Resource[letter]{Policy: policy})
		h, err := a.Handler()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), w.db); err != nil {
			t.Fatal(err)
		}
		send := func(token, method, target, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			if body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			return rec
		}
		may := func(token string) bool {
			t.Helper()
			made := send(token, http.MethodPost, "/letters", `{"text":"dear"}`)
			if made.Code != http.StatusCreated && made.Code != http.StatusForbidden {
				t.Errorf("POST: %d %s", made.Code, made.Body)
			}
			deleted := send(token, http.MethodDelete, "/letters?text=eq.dear", "")
			if deleted.Code != http.StatusForbidden && deleted.Code != http.StatusNoContent || (deleted.Code == http.StatusNoContent) != (made.Code == http.StatusCreated) {
				t.Errorf("DELETE: %d %s", deleted.Code, deleted.Body)
			}
			left := send(token, http.MethodGet, "/letters", "")
			if left.Code != http.StatusOK || strings.Contains(left.Body.String(), "dear") {
				t.Errorf("GET: %d %s", left.Code, left.Body)
			}
			return made.Code == http.StatusCreated
		}

		password := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		if may(password) {
			t.Error("a password is two factors")
		}
		p := w.enroll(password, "phone")
		in := w.must(200, w.verify(password, p, p.code(w, 0)))
		if !may(in.str("access_token")) {
			t.Error("an app is no second factor")
		}
		if may(password) {
			t.Error("the token of before has risen")
		}
		// What was written at level 2 is not deleted at level 1.
		send(in.str("access_token"), http.MethodPost, "/letters", `{"text":"dear"}`)
		w.advance(time.Minute)
		late := w.login().str("access_token")
		send(late, http.MethodDelete, "/letters?text=eq.dear", "")
		if got := send(late, http.MethodGet, "/letters", ""); !strings.Contains(got.Body.String(), "dear") {
			t.Errorf("deleted at level 1: %s", got.Body)
		}
		in = w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		send(in.str("access_token"), http.MethodDelete, "/letters?text=eq.dear", "")
		_, key := w.addPasskey(in.str("access_token"))
		if !may(w.must(200, w.passkeyLogin(key)).str("access_token")) {
			t.Error("a passkey is not two factors")
		}
		codes := w.must(200, w.do("POST /factors/recovery-codes", in.str("access_token"), "")).body["codes"].([]any)
		byCode := w.must(200, w.do("POST /factors/recovery-codes/verify", w.login().str("access_token"), `{"code":"`+codes[0].(string)+`"}`))
		if !may(byCode.str("access_token")) {
			t.Error("a recovery code is no second factor")
		}
	})
}

// TestReauthenticationForWaysIn: an old session can neither add nor remove a factor, a
// passkey or an identity unless it shows the password or a code from a mail. Each would
// outlast a stolen token.
func TestReauthenticationForWaysIn(t *testing.T) {
	providers(t, func(c *accounts.Config) { confirmed(c); withPasskeys(c) }, func(t *testing.T, w *world, f fakes) {
		young := w.account("ann@example.org")
		more := pkce + challengeOf(testVerifier)
		w.must(200, w.do("POST /factors", young, `{"factor_type":"totp","friendly_name":"young"}`))
		w.must(200, w.do("POST /passkeys/registration/options", young, "{}"))
		to := w.must(200, w.linkURL(young, "trusted", more)).str("url")
		b := w.tab()
		ada := userOf(w.must(200, b.exchange(b.open("/callback/trusted?"+f.trusted.Authorize(to).Encode(), nil), testVerifier)))
		w.mails()

		old := w.oldSession("ann@example.org")
		idToken := fmt.Sprintf(`{"provider":"other","link_identity":true,"id_token":%q}`, f.other.IDToken(nil))
		unlink := "DELETE /user/identities/" + identityID(ada, "trusted")
		app := `{"factor_type":"totp","friendly_name":"old"}`
		for _, line := range [][2]string{
			{"POST /factors", app},
			{"POST /passkeys/registration/options", "{}"},
			{"POST /passkeys/registration/options", ""},
			{unlink, ""},
			{"GET /user/identities/authorize?skip_http_redirect=true&provider=other" + more, ""},
			{"POST /token?grant_type=id_token", idToken},
		} {
			w.refused(400, "reauthentication_needed", w.do(line[0], old, line[1]))
		}
		w.refused(400, "invalid_credentials", w.do("POST /factors", old, member(app, "current_password", "not the password")))
		w.refused(400, "invalid_credentials", w.do("POST /passkeys/registration/options", old, `{"current_password":"not the password"}`))
		w.must(200, w.do("POST /factors", old, member(app, "current_password", "a good password")))
		w.must(200, w.do("POST /token?grant_type=id_token", old, member(idToken, "current_password", "a good password")))
		digits := func() string {
			w.advance(time.Minute)
			w.mails()
			w.must(200, w.do("GET /reauthenticate", old, ""))
			return w.mail(accounts.MailReauthentication, "ann@example.org").values["code"]
		}
		nonce := digits()
		w.must(200, w.linkURL(old, "other", more+"&nonce="+nonce))
		w.refused(422, "reauthentication_not_valid", w.linkURL(old, "other", more+"&nonce="+nonce))
		w.must(200, w.do(unlink+"?nonce="+digits(), old, ""))

		// Who has proved it at the beginning of a ceremony is not asked again at its end.
		asked := w.must(200, w.do("POST /passkeys/registration/options", old, `{"nonce":"`+digits()+`"}`))
		key := newAuthenticator(t)
		w.must(200, w.do("POST /passkeys/registration/verify", old,
			fmt.Sprintf(`{"challenge_id":%q,"credential":%s}`, asked.str("challenge_id"), key.creates(readOptions(t, asked.body["options"]), spoiled{}))))
		// From then on it is the second factor that is asked for, and no password beside it.
		w.refused(401, "insufficient_aal", w.do("POST /factors", old, member(app, "current_password", "a good password")))
		full := w.must(200, w.passkeyLogin(key))
		w.advance(25 * time.Hour)
		late := w.must(200, w.do(refreshLine, "", refreshBody(full.str("refresh_token")))).str("access_token")
		w.must(200, w.do("POST /factors", late, `{"factor_type":"totp","friendly_name":"late"}`))
	})
}

// TestReauthenticationWithoutMail: guests cannot reauthenticate and need not. A user
// without a password and an address logs in again the way they did before.
func TestReauthenticationWithoutMail(t *testing.T) {
	providers(t, func(c *accounts.Config) { confirmed(c); withPasskeys(c) }, func(t *testing.T, w *world, f fakes) {
		guest := w.must(200, w.do("POST /signup", "", "{}"))
		elsewhere := w.must(200, w.tab().session(f.other, "other"))
		w.advance(25 * time.Hour)
		refreshed := func(in *answer) string {
			return w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token")))).str("access_token")
		}
		more := pkce + challengeOf(testVerifier)
		w.must(200, w.linkURL(refreshed(guest), "trusted", more))
		w.refused(400, "reauthentication_needed", w.do("POST /passkeys/registration/options", refreshed(elsewhere), "{}"))
		again := w.must(200, w.tab().session(f.other, "other")).str("access_token")
		w.must(200, w.linkURL(again, "trusted", more))
		w.addPasskey(again)
	})
}
