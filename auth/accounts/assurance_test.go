package accounts_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// letter is a resource whose rows are read by their owner and written by who has
// shown a second factor.
type letter struct {
	bun.BaseModel `bun:"table:letters"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Text    string   `bun:",notnull"`
}

// TestRulesAskForTwoFactors: a rule of a resource asks for level 2, and gets it from
// every second factor and from nothing else.
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
		byCode := w.must(200, w.do("POST /factors/recovery-codes/verify", late, `{"code":"`+codes[0].(string)+`"}`))
		if !may(byCode.str("access_token")) {
			t.Error("a recovery code is no second factor")
		}
	})
}
