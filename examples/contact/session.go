package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
)

func (c *contact) showSignIn(w http.ResponseWriter, r *http.Request) error {
	return c.site.Page(w, r, "sign-in", map[string]any{"Form": web.NewForm(url.Values{"next": {r.URL.Query().Get("next")}})})
}

// signIn opens a session of the accounts and goes to the page that asked for it.
func (c *contact) signIn(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("email", "The e-mail address", "password", "The password")
	status := http.StatusUnprocessableEntity
	if form.OK() {
		err := web.SignIn(c.app.Accounts(), w, r, form.Value("email"), form.Values.Get("password"))
		failed, rejected := errors.AsType[*accounts.CallError](err)
		switch {
		case err == nil:
			return c.site.Redirect(w, r, inside(form.Value("next")), "")
		case !rejected:
			return err
		}
		status = failed.Status
		form.Fail("email", failed.Message+".")
	}
	return c.site.PageStatus(w, r, status, "sign-in", map[string]any{"Form": form})
}

func (c *contact) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := web.SignOut(c.app.Accounts(), w, r); err != nil {
		if _, rejected := errors.AsType[*accounts.CallError](err); !rejected {
			return err
		}
	}
	return c.site.Redirect(w, r, "/sign-in", "You are signed out.")
}

// inside returns a path of this site, so that a link to the sign-in leads nowhere else.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/inbox"
	}
	return next
}
