package accounts_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Users log in with Google, or at the company's own provider. Each of them has to know
// PublicURL + "/callback/" + its name as a place to send browsers back to.
func ExampleConfig_providers() {
	google, err := oidc.New(oidc.Google("id.apps.googleusercontent.com", "secret"))
	if err != nil {
		log.Fatal(err)
	}
	company, err := oidc.New(oidc.Config{
		Name: "company", Issuer: "https://login.example.org", ClientID: "notes", ClientSecret: "secret",
		TrustEmail: []string{"example.org"}, // it makes sure of the addresses of its own
	})
	if err != nil {
		log.Fatal(err)
	}
	cfg := accounts.Config{
		MasterKeys:    [][]byte{[]byte("32 random bytes from your secrets")},
		PublicURL:     "https://notes.example.org/auth/v1",
		SiteURL:       "https://notes.example.org",
		Providers:     []accounts.Provider{google, company},
		ManualLinking: true,
	}
	fmt.Println(cfg.Validate())
	// Output: <nil>
}

// An API that serves the users of its accounts and the programs of a partner, who have
// access tokens of the partner's own issuer.
func ExampleConfig_verifiers() {
	partner, err := oidc.NewVerifier(oidc.VerifierConfig{Issuers: []oidc.Issuer{
		{Name: "partner", Issuer: "https://login.partner.example", Audience: "https://notes.example.org"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	db, err := sqlite.Open(context.Background(), ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close() // the end of the example
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("32 random bytes from your secrets")},
		PublicURL:  "https://notes.example.org/auth/v1",
		SiteURL:    "https://notes.example.org",
		Verifiers:  []auth.Verifier{partner},
	})
	if err != nil {
		log.Fatal(err)
	}
	// For api.Config.Authenticator, or a handler of one's own:
	handler := middleware.Must(middleware.Authenticate(a.Authenticator(), middleware.AuthenticateOptions{}))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello", auth.FromContext(r.Context()).ID) // "partner:" and the subject, or the id of a user
	}))
	fmt.Println(handler != nil)
	// Output: true
}
