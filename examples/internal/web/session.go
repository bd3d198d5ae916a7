package web

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// SignIn opens a session by e-mail address and password and sets its cookie.
func SignIn(a *accounts.Accounts, w http.ResponseWriter, r *http.Request, email, password string) error {
	credentials := map[string]string{"email": email, "password": password}
	return a.Call(w, r, http.MethodPost, "/token?grant_type=password", credentials, nil)
}

// SignOut ends the session of the cookie and removes the cookie.
func SignOut(a *accounts.Accounts, w http.ResponseWriter, r *http.Request) error {
	return a.Call(w, r, http.MethodPost, "/logout?scope=local", nil, nil)
}
