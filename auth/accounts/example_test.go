package accounts_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Accounts in a program of one's own: plinth.App does the same.
func ExampleNew() {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close() // the end of the example
	a, err := accounts.New(db, accounts.Config{
		MasterKeys:  [][]byte{[]byte("32 random bytes from your secrets")},
		PublicURL:   "https://example.org/auth/v1",
		SiteURL:     "https://example.org",
		Autoconfirm: true, // for development: nobody has to read a mail
	})
	if err != nil {
		log.Fatal(err)
	}
	migrations, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := migrations.Up(ctx); err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.Handle("/auth/v1/", http.StripPrefix("/auth/v1", a))

	r := httptest.NewRequest(http.MethodPost, "/auth/v1/signup", strings.NewReader(`{"email":"ann@example.org","password":"a long and good one"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.Contains(w.Body.String(), `"access_token"`))
	// Output: 200 true
}

// gateway sends text messages by a provider with an address for it, as all have.
type gateway struct{ url, token string }

func (g gateway) SendSMS(ctx context.Context, to, _, _ string, values map[string]string) error {
	form := url.Values{"to": {to}, "text": {values["text"]}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+g.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() // nothing of it is needed
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("gateway: %s", answer.Status) // it is tried again
	}
	return nil
}

// Text messages by a provider's HTTP API.
func ExampleSMSSender() {
	provider := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.FormValue("to"), r.FormValue("text"))
	}))
	defer provider.Close()
	config := accounts.Config{SMS: gateway{provider.URL, "from your secrets"}} // and the rest
	err := config.SMS.SendSMS(context.Background(), "+4930123456", accounts.SMSLogin, "", map[string]string{"text": "123456 is your code"})
	fmt.Println(err)
	// Output:
	// +4930123456 123456 is your code
	// <nil>
}

// Passkeys in accounts: the party of package auth/passkey, in the form for keepers.
func ExamplePasskeys() {
	party, err := passkey.New(passkey.Config{RPID: "example.org", Name: "Example", Origins: []string{"https://example.org"}})
	if err != nil {
		log.Fatal(err)
	}
	config := accounts.Config{Passkeys: party.Plain()} // and the rest
	fmt.Println(config.Passkeys != nil)
	// Output: true
}
