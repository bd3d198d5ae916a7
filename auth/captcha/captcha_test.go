package captcha_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/captcha"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

// service answers like a captcha service: the token is its answer.
func service(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.PostFormValue("secret") != "secret" {
		fmt.Fprint(w, `{"success": false, "error-codes": ["invalid-input-secret"]}`)
		return
	}
	switch token := r.PostFormValue("response"); token {
	case "good":
		fmt.Fprintf(w, `{"success": %t, "hostname": "example.org"}`, r.PostFormValue("remoteip") == "192.0.2.1")
	case "used":
		fmt.Fprint(w, `{"success": false, "error-codes": ["timeout-or-duplicate"]}`)
	case "down":
		w.WriteHeader(http.StatusBadGateway)
	default:
		fmt.Fprint(w, `no JSON`)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(service))
	t.Cleanup(server.Close)
	config := captcha.Config{Service: captcha.HCaptcha, SiteKey: "site", Secret: "secret", VerifyURL: server.URL, InsecureLoopback: true}
	client := netip.MustParseAddr("192.0.2.1")
	for _, tt := range []struct {
		name, token string
		change      func(*captcha.Config)
		rejected    bool
		says        string // "" is accepted
	}{
		{"accepted", "good", func(*captcha.Config) {}, false, ""},
		{"accepted for the host", "good", func(c *captcha.Config) { c.Hostname = "example.org" }, false, ""},
		{"made on another site", "good", func(c *captcha.Config) { c.Hostname = "example.com" }, true, "does not accept"},
		{"used", "used", func(*captcha.Config) {}, true, "does not accept"},
		{"missing", "", func(*captcha.Config) {}, true, "does not accept"},
		{"huge", strings.Repeat("a", 10_000), func(*captcha.Config) {}, true, "does not accept"},
		{"wrong secret", "good", func(c *captcha.Config) { c.Secret = "other" }, false, "check Secret"},
		{"service fails", "down", func(*captcha.Config) {}, false, "status 502"},
		{"no service", "other", func(*captcha.Config) {}, false, "invalid character"},
		{"own network", "good", func(c *captcha.Config) { c.InsecureLoopback, c.VerifyURL = false, "https://127.0.0.1:8443/" }, false, "not public"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config := config
			tt.change(&config)
			c, err := captcha.New(config)
			if err == nil {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				err = c.Verify(ctx, tt.token, client)
			}
			if errors.Is(err, captcha.ErrRejected) != tt.rejected || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want rejected %t and %q", err, tt.rejected, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), config.Secret+"\"") {
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]captcha.Config{
		"want turnstile, hcaptcha or recaptcha": {Service: "none", SiteKey: "a", Secret: "b"},
		"SiteKey and Secret":                    {Service: captcha.ReCAPTCHA},
		"VerifyURL":                             {Service: captcha.ReCAPTCHA, SiteKey: "a", Secret: "b", VerifyURL: "http://example.org"},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, service := range []captcha.Service{captcha.Turnstile, captcha.HCaptcha, captcha.ReCAPTCHA} {
		c, err := captcha.New(captcha.Config{Service: service, SiteKey: "site", Secret: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		if w := c.Widget(); w.SiteKey != "site" || w.Field == "" || !strings.HasPrefix(w.Script, "https://") || !strings.HasPrefix(w.Origins, "https://") {
			t.Errorf("%s: %+v", service, w)
		}
	}
}

// A handler verifies the token of a form. The server stands for the service.
func ExampleNew() {
	server := httptest.NewServer(http.HandlerFunc(service))
	defer server.Close()
	check, err := captcha.New(captcha.Config{
		Service: captcha.Turnstile, SiteKey: "site", Secret: "secret", VerifyURL: server.URL, InsecureLoopback: true, // left out in production
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(check.Widget().Field)
	for _, token := range []string{"good", "used"} {
		fmt.Println(check.Verify(context.Background(), token, netip.MustParseAddr("192.0.2.1")))
	}
	// Output:
	// cf-turnstile-response
	// <nil>
	// captcha: the service does not accept the token
}
