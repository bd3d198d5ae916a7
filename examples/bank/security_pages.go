package main

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorView is a second factor as the accounts show it to its owner.
type factorView struct {
	ID        store.ID  `json:"id"`
	Name      string    `json:"friendly_name"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
}

// sessionView is a session as the accounts show it to its owner.
type sessionView struct {
	ID          store.ID  `json:"id"`
	RefreshedAt time.Time `json:"refreshed_at"`
	UserAgent   string    `json:"user_agent"`
	Address     string    `json:"address"`
	AAL         string    `json:"aal"`
	Current     bool      `json:"current"`
}

// Browser names the browser of a session.
func (s sessionView) Browser() string {
	first := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(s.UserAgent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := first("Firefox/", "Firefox", "Edg/", "Edge", "Chrome/", "Chrome", "Safari/", "Safari")
	system := first("Android", "Android", "iPhone", "iPhone", "Windows", "Windows", "Mac OS", "Mac", "Linux", "Linux")
	switch {
	case browser == "":
		return "Unknown browser"
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func (p *pages) security(w http.ResponseWriter, r *http.Request) error {
	return p.showSecurity(w, r, http.StatusOK, web.NewForm(nil))
}

// showSecurity shows the second factors and the sessions of the caller.
func (p *pages) showSecurity(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	var user accountView
	if err := p.account(w, r, "GET", "/user", nil, &user); err != nil {
		return err
	}
	var list struct {
		Sessions []sessionView `json:"sessions"`
	}
	if err := p.account(w, r, "GET", "/user/sessions", nil, &list); err != nil {
		return err
	}
	var factors []factorView // those that were used once
	for _, f := range user.Factors {
		if f.Status == "verified" {
			factors = append(factors, f)
		}
	}
	return p.PageStatus(w, r, status, "security", struct {
		Form     *web.Form
		Factors  []factorView
		Sessions []sessionView
		Level    int
		Pager    web.Pager
	}{form, factors, list.Sessions, auth.FromContext(r.Context()).AAL, web.Pager{}})
}

// enrollment is the data of the page on which an authenticator app is added. The form has
// the key as "secret" and its image as "image", so that the page can be shown again after a
// wrong code: the accounts show a key once.
type enrollment struct {
	Form *web.Form
	ID   store.ID
}

// QRCode returns the key as the URL of an image. Other URLs than those of images are left out.
func (e enrollment) QRCode() template.URL {
	image := e.Form.Value("image")
	if !strings.HasPrefix(image, svgURL) {
		return ""
	}
	return template.URL(image) //nolint:gosec // an image, in a form of this page
}

// svgURL is the beginning of URLs that are images.
const svgURL = "data:image/svg+xml;base64,"

// addFactor begins to add an authenticator app, with a code to be scanned.
func (p *pages) addFactor(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("name", "The name")
	if !form.OK() {
		return p.showSecurity(w, r, http.StatusUnprocessableEntity, form)
	}
	in := map[string]string{
		"friendly_name": form.Value("name"), "factor_type": "totp", "issuer": "Amsel Bank",
		"current_password": form.Values.Get("password"), // needed if the login is old
	}
	var added struct {
		ID   store.ID `json:"id"`
		TOTP struct {
			QRCode string `json:"qr_code"`
			Secret string `json:"secret"`
		} `json:"totp"`
	}
	switch err := p.account(w, r, "POST", "/factors", in, &added); {
	case rejected(form, factorField(err), err):
		return p.showSecurity(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	image := svgURL + base64.StdEncoding.EncodeToString([]byte(added.TOTP.QRCode))
	return p.Page(w, r, "factor", enrollment{web.NewForm(url.Values{"secret": {added.TOTP.Secret}, "image": {image}}), added.ID})
}

// verifyFactor ends it with the first code, which raises the session too.
func (p *pages) verifyFactor(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form := web.ReadForm(r)
	if err := p.verify(w, r, id, form); err != nil {
		return err
	}
	if !form.OK() {
		return p.PageStatus(w, r, http.StatusUnprocessableEntity, "factor", enrollment{form, id})
	}
	return p.Redirect(w, r, "/security", "Your second factor is set up.")
}

// factorField returns the field of the form of a new app at which an error is shown.
func factorField(err error) string {
	failed, ok := errors.AsType[*accounts.CallError](err)
	if ok && (failed.Code == "reauthentication_needed" || failed.Code == "invalid_credentials") {
		return "password"
	}
	return "name"
}

func (p *pages) removeFactor(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, "DELETE", "/factors/", "The second factor is removed.")
}

func (p *pages) endSession(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, "DELETE", "/user/sessions/", "The session is ended.")
}

// change calls the accounts for the row in the path. What they reject is shown on the page.
func (p *pages) change(w http.ResponseWriter, r *http.Request, method, path, notice string) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form := web.NewForm(nil)
	switch err := p.account(w, r, method, path+id.String(), nil, nil); {
	case rejected(form, "list", err):
		return p.showSecurity(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	return p.Redirect(w, r, "/security", notice)
}
