package oidc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// A web application logs people in at a provider of its own choice. It keeps the login
// under way in a cookie.
func Example() {
	provider, err := oidc.New(oidc.Config{
		Name: "example", Issuer: "https://login.example.org", ClientID: "notes", ClientSecret: "from configuration",
		TrustEmail: []string{"example.org"},
	})
	if err != nil {
		log.Fatal(err)
	}
	const cookie = "__Host-login"
	http.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		to, flow, err := provider.Begin(r.Context(), auth.LoginOptions{RedirectURI: "https://notes.example/callback"})
		if err != nil {
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		}
		data, err := json.Marshal(flow)
		if err != nil {
			http.Error(w, "try again later", http.StatusInternalServerError)
			return
		}
		http.SetCookie(w, &http.Cookie{
			Name: cookie, Value: url.QueryEscape(string(data)), Path: "/", MaxAge: int(oidc.FlowLife.Seconds()),
			Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	http.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		var flow auth.Flow // the zero one finishes no login
		if kept, err := r.Cookie(cookie); err == nil {
			if data, err := url.QueryUnescape(kept.Value); err == nil {
				_ = json.Unmarshal([]byte(data), &flow) // as if there were none
			}
		}
		http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true})
		who, _, err := provider.Finish(r.Context(), flow, r.URL.Query())
		if err != nil {
			http.Error(w, "the login did not work", http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprintln(w, "hello", who.Subject)
	})
	fmt.Println(provider)
	// Output: oidc.Provider("example" "https://login.example.org")
}

func ExampleGoogle() {
	provider, err := oidc.New(oidc.Google("id.apps.googleusercontent.com", "secret"))
	fmt.Println(provider, err)
	// Output: oidc.Provider("google" "https://accounts.google.com") <nil>
}

// The users of one's own directory, and no others.
func ExampleMicrosoft() {
	provider, err := oidc.New(oidc.Microsoft("11111111-2222-3333-4444-555555555555", "id", "secret"))
	fmt.Println(provider, err)
	// Output: oidc.Provider("microsoft" "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0") <nil>
}

func ExampleApple() {
	_, err := oidc.Apple("com.example.notes", "TEAM123456", "KEY1234567", []byte("the content of AuthKey_KEY1234567.p8"))
	fmt.Println(err)
	// Output: auth/oidc: the key of Apple is not PEM
}

// Whoever runs a GitLab decides which of its addresses to believe.
func ExampleGitLab() {
	config := oidc.GitLab("https://git.example.org", "id", "secret")
	config.TrustEmail = []string{"example.org"}
	provider, err := oidc.New(config)
	fmt.Println(provider, err)
	// Output: oidc.Provider("gitlab" "https://git.example.org") <nil>
}

func ExampleGitHub() {
	provider, err := oidc.New(oidc.GitHub("id", "secret"))
	if err != nil {
		log.Fatal(err)
	}
	to, _, err := provider.Begin(context.Background(), auth.LoginOptions{RedirectURI: "https://notes.example/callback"})
	if err != nil {
		log.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Host, u.Path, u.Query().Get("scope"))
	// Output: github.com /login/oauth/authorize read:user user:email
}

// An API accepts the access tokens of two issuers.
func ExampleNewVerifier() {
	tokens, err := oidc.NewVerifier(oidc.VerifierConfig{Issuers: []oidc.Issuer{
		{Name: "staff", Issuer: "https://login.example.org", Audience: "https://api.example.org", TrustRoles: true},
		{Name: "partner", Issuer: "https://login.partner.example", Audience: "https://api.example.org"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	who := auth.Bearer(tokens)
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer e30.e30.e30")
	_, err = who.Authenticate(r)
	fmt.Println(err)
	// Output: auth/oidc: tokens of the issuer are not accepted: auth: invalid credential
}
