package main

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

//go:embed templates
var templates embed.FS

// pages are the pages for customers and staff. What they show they read in the scope of the
// caller, so the policies of the REST API hold for them too.
type pages struct {
	*bank
	*web.Site
}

// addPages adds the routes of the pages to the application.
func (b *bank) addPages() error {
	site, err := web.New(web.Config{Name: "Amsel Bank", Templates: templates, Frame: frame, Sources: map[string]string{"img-src": "data:"}})
	if err != nil {
		return err
	}
	p := &pages{b, site}
	r := b.app.Router()
	r.NotFound(p.NotFound)
	r.Handle("/static/*", p.Static())
	r.Get("/sign-in", p.Handle(p.signInForm))
	r.Post("/sign-in", p.Handle(p.signIn))
	customer, staffOnly := r.With(p.signedIn), r.With(p.signedIn, p.staffOnly)
	for _, route := range []struct {
		router       chi.Router
		method, path string
		handler      func(http.ResponseWriter, *http.Request) error
	}{
		{customer, "GET", "/sign-in/code", p.codeForm},
		{customer, "POST", "/sign-in/code", p.code},
		{customer, "POST", "/sign-out", p.signOut},
		{customer, "GET", "/", p.overview},
		{customer, "GET", "/accounts/{id}", p.statement},
		{customer, "GET", "/accounts/{id}/statement.csv", p.statementCSV},
		{customer, "GET", "/payees", p.payees},
		{customer, "POST", "/payees", p.addPayee},
		{customer, "POST", "/payees/{id}/remove", p.removePayee},
		{customer, "GET", "/transfer", p.enterTransfer},
		{customer, "POST", "/transfer", p.reviewTransfer},
		{customer, "POST", "/transfer/confirm", p.confirmTransfer},
		{customer, "GET", "/transfers/{id}", p.receipt},
		{customer, "GET", "/scheduled", p.scheduled},
		{customer, "POST", "/scheduled", p.addSchedule},
		{customer, "POST", "/scheduled/{id}/remove", p.removeSchedule},
		{customer, "GET", "/limits", p.limits},
		{customer, "POST", "/limits", p.setLimit},
		{customer, "GET", "/security", p.security},
		{customer, "POST", "/security/factors", p.addFactor},
		{customer, "POST", "/security/factors/{id}/verify", p.verifyFactor},
		{customer, "POST", "/security/factors/{id}/remove", p.removeFactor},
		{customer, "POST", "/security/sessions/{id}/end", p.endSession},
		{staffOnly, "GET", "/staff", p.staffAccounts},
		{staffOnly, "GET", "/staff/audit", p.staffAudit},
		{staffOnly, "POST", "/staff/transfers/{id}/reverse", p.staffReverse},
	} {
		route.router.Method(route.method, route.path, p.Handle(route.handler))
	}
	return nil
}

type customerKey struct{}

// customerOf returns the customer who makes a request, nil before the login.
func customerOf(ctx context.Context) *Customer {
	c, _ := ctx.Value(customerKey{}).(*Customer)
	return c
}

// signedIn reads the customer of a request. Without one it leads to the login, and from there
// back to the page.
func (p *pages) signedIn(next http.Handler) http.Handler {
	return p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		id, err := callerID(r.Context())
		if err != nil {
			switch {
			case r.Method != http.MethodGet:
				return p.Redirect(w, r, "/sign-in", "Your session is over. Please sign in again.")
			case r.URL.Path == "/":
				return p.Redirect(w, r, "/sign-in", "")
			}
			return p.Redirect(w, r, withNext("/sign-in", r.URL.RequestURI()), "")
		}
		c, err := store.For[Customer](p.app.DB()).Get(r.Context(), id)
		if err != nil {
			return err
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), customerKey{}, c)))
		return nil
	})
}

// staffOnly rejects everyone but staff with a second factor.
func (p *pages) staffOnly(next http.Handler) http.Handler {
	return p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		switch caller := auth.FromContext(r.Context()); {
		case !caller.HasRole(staffRole):
			return store.ErrDenied
		case caller.AAL < 2:
			next := "/staff"
			if r.Method == http.MethodGet {
				next = r.URL.RequestURI()
			}
			return p.Redirect(w, r, withNext("/sign-in/code", next), "")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// frame is the navigation of the caller.
func frame(r *http.Request) web.Frame {
	c := customerOf(r.Context())
	if c == nil {
		return web.Frame{}
	}
	links := []web.Link{
		{Text: "Overview", URL: "/"},
		{Text: "Transfer", URL: "/transfer"},
		{Text: "Scheduled", URL: "/scheduled"},
		{Text: "Payees", URL: "/payees"},
		{Text: "Limits", URL: "/limits"},
		{Text: "Security", URL: "/security"},
	}
	if auth.FromContext(r.Context()).HasRole(staffRole) {
		links = append(links, web.Link{Text: "Staff", URL: "/staff"}, web.Link{Text: "Audit", URL: "/staff/audit"})
	}
	return web.Frame{Links: links, User: c.Name}
}

// scoped returns the rows of a model that the caller of a request may see.
func scoped[T any](p *pages, r *http.Request) store.Repo[T] {
	return store.For[T](p.app.DB()).As(store.ScopeFrom(r.Context()))
}

// inTx runs a function in a transaction and puts the reason of a refusal at the field of the
// form. It reports whether the transaction committed.
func (p *pages) inTx(ctx context.Context, form *web.Form, fn func(ctx context.Context, tx *store.Tx) error) (bool, error) {
	err := p.app.DB().Tx(ctx, fn)
	refusal, ok := errors.AsType[*Refusal](err)
	switch {
	case ok && refusal.Field == "key": // a page of the history of the browser
		form.Values.Set("key", store.NewID().String())
		form.Fail("amount", "You have sent another transfer with this form. If you want this one too, go on.")
		return false, nil
	case ok:
		form.Fail(refusal.Field, refusal.Text)
		return false, nil
	case form.Reject(err):
		return false, nil
	}
	return err == nil, err
}

// idOf reads the ID in the path. One that cannot be read is of no row.
func idOf(r *http.Request) (store.ID, error) {
	id, err := store.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return id, store.ErrNotFound
	}
	return id, nil
}

// nextPage returns the page of this application that a request names, else the overview. Browsers
// read two slashes, and backslashes, as the beginning of another host.
func nextPage(r *http.Request) string {
	next := r.FormValue("next")
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/"
	}
	return u.RequestURI()
}

// withNext adds the page that comes after another one to its path.
func withNext(path, next string) string { return path + "?" + url.Values{"next": {next}}.Encode() }

// own returns the accounts of the caller, the oldest first. Staff may see others too.
func (p *pages) own(r *http.Request) ([]*Account, error) {
	return scoped[Account](p, r).List(r.Context(), store.Query{Where: store.Eq("owner_id", customerOf(r.Context()).ID)})
}
