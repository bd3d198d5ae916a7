package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/captcha"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestCaptcha: with a captcha a form needs a token that the service accepts. The page may load
// the widget, and a service that is down loses no input.
func TestCaptcha(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("response") == "down" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `{"success": %t}`, r.PostFormValue("response") == "person" && r.PostFormValue("secret") == "secret")
	}))
	t.Cleanup(service.Close)
	check, err := captcha.New(captcha.Config{Service: captcha.Turnstile, SiteKey: "site", Secret: "secret", VerifyURL: service.URL, InsecureLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	app := startWith(t, filepath.Join(t.TempDir(), "contact.db"), 0, Settings{Team: "team@example.org", Captcha: check})
	visitor := app.visitor(t)
	page := visitor.get("/").want(t, 200, `<div class="cf-turnstile" data-sitekey="site">`, `src="https://challenges.cloudflare.com/turnstile/v0/api.js"`)
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self' https://challenges.cloudflare.com") {
		t.Errorf("policy %s", policy)
	}
	for token, status := range map[string]int{"": 422, "program": 422, "down": 503} {
		form := filled(visitor.token(), "Are you a person?")
		form.Set("cf-turnstile-response", token)
		visitor.post("/", form).want(t, status, `value="Are you a person?"`, `href="#form"`)
	}
	if n, err := store.For[Message](app.app.DB()).Count(t.Context(), store.True()); err != nil || n != 0 {
		t.Errorf("%d messages, %v", n, err)
	}
	form := filled(visitor.token(), "I am a person")
	form.Set("cf-turnstile-response", "person")
	visitor.post("/", form).want(t, 303)
}

func TestParseCaptcha(t *testing.T) {
	t.Parallel()
	for text, works := range map[string]bool{"": true, "hcaptcha:site:secret": true, "hcaptcha:site": false, "none:site:secret": false} {
		if c, err := parseCaptcha(text); (err == nil) != works || (c != nil) != (works && text != "") {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}
