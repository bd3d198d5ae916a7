package main

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/captcha"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/middleware"
)

//go:embed templates
var templates embed.FS

// Settings are those of this application.
type Settings struct {
	Team    string           // e-mail address that gets a mail for each message
	Captcha *captcha.Captcha // nil accepts every form, for development
}

// contact is the application.
type contact struct {
	app      *plinth.App
	site     *web.Site
	settings Settings
	limiter  middleware.Limiter
}

// mails returns the templates of mails.
func mails() fs.FS {
	files, err := fs.Sub(templates, "templates/mails")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}

// newContact returns the application, for main and for tests. The mails of the configuration
// must be those of mails.
func newContact(ctx context.Context, config plinth.Config, settings Settings) (*contact, error) {
	config.Accounts.Cookies = true
	config.Accounts.DisableSignup = true
	c := &contact{settings: settings}
	var err error
	if c.limiter, err = middleware.NewLimiter(middleware.LimiterOptions{}); err != nil {
		return nil, err
	}
	if c.site, err = web.New(web.Config{Name: "Northwind Bikes", Templates: templates, Frame: frame, Sources: c.sources(), Logger: config.Logger}); err != nil {
		return nil, err
	}
	if c.app, err = plinth.New(ctx, config); err != nil {
		return nil, err
	}
	c.app.Migrations(schema())
	c.app.Add(resources()...)
	c.app.Prepare(func(ctx context.Context) error {
		return c.app.Accounts().SaveRole(ctx, accounts.Role{Name: teamRole, Description: "reads and answers messages"})
	})
	return c, c.routes()
}

// routes registers the pages.
func (c *contact) routes() error {
	page := c.site.Handle
	r := c.app.Router()
	r.Handle("/static/*", c.site.Static())
	r.NotFound(c.site.NotFound)
	r.Get("/", page(c.showForm))
	r.Post("/", page(c.submit))
	r.Get("/thanks", page(c.thanks))
	r.Get("/status", page(c.status))
	r.Get("/sign-in", page(c.showSignIn))
	r.Post("/sign-in", page(c.signIn))
	r.Post("/sign-out", page(c.signOut))

	requireTeam, err := middleware.RequireRole(teamRole, middleware.RequireOptions{Refuse: c.refuse})
	if err != nil {
		return err
	}
	team := r.With(requireTeam)
	team.Get("/inbox", page(c.inbox))
	team.Get("/inbox.csv", page(c.export))
	team.Get("/messages/{id}", page(c.showMessage))
	team.Post("/messages/{id}/reply", page(c.reply))
	team.Post("/messages/{id}/notes", page(c.note))
	team.Post("/messages/{id}/assignee", page(c.assign))
	team.Post("/messages/{id}/state", page(c.setState))
	team.Get("/deliveries", page(c.deliveries))
	team.Post("/deliveries/{id}/retry", page(c.retry))
	return nil
}

// refuse sends visitors of pages of the team to the sign-in. A form is answered by an error, so
// that a reply is not lost with the session of its author.
func (c *contact) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if auth.FromContext(r.Context()).SignedIn() {
		c.site.Error(w, r, &web.StatusError{Status: http.StatusForbidden, Text: "Your account does not belong to the team."})
		return
	}
	if r.Method != http.MethodGet {
		c.site.Error(w, r, &web.StatusError{Status: http.StatusUnauthorized, Text: "You are signed out. Sign in in another tab, then reload this page to send what you wrote."})
		return
	}
	http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}

// frame returns the links of a page.
func frame(r *http.Request) web.Frame {
	who := auth.FromContext(r.Context())
	if !who.SignedIn() {
		return web.Frame{Links: []web.Link{{Text: "Contact", URL: "/"}, {Text: "Team", URL: "/sign-in"}}}
	}
	email, _ := who.Claims["email"].(string)
	return web.Frame{User: cmp.Or(email, "Signed in"), Links: []web.Link{
		{Text: "Inbox", URL: "/inbox"}, {Text: "Deliveries", URL: "/deliveries"}, {Text: "Contact", URL: "/"},
	}}
}

// sources are what the captcha adds to the Content-Security-Policy.
func (c *contact) sources() map[string]string {
	sources := map[string]string{}
	if c.settings.Captcha != nil {
		for _, directive := range strings.Fields("script-src frame-src style-src connect-src") {
			sources[directive] = c.settings.Captcha.Widget().Origins
		}
	}
	return sources
}
