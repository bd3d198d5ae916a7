package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// signInData is the data of the pages of the login.
type signInData struct {
	Form   *web.Form
	Next   string
	Skip   string // page without a code
	StepUp int64  // cents
}

func (p *pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	return p.Page(w, r, "sign-in", signInData{Form: web.NewForm(nil), Next: nextPage(r)})
}

// signIn opens a session by password. A customer with a second factor is asked for it next.
func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("email", "The e-mail address", "password", "The password")
	if form.OK() {
		credentials := map[string]string{"email": form.Value("email"), "password": form.Values.Get("password")}
		var session struct{ User accountView }
		err := p.account(w, r, "POST", "/token?grant_type=password", credentials, &session)
		if err == nil {
			if session.User.verified() != nil {
				return p.Redirect(w, r, withNext("/sign-in/code", nextPage(r)), "")
			}
			return p.Redirect(w, r, nextPage(r), "")
		}
		if !rejected(form, "password", err) {
			return err
		}
	}
	return p.PageStatus(w, r, http.StatusUnprocessableEntity, "sign-in", signInData{Form: form, Next: nextPage(r)})
}

// codeForm asks for a code. A user without a second factor sets one up first.
func (p *pages) codeForm(w http.ResponseWriter, r *http.Request) error {
	var user accountView
	if err := p.account(w, r, "GET", "/user", nil, &user); err != nil {
		return err
	}
	if user.verified() == nil {
		return p.Redirect(w, r, "/security", "Set up a second factor first.")
	}
	return p.Page(w, r, "code", newCodeData(r, web.NewForm(nil)))
}

// newCodeData returns the data of the page that asks for a code. Pages of staff need one, so
// it cannot be left out on the way to them.
func newCodeData(r *http.Request, form *web.Form) signInData {
	data := signInData{Form: form, Next: nextPage(r), StepUp: stepUpAmount}
	if data.Skip = data.Next; strings.HasPrefix(data.Next, "/staff") {
		data.Skip = "/"
	}
	return data
}

// code raises the session by a code of the second factor.
func (p *pages) code(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	switch _, err := p.stepUp(w, r, form); {
	case err != nil:
		return err
	case form.OK():
		return p.Redirect(w, r, nextPage(r), "")
	}
	return p.PageStatus(w, r, http.StatusUnprocessableEntity, "code", newCodeData(r, form))
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := web.SignOut(p.app.Accounts(), w, r); err != nil {
		return err
	}
	return p.Redirect(w, r, "/sign-in", "You are signed out.")
}

// stepUp raises the session of a request by the field code of a form, and returns the context
// of the caller at level 2. A caller at level 2 needs no code.
func (p *pages) stepUp(w http.ResponseWriter, r *http.Request, form *web.Form) (context.Context, error) {
	caller := auth.FromContext(r.Context())
	if caller.AAL >= 2 {
		return r.Context(), nil
	}
	var user accountView
	if err := p.account(w, r, "GET", "/user", nil, &user); err != nil {
		return nil, err
	}
	factor := user.verified()
	if factor == nil {
		form.Fail("code", "Set up a second factor first, on the page Security.")
		return r.Context(), nil
	}
	if err := p.verify(w, r, factor.ID, form); err != nil || !form.OK() {
		return r.Context(), err
	}
	caller.AAL = 2
	return auth.WithPrincipal(r.Context(), caller), nil
}

// verify raises the session by a code of a factor. A wrong code is an error of the form.
func (p *pages) verify(w http.ResponseWriter, r *http.Request, factor store.ID, form *web.Form) error {
	form.Require("code", "The code")
	if !form.OK() {
		return nil
	}
	var challenge struct {
		ID string `json:"id"`
	}
	path := "/factors/" + factor.String()
	if err := p.account(w, r, "POST", path+"/challenge", nil, &challenge); err != nil {
		return err
	}
	code := strings.Join(strings.Fields(form.Value("code")), "")
	err := p.account(w, r, "POST", path+"/verify", map[string]string{"challenge_id": challenge.ID, "code": code}, nil)
	if rejected(form, "code", err) {
		return nil
	}
	return err
}

// accountView is a user as the accounts show it to them.
type accountView struct {
	Email   string       `json:"email"`
	Factors []factorView `json:"factors"`
}

// verified returns the first factor that was used once, nil if there is none.
func (u accountView) verified() *factorView {
	for i := range u.Factors {
		if u.Factors[i].Status == "verified" {
			return &u.Factors[i]
		}
	}
	return nil
}

// account calls the accounts on behalf of the browser.
func (p *pages) account(w http.ResponseWriter, r *http.Request, method, path string, in, out any) error {
	return p.app.Accounts().Call(w, r, method, path, in, out)
}

// accountTexts are texts for customers, by the code of the error.
var accountTexts = map[string]string{
	"invalid_credentials":           "The e-mail address or the password is wrong.",
	"mfa_verification_failed":       "This code is wrong. Enter the one that the app shows now; each is accepted once.",
	"mfa_challenge_expired":         "This took too long. Enter a new code.",
	"mfa_factor_name_conflict":      "You have a second factor with this name.",
	"reauthentication_needed":       "You signed in some time ago. Enter your password once more.",
	"insufficient_aal":              "Enter a code of your second factor first.",
	"over_request_rate_limit":       "These were too many attempts. Wait some minutes.",
	"too_many_enrolled_mfa_factors": "You have as many second factors as possible. Remove one first.",
}

// rejected puts the reason for which the accounts have rejected a request at a field.
func rejected(form *web.Form, field string, err error) bool {
	failed, ok := errors.AsType[*accounts.CallError](err)
	if !ok || failed.Status >= http.StatusInternalServerError {
		return false
	}
	form.Fail(field, cmp.Or(accountTexts[failed.Code], strings.TrimSuffix(failed.Message, ".")+"."))
	return true
}
