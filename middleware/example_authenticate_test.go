package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// A part of the site is for editors with a second factor. Authenticate stands around
// everything and finds out who calls; what is required stands around that part.
func ExampleAuthenticate() {
	tokens := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		switch token {
		case "token-of-ada":
			return auth.Principal{Kind: auth.User, ID: "ada", Roles: []string{"editor"}, AAL: 2}, nil
		case "token-of-bob":
			return auth.Principal{Kind: auth.User, ID: "bob", Roles: []string{"editor"}, AAL: 1}, nil
		case "token-of-cem":
			return auth.Principal{Kind: auth.User, ID: "cem", AAL: 2}, nil
		}
		return auth.Principal{}, auth.ErrInvalid
	})
	var editors http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "hello, ", auth.FromContext(r.Context()).ID)
	})
	editors = middleware.Must(middleware.RequireAAL(2, middleware.RequireOptions{}))(editors)
	editors = middleware.Must(middleware.RequireRole("editor", middleware.RequireOptions{}))(editors)

	mux := http.NewServeMux()
	mux.Handle("/editors/", editors)
	site := middleware.Must(middleware.Authenticate(auth.Bearer(tokens), middleware.AuthenticateOptions{}))(mux)

	for _, token := range []string{"token-of-ada", "token-of-bob", "token-of-cem", "forged", ""} {
		r := httptest.NewRequest(http.MethodGet, "/editors/", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		fmt.Printf("%d by %q\n", w.Code, token)
	}
	// Output:
	// 200 by "token-of-ada"
	// 401 by "token-of-bob"
	// 403 by "token-of-cem"
	// 401 by "forged"
	// 401 by ""
}
