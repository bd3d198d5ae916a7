package accounts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// FuzzVerify: whatever is sent to be verified is refused, and by no fault of ours.
func FuzzVerify(f *testing.F) {
	for _, body := range []string{
		`{"type":"signup","token_hash":"x"}`, `{"type":"email","email":"ann@example.org","token":"123456"}`, `{"type":"email_change","email":"a@b","token":"000000"}`,
		`{"type":"recovery","token_hash":"pkce_"}`, `{"type":"sms","phone":"+4930123456","token":"123456"}`, `{"type":"phone_change","phone":"x","token":"1"}`, `{"type":"x"}`, `{}`, `[]`, ``,
	} {
		f.Add(body, false)
	}
	f.Add("type=recovery&token=x&redirect_to=https%3A%2F%2Fevil.test", true)
	f.Add("type=email_change&token=pkce_&token=%00", true)
	f.Add("%zz", true)
	db := newSQLite(f)
	config := accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test",
		Limits: accounts.Limits{Guesses: accounts.Limit{Count: -1}, AddressGuesses: accounts.Limit{Count: -1}, AccountGuesses: -1},
		SMS:    new(mailbox),
	}
	a, err := accounts.New(db, config)
	if err != nil {
		f.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		f.Fatal(err)
	}
	if _, err := m.Up(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, form bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/verify", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		switch at := rec.Header().Get("Location"); {
		case rec.Code == http.StatusSeeOther && strings.HasPrefix(at, "https://example.test?error="):
		case rec.Code >= 400 && rec.Code < 500:
		default:
			t.Errorf("%q: %d %s %s", body, rec.Code, at, rec.Body)
		}
	})
}
