package web_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

var templates = fstest.MapFS{
	"static/note.txt":      {Data: []byte("a note")},
	"templates/parts.html": {Data: []byte(`{{define "row"}}<li>{{.}}</li>{{end}}`)},
	"templates/order.html": {Data: []byte(`{{define "title"}}Order{{end}}{{define "main"}}<h1>Order</h1>
		<form method="post" action="/order" novalidate class="narrow stack">{{template "problems" .Data.Form}}
		{{template "field" (field .Data.Form "email" "E-mail address" "email" (hint "We answer there.") (autocomplete "email") (required))}}
		{{template "field" (field .Data.Form "kind" "Kind" "select" .Data.Kinds)}}
		{{template "field" (field .Data.Form "text" "Text" "textarea")}}
		<button class="primary">Send</button></form>
		<ul class="list">{{range .Data.Rows}}{{template "row" .}}{{else}}{{end}}</ul>
		{{template "pager" .Data.Pager}}
		<p>{{$.Locale.Money 123456 "EUR"}}, {{template "time" ($.Locale.Time .Data.At)}}, <a href="{{asset "note.txt"}}">Note</a></p>{{end}}`)},
	"templates/broken.html": {Data: []byte(`{{define "main"}}{{.Data.Missing}}{{end}}`)},
}

type order struct {
	Form  *web.Form
	Kinds []web.Option
	Rows  []string
	Pager web.Pager
	At    time.Time
}

// newServer serves a form.
func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	site, err := web.New(web.Config{
		Name: "Shop", Templates: templates, Sources: map[string]string{"frame-src": "https://captcha.example"},
		Frame: func(*http.Request) web.Frame {
			return web.Frame{Links: []web.Link{{"Order", "/order"}}, User: "ann@example.org"}
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", site.Static())
	show := func(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
		return site.PageStatus(w, r, status, "order", order{
			form, []web.Option{{"a", "Apples"}, {"b", "Pears"}}, []string{"<b>one</b>"}, web.NewPager(r, "next page"), time.Date(2026, 3, 9, 14, 5, 0, 0, time.UTC),
		})
	}
	mux.HandleFunc("GET /order", site.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return show(w, r, http.StatusOK, web.NewForm(nil))
	}))
	mux.HandleFunc("POST /order", site.Handle(func(w http.ResponseWriter, r *http.Request) error {
		form := web.ReadForm(r)
		form.Require("text", "A text")
		if !strings.Contains(form.Value("email"), "@") {
			form.Reject(&store.ValidationError{Fields: []store.FieldError{{Column: "email", Text: "must be an e-mail address"}}})
		}
		if !form.OK() {
			return show(w, r, http.StatusUnprocessableEntity, form)
		}
		return site.Redirect(w, r, "/order", "Thank you; "+form.Value("kind"))
	}))
	for path, err := range map[string]error{
		"/missing": store.ErrNotFound, "/denied": fmt.Errorf("read: %w", store.ErrDenied), "/stale": store.ErrStale, "/busy": store.ErrBusy,
		"/cursor":  &fault.QueryError{Kind: fault.QueryBadCursor},
		"/limited": &web.StatusError{Status: http.StatusTooManyRequests, Text: "Wait a minute."}, "/failed": errors.New("secret cause"),
	} {
		mux.HandleFunc(path, site.Handle(func(http.ResponseWriter, *http.Request) error { return err }))
	}
	mux.HandleFunc("/broken", site.Handle(func(w http.ResponseWriter, r *http.Request) error { return site.Page(w, r, "broken", 1) }))
	mux.HandleFunc("/", site.NotFound)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// get returns the answer to a request, with pairs of headers.
func get(t *testing.T, target string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	var body strings.Builder
	if err := res.Write(&body); err != nil {
		t.Fatal(err)
	}
	return res, body.String()
}

func wantTexts(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("no %s in %s", text, body)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	_, body := get(t, server.URL+"/order?kind=a&after=x", "Accept-Language", "de-DE,de;q=0.9", "Cookie", "zone=Europe/Berlin")
	wantTexts(t, body, "1.234,56\u00a0€", "09.03.2026, 15:05<", "&lt;b&gt;one", `aria-current="page"`, `href="/order?after=next&#43;page&amp;kind=a"`,
		"default-src 'self'", "frame-src 'self' https://captcha.example", "ann@example.org", `autocomplete="email"`)
	_, body = get(t, server.URL+"/order", "Accept-Language", "xx", "Cookie", "zone=../../etc/passwd")
	wantTexts(t, body, "€1,234.56", "Mar 9, 2026, 2:05")
	wantTexts(t, body, "UTC<")
}

func TestForm(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	post := func(values url.Values) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/order", strings.NewReader(values.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return do(t, r)
	}
	res, body := post(url.Values{"email": {`ann"<`}, "kind": {"b"}, "text": {" "}})
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", res.StatusCode)
	}
	wantTexts(t, body, `value="ann&#34;&lt;"`, `<option value="b" selected>`, `<a href="#email">This must be an e-mail address.</a>`,
		`aria-invalid="true" aria-describedby="email-hint email-error"`, "A text is missing.")
	res, _ = post(url.Values{"email": {"ann@example.org"}, "kind": {"b"}, "text": {"Hi"}})
	notice := res.Cookies()[0]
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/order" || !notice.HttpOnly {
		t.Errorf("%d to %q, %v", res.StatusCode, res.Header.Get("Location"), notice)
	}
	res, body = get(t, server.URL+"/order", "Cookie", notice.Name+"="+notice.Value)
	wantTexts(t, body, `role="status">Thank you; b<`)
	if again := res.Cookies()[0]; again.MaxAge >= 0 {
		t.Errorf("the notice stays: %v", again)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/missing": {404, "does not exist"}, "/denied": {403, "may not do this"}, "/stale": {409, "same time"}, "/busy": {503, "too much to do"}, "/cursor": {400, "no such page"}, "/limited": {429, "Wait a minute."},
		"/failed": {500, "our mistake"}, "/broken": {500, "our mistake"}, "/nowhere": {404, "no such page"},
	} {
		res, body := get(t, server.URL+path)
		if res.StatusCode != want.status || strings.Contains(body, "secret cause") {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		wantTexts(t, body, want.text, "the first page")
		if got := strings.Contains(body, "Try again"); got != (want.status >= 409) {
			t.Errorf("%s: offers to try again: %t", path, got)
		}
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	_, page := get(t, server.URL+"/order")
	_, rest, _ := strings.Cut(page, `<link rel="stylesheet" href="`)
	href, _, _ := strings.Cut(rest, `"`)
	res, body := get(t, server.URL+href)
	if !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", href, res.StatusCode, res.Header)
	}
	wantTexts(t, body, "prefers-color-scheme", "text/css")
	if lines := strings.Count(body, "\n"); lines > 500 {
		t.Errorf("the stylesheet has %d lines, at most 500", lines)
	}
	_, body = get(t, server.URL+"/static/note.txt")
	wantTexts(t, body, "a note")
}

func TestMoney(t *testing.T) {
	t.Parallel()
	l := web.LocaleOf(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	for want, minor := range map[string]int64{"€90,071,992,547,409.91": 9007199254740991, "€0.01": 1, "€0.29": 29, "-€1.15": -115, "€0.00": 0} {
		if got := l.Money(minor, "EUR"); got != want {
			t.Errorf("%d is %s, want %s", minor, got, want)
		}
	}
	if got := l.Money(1500, "JPY"); got != "¥1,500" {
		t.Errorf("yen: %s", got)
	}
	if got := l.Number(1234567); got != "1,234,567" {
		t.Errorf("number: %s", got)
	}
	if got := l.Time(time.Time{}); got.Text != "" {
		t.Errorf("no time: %v", got)
	}
}

// TestInBrowser sends the form by the keyboard and checks all pages.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	page := browsertest.Start(t).NewPage(t)
	page.Visit(server.URL + "/order")
	page.Press("Send")
	page.See("A text is missing.")
	page.Check("web-form")
	page.Write("E-mail address", "ann@example.org")
	page.Choose("Kind", "Pears")
	page.Write("Text", "Hello")
	page.Press("Send")
	page.See("Thank you; b")
	page.Check("web-list")
	page.Visit(server.URL + "/missing")
	page.See("does not exist")
	page.Check("web-error")
}
