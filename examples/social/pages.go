package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

//go:embed templates static
var files embed.FS

// pages are the pages for members. What they show and write goes through the scope of the
// caller, so the policies of the REST API hold for them too.
type pages struct {
	*social
	*web.Site
}

// addPages adds the routes of the pages to the application.
func (s *social) addPages() error {
	site, err := web.New(web.Config{Name: "Hearth", Templates: files, Frame: frame})
	if err != nil {
		return err
	}
	p := &pages{s, site}
	r := s.app.Router()
	r.NotFound(p.NotFound)
	r.Handle("/static/*", p.Static())
	r.Get("/sign-in", p.Handle(p.signInForm))
	r.Post("/sign-in", p.Handle(p.signIn))
	member := r.With(p.signedIn)
	for route, handler := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /sign-out":                 p.signOut,
		"GET /":                          p.home,
		"POST /posts":                    p.addPost,
		"GET /posts/{id}":                p.thread,
		"POST /posts/{id}/like":          p.likePost,
		"POST /posts/{id}/comments":      p.addComment,
		"POST /posts/{id}/delete":        p.deletePost,
		"GET /people/{handle}":           p.profile,
		"GET /people/{handle}/{list}":    p.followList,
		"POST /people/{handle}/follow":   p.follow,
		"POST /people/{handle}/block":    p.block,
		"GET /notifications":             p.notifications,
		"POST /notifications/seen":       p.markSeen,
		"GET /search":                    p.search,
		"GET /settings":                  p.settings,
		"POST /settings":                 p.saveProfile,
		"POST /settings/blocks/{id}/end": p.endBlock,
	} {
		method, path, _ := strings.Cut(route, " ")
		member.Method(method, path, p.Handle(handler))
	}
	return nil
}

// reader is the member who makes a request, with the number of unseen notifications.
type reader struct {
	*Person
	Unread int64
}

type readerKey struct{}

func readerOf(ctx context.Context) *reader {
	me, _ := ctx.Value(readerKey{}).(*reader)
	return me
}

// signedIn reads the member of a request. Without one it leads to the login, and from there
// back to the page.
func (p *pages) signedIn(next http.Handler) http.Handler {
	return p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		id, err := callerID(r.Context())
		if err != nil {
			to := "/sign-in"
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				to += "?next=" + url.QueryEscape(r.URL.RequestURI())
			}
			return p.Redirect(w, r, to, "")
		}
		inbox, err := store.For[Inbox](p.app.DB()).First(r.Context(), store.Query{Where: store.Eq("id", id), With: []store.Embed{{Relation: "person"}}})
		if err != nil {
			return err
		}
		me := &reader{inbox.Person, inbox.Unread}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readerKey{}, me)))
		return nil
	})
}

// frame is the navigation of the reader.
func frame(r *http.Request) web.Frame {
	me := readerOf(r.Context())
	if me == nil {
		return web.Frame{}
	}
	news := "Notifications"
	if me.Unread > 0 {
		news = fmt.Sprintf("Notifications (%d)", me.Unread)
	}
	return web.Frame{User: me.Name, Links: []web.Link{
		{Text: "Home", URL: "/"},
		{Text: news, URL: "/notifications"},
		{Text: "Search", URL: "/search"},
		{Text: "Profile", URL: "/people/" + me.Handle},
		{Text: "Settings", URL: "/settings"},
	}}
}

// data is what templates get.
type data map[string]any

// show answers with a page for the reader.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name string, d data) error {
	d["Me"] = readerOf(r.Context())
	d["Here"] = r.URL.RequestURI()
	return p.PageStatus(w, r, status, name, d)
}

// scoped returns the rows of a model that the caller of a request may see.
func scoped[T any](p *pages, r *http.Request) store.Repo[T] {
	return store.For[T](p.app.DB()).As(store.ScopeFrom(r.Context()))
}

// idOf reads the ID in the path. One that cannot be read is of no row.
func idOf(r *http.Request) (store.ID, error) {
	id, err := store.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return id, store.ErrNotFound
	}
	return id, nil
}

// back goes to the page that a form names, else home.
func (p *pages) back(w http.ResponseWriter, r *http.Request, notice string) error {
	return p.Redirect(w, r, inside(r.FormValue("next")), notice)
}

// inside returns a path of this site, so that a form or link leads nowhere else.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

func (p *pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, "sign-in", data{"Form": web.NewForm(nil), "Next": inside(r.FormValue("next"))})
}

func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("email", "The e-mail address", "password", "The password")
	if form.OK() {
		err := web.SignIn(p.app.Accounts(), w, r, form.Value("email"), form.Values.Get("password"))
		failed, rejected := errors.AsType[*accounts.CallError](err)
		switch {
		case err == nil:
			return p.back(w, r, "")
		case !rejected || failed.Status >= http.StatusInternalServerError:
			return err
		}
		form.Fail("password", strings.TrimSuffix(failed.Message, ".")+".")
	}
	return p.show(w, r, http.StatusUnprocessableEntity, "sign-in", data{"Form": form, "Next": inside(r.FormValue("next"))})
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := web.SignOut(p.app.Accounts(), w, r); err != nil {
		return err
	}
	return p.Redirect(w, r, "/sign-in", "You are signed out.")
}
