package accounts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// hostile are addresses that look as if they led somewhere allowed, to some reader.
var hostile = []string{
	"//evil.test", `/\evil.test`, `\\evil.test`, "https:evil.test", "https:/evil.test", "https:///evil.test", "javascript:alert(1)", "JavaScript:alert(1)",
	"java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "https://ok.test@evil.test", "https://ok.test:x@evil.test/", "https://ok.test.evil.test",
	"https://ok.testevil.test/", "https://evil.test/https://ok.test/", "https://evil.test?https://ok.test/", "https://evil.test#https://ok.test/",
	"https://ok.test/app/%0d%0aLocation:https://evil.test", "https://ok.test/app\r\nLocation: https://evil.test", "https://ok.test/app/..;/x",
	"https://ok.test/app/../admin", "https://ok.test/app/%2e%2e/admin", "https://ok.test/app/%2E%2E%2Fadmin", "https://ok.test/app/.%2e/admin",
	`https://ok.test/app/..\admin`, "https://ok.test/app/%5c..%5cadmin", "https://ok.test/application", "https://ok.test/", "https://ok.test",
	"http://ok.test/app/x", "HTTPS://OK.TEST/app/x", "https://OK.test/app/x", "https://ok.test:443/app/x", "https://ok.test:8443/app/x", "https://ok.test/app/#x",
	"https://ok.test/app/x#access_token=x", "https://exact.test/page/x", "https://exact.test/page?x", "https://exact.test/page/", "https://exact.test/pag",
	"https://example.test/x", "https://example.test.evil.test", "https://ok.test\u3002evil.test/app/", "https://оk.test/app/", "myapp://evil", "myapp:cb",
	"ok.test/app/x", "", " https://ok.test/app/x", "https://ok.test/app/\x00", "https://ok.test /app/", "https://ok.test/app/" + strings.Repeat("x", 3000),
}

var harmless = []string{
	"https://ok.test/app/x", "https://ok.test/app", "https://ok.test/app/x?next=%2Fy&z=1", "https://ok.test/app/a.b/..c", "https://exact.test/page",
	"https://example.test", "myapp://cb", "http://localhost:3000/x",
}

func withRedirects(c *accounts.Config) {
	confirmed(c)
	c.RedirectURLs = []string{"https://ok.test/app/*", "https://exact.test/page", "myapp://cb", "http://localhost:3000/*"}
}

// TestA60Redirects is the table of case A-60: flows end at addresses that the configuration
// allows, whatever the request at their beginning and end asks for.
func TestA60Redirects(t *testing.T) {
	engines(t, func(c *accounts.Config) { withRedirects(c); c.Limits.Requests.Count = -1 }, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		ask := func(redirect string) *received {
			w.advance(time.Minute)
			w.must(200, w.do("POST /recover?redirect_to="+url.QueryEscape(redirect), "", annMail))
			return w.mail(accounts.MailRecovery, "ann@example.org")
		}
		base := func(u *url.URL) string {
			text, _, _ := strings.Cut(u.String(), "#")
			return text
		}
		for _, asked := range hostile {
			m := ask(asked)
			if got := m.link(w).Query().Get("redirect_to"); got != "https://example.test" {
				t.Errorf("%q leads to %q", asked, got)
			}
			// Whoever changes the link changes nothing.
			form := url.Values{"token": {m.token(w)}, "type": {"recovery"}, "redirect_to": {asked}}
			if got := w.form(form, nil); got.Code != 303 || !strings.HasPrefix(got.Header().Get("Location"), "https://example.test#access_token=") {
				t.Errorf("%q at the end: %d %s", asked, got.Code, got.Header().Get("Location"))
			}
			// The link has been used: errors lead no further.
			if got := w.form(form, nil); got.Code != 303 || !strings.HasPrefix(got.Header().Get("Location"), "https://example.test?error=") {
				t.Errorf("%q with an error: %d %s", asked, got.Code, got.Header().Get("Location"))
			}
			page := w.page(http.MethodGet, "/verify?token=x&type=recovery&redirect_to="+url.QueryEscape(asked))
			if policy := page.Header().Get("Content-Security-Policy"); strings.Contains(policy, "evil") || strings.Contains(policy, "script") {
				t.Errorf("%q: policy %s", asked, policy)
			}
		}
		for _, asked := range harmless {
			m := ask(asked)
			if at := w.click(m); base(at) != asked {
				t.Errorf("%q arrived at %s", asked, at)
			}
			path, _, _ := strings.Cut(asked, "?")
			if at := w.click(m); !strings.HasPrefix(at.String(), path) || at.Query().Get("error_code") != "otp_expired" {
				t.Errorf("%q with an error: %s", asked, at)
			}
		}
	})
}

// TestA60RemovedRedirect: a flow does not end at an address that was allowed when it began
// and is not any more.
func TestA60RemovedRedirect(t *testing.T) {
	engines(t, withRedirects, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		w.must(200, w.do("POST /recover?redirect_to="+url.QueryEscape("https://ok.test/app/x"), "", annMail))
		m := w.mail(accounts.MailRecovery, "ann@example.org")
		w.cfg.RedirectURLs = nil
		a, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.a = a
		form := url.Values{"token": {m.token(w)}, "type": {"recovery"}, "redirect_to": {"https://ok.test/app/x"}}
		if got := w.form(form, nil); !strings.HasPrefix(got.Header().Get("Location"), "https://example.test#") {
			t.Errorf("arrived at %s", got.Header().Get("Location"))
		}
	})
}

func TestRedirectURLsRefused(t *testing.T) {
	for _, wrong := range []string{"", "/*", "*", "https://*", "https:///*", "example.test/*", "javascript:alert(1)", "https://user@ok.test/*", "https://ok.test/#x", "//ok.test/*"} {
		_, err := accounts.New(newSQLite(t), accounts.Config{
			MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test", RedirectURLs: []string{wrong},
		})
		if err == nil || !strings.Contains(err.Error(), "RedirectURLs") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestA10 is case A-10: no header of a request gets its host into a mail.
func TestA10(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.account("ann@example.org")
		for name, change := range map[string]func(r *http.Request){
			"Host":              func(r *http.Request) { r.Host = "evil.test" },
			"X-Forwarded-Host":  func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.test") },
			"Forwarded":         func(r *http.Request) { r.Header.Set("Forwarded", "host=evil.test;proto=http") },
			"X-Forwarded-Proto": func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "javascript") },
			"absolute form":     func(r *http.Request) { r.URL.Scheme, r.URL.Host, r.Host = "http", "evil.test", "evil.test" },
			"Referer": func(r *http.Request) {
				r.Header.Set("Referer", "https://evil.test/x")
				r.Header.Set("Redirect_to", "https://evil.test/x")
				r.Header.Set("Origin", "https://evil.test")
			},
		} {
			w.advance(time.Minute)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/recover", strings.NewReader(annMail))
			r.Header.Set("Content-Type", "application/json")
			change(r)
			rec := httptest.NewRecorder()
			w.a.ServeHTTP(rec, r)
			if rec.Code != 200 {
				t.Fatalf("%s: %d %s", name, rec.Code, rec.Body)
			}
			m := w.mail(accounts.MailRecovery, "ann@example.org")
			if text := fmt.Sprint(m.values); strings.Contains(text, "evil") || strings.Contains(text, "javascript") || !strings.HasPrefix(m.values["link"], publicURL+"/verify?") {
				t.Errorf("%s: %s", name, text)
			}
		}
	})
}

// FuzzRedirect: whatever is asked for, a flow leads to an address of the
// configuration as a browser reads it.
func FuzzRedirect(f *testing.F) {
	for _, text := range append(hostile, harmless...) {
		f.Add(text)
	}
	a, err := accounts.New(newSQLite(f), func() accounts.Config {
		c := accounts.Config{MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test"}
		withRedirects(&c)
		return c
	}())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		got := a.Redirect(asked)
		if got == "https://example.test" {
			return
		}
		u, err := url.Parse(got)
		if err != nil || got != asked {
			t.Fatalf("%q leads to %q: %v", asked, got, err)
		}
		switch u.Scheme + "://" + u.Host {
		case "https://ok.test":
			if u.Path != "/app" && !strings.HasPrefix(u.JoinPath().Path, "/app/") {
				t.Errorf("%q climbs", asked)
			}
		case "http://localhost:3000":
		default:
			if got != "https://exact.test/page" && got != "myapp://cb" {
				t.Errorf("%q is allowed", asked)
			}
		}
	})
}
