package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-7694ebf6/plinth/auth"
)

// A request passes the keys of client libraries, then a bearer token, then a
// cookie. What nobody recognises is anonymous.
func Example() {
	sessions := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		if token != "token-of-ada" {
			return auth.Principal{}, fmt.Errorf("no such session: %w", auth.ErrInvalid)
		}
		return auth.Principal{Kind: auth.User, ID: "ada"}, nil
	})
	publishable := auth.NewPublishableKey()
	keys, err := auth.NewKeyring(auth.Keys{
		Publishable: []string{publishable},
		Secret:      []string{auth.NewSecretKey()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	who := keys.Authenticator(auth.Chain(
		auth.Bearer(sessions),
		auth.Cookie("__Host-session", sessions, nil),
	))

	for _, bearer := range []string{"token-of-ada", publishable, "forged"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("apikey", publishable)
		r.Header.Set("Authorization", "Bearer "+bearer)
		fmt.Println(auth.Authenticate(who, r))
	}
	// Output:
	// user ada <nil>
	// anonymous <nil>
	// anonymous no such session: auth: invalid credential
}

// Tokens of two issuers: the IDs of the second are kept apart from those of the
// first.
func ExampleFirstOf() {
	own := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		if token != "own" {
			return auth.Principal{}, auth.ErrInvalid
		}
		return auth.Principal{Kind: auth.User, ID: "7"}, nil
	})
	partner := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		if token != "partner" {
			return auth.Principal{}, auth.ErrInvalid
		}
		return auth.Principal{Kind: auth.User, ID: "partner:7", Subject: "7"}, nil
	})
	both := auth.FirstOf(own, partner)
	for _, token := range []string{"own", "partner", "other"} {
		p, err := both.Verify(context.Background(), token)
		fmt.Println(p.ID, err)
	}
	// Output:
	// 7 <nil>
	// partner:7 <nil>
	//  auth: invalid credential
}

// API keys say which program calls: publishable ones nobody, secret ones a service.
func ExampleNewKeyring() {
	keys := auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	ring, err := auth.NewKeyring(keys)
	if err != nil {
		panic(err)
	}
	for _, key := range []string{keys.Publishable[0], keys.Secret[0], "other"} {
		p, err := ring.Verify(context.Background(), key)
		fmt.Println(p.Kind, err)
	}
	// Output:
	// anonymous <nil>
	// service <nil>
	// anonymous auth: unknown API key: auth: invalid credential
}

// An Authenticator of one's own, in ten lines: it knows callers by what a gateway in
// front has found out, on a port that nobody else reaches. It stands beside others in a
// Chain, or alone.
func ExampleAuthenticatorFunc() {
	gateway := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		switch name := r.Header.Values("X-Gateway-User"); {
		case len(name) == 0:
			return auth.Principal{}, nil // nothing of mine
		case len(name) > 1 || name[0] == "":
			return auth.Principal{}, fmt.Errorf("gateway: more than one user: %w", auth.ErrInvalid)
		default:
			return auth.Principal{Kind: auth.User, ID: name[0], Roles: r.Header.Values("X-Gateway-Role")}, nil
		}
	})
	for _, header := range []http.Header{
		{"X-Gateway-User": {"ada"}, "X-Gateway-Role": {"editor"}}, {}, {"X-Gateway-User": {"ada", "bob"}},
	} {
		p, err := auth.Authenticate(gateway, &http.Request{Header: header})
		fmt.Println(p, p.Roles, err)
	}
	// Output:
	// user ada [editor] <nil>
	// anonymous [] <nil>
	// anonymous [] gateway: more than one user: auth: invalid credential
}
