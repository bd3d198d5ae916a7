package web

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

//go:embed templates static
var own embed.FS

// Config describes the pages of an application.
type Config struct {
	// Name is shown on top of each page and in its title.
	Name string

	// Templates has a folder templates with the pages, and may have a folder static with
	// further files.
	Templates fs.FS

	// Frame returns what stands around a page for the caller of a request. Nil is nothing.
	Frame func(r *http.Request) Frame

	// Sources are further sources of the Content-Security-Policy, by directive, such as
	// "script-src": "https://challenges.example". They are added to those of [plinth.PagePolicy].
	Sources map[string]string

	// Logger gets errors that are answered with 500. Nil is [slog.Default].
	Logger *slog.Logger
}

// Frame is what stands around a page: its links, and the name of the signed-in user.
type Frame struct {
	Links []Link
	User  string
}

// Link is a link in the navigation.
type Link struct{ Text, URL string }

// View is the dot of templates.
type View struct {
	Site   string // name of the application
	Path   string // of the request
	Notice string // what the previous request has done, see [Site.Redirect]
	Frame  Frame
	Locale Locale
	Data   any
}

// Site renders the pages of an application. Make one with [New]; it is safe for concurrent
// use.
type Site struct {
	config Config
	pages  map[string]*template.Template
	static http.Handler
	policy string
}

// New reads the templates. The error names a template with a mistake.
func New(config Config) (*Site, error) {
	s := &Site{config: config, pages: map[string]*template.Template{}, policy: policy(config.Sources)}
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	layout := template.New("").Funcs(functions).Funcs(template.FuncMap{
		"asset": func(name string) string { return "/static" + files(name) },
	})
	if _, err := layout.ParseFS(own, "templates/layout.html"); err != nil {
		return nil, err
	}
	if err := s.parse(layout, own); err != nil {
		return nil, err
	}
	return s, s.parse(layout, config.Templates)
}

// files makes the handler of the static files and returns the function for their URLs.
func (s *Site) files() (url func(name string) string, err error) {
	shared, err := fs.Sub(own, "static")
	if err != nil {
		return nil, err
	}
	common, err := plinth.Static(shared)
	if err != nil {
		return nil, err
	}
	s.static = http.StripPrefix("/static", common)
	if _, err := fs.Stat(s.config.Templates, "static"); err != nil {
		return common.URL, nil //nolint:nilerr // the application has no files
	}
	folder, err := fs.Sub(s.config.Templates, "static")
	if err != nil {
		return nil, err
	}
	special, err := plinth.Static(folder)
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		_, err := fs.Stat(folder, strings.TrimPrefix(name, "/"))
		return err == nil
	}
	s.static = http.StripPrefix("/static", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if has(path.Clean(r.URL.Path)) {
			special.ServeHTTP(w, r)
			return
		}
		common.ServeHTTP(w, r)
	}))
	return func(name string) string {
		if has(name) {
			return special.URL(name)
		}
		return common.URL(name)
	}, nil
}

// parse makes a page of each template of a file system.
func (s *Site) parse(layout *template.Template, files fs.FS) error {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if page == "layout" || page == "parts" {
			continue
		}
		t, err := layout.Clone()
		if err != nil {
			return err
		}
		if slices.Contains(names, "templates/parts.html") {
			if t, err = t.ParseFS(files, "templates/parts.html"); err != nil {
				return err
			}
		}
		if s.pages[page], err = t.ParseFS(files, name); err != nil {
			return err
		}
	}
	return nil
}

// policy adds sources to the policy of pages.
func policy(sources map[string]string) string {
	text := plinth.PagePolicy
	for _, directive := range []string{"connect-src", "font-src", "frame-src", "img-src", "script-src", "style-src"} {
		if more := sources[directive]; more != "" {
			text += "; " + directive + " 'self' " + more
		}
	}
	return text
}

// Static serves the shared stylesheet and the application's own files below /static.
func (s *Site) Static() http.Handler { return s.static }

// Page answers with a page and status 200.
func (s *Site) Page(w http.ResponseWriter, r *http.Request, name string, data any) error {
	return s.PageStatus(w, r, http.StatusOK, name, data)
}

// PageStatus answers with a page. If the template fails nothing is written, and the error is
// returned.
func (s *Site) PageStatus(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	page := s.pages[name]
	if page == nil {
		return fmt.Errorf("web: no template %q", name)
	}
	view := View{Site: s.config.Name, Path: r.URL.Path, Locale: LocaleOf(r), Data: data}
	if s.config.Frame != nil {
		view.Frame = s.config.Frame(r)
	}
	if c, err := r.Cookie(noticeCookie); err == nil {
		view.Notice, _ = url.QueryUnescape(c.Value)
		http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1})
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "layout", view); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_, err := w.Write(out.Bytes())
	return err
}

// noticeCookie has the notice of a redirect.
const noticeCookie = "notice"

// Redirect sends the browser to a page after a form was accepted. The page shows the notice
// once.
func (s *Site) Redirect(w http.ResponseWriter, r *http.Request, to, notice string) error {
	if notice != "" {
		http.SetCookie(w, &http.Cookie{Name: noticeCookie, Value: url.QueryEscape(notice), Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Handle returns a handler that answers errors with pages, see [Site.Error].
func (s *Site) Handle(handler func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := handler(w, r); err != nil {
			s.Error(w, r, err)
		}
	}
}

// errorData is the data of the page of an error.
type errorData struct {
	Title, Text, Request string
	Retry                bool // the same request may work later
}

// Error answers with the page of an error. Errors of the store have their status, a
// [StatusError] its own; any other is logged and answered with 500.
func (s *Site) Error(w http.ResponseWriter, r *http.Request, err error) {
	status, text := explain(err)
	if status == http.StatusInternalServerError {
		cmp.Or(s.config.Logger, slog.Default()).ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
	}
	data := errorData{http.StatusText(status), text, middleware.RequestIDFrom(r.Context()), status >= 500 || status == http.StatusTooManyRequests || status == http.StatusConflict}
	if err := s.PageStatus(w, r, status, "error", data); err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}

// NotFound answers with the page of a URL that does not exist, for a router.
func (s *Site) NotFound(w http.ResponseWriter, r *http.Request) {
	s.Error(w, r, &StatusError{Status: http.StatusNotFound, Text: "There is no such page."})
}
