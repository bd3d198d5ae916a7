// Package captcha asks a service whether a person has sent a form: Turnstile, hCaptcha or
// reCAPTCHA. The page shows the widget of the service, which adds a token to the form; the
// handler of the form verifies it by one request to the service.
//
//	check, err := captcha.New(captcha.Config{Service: captcha.Turnstile, SiteKey: site, Secret: secret})
//	...
//	err = check.Verify(ctx, r.PostFormValue(check.Widget().Field), middleware.ClientAddressOf(r))
//	if errors.Is(err, captcha.ErrRejected) {
//		// show the form again
//	}
package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

// Service is a captcha service.
type Service string

// The services.
const (
	Turnstile Service = "turnstile"
	HCaptcha  Service = "hcaptcha"
	ReCAPTCHA Service = "recaptcha"
)

// preset is what differs between services.
type preset struct {
	verify, script, class, field string
	origins                      string // that the page loads from
}

var presets = map[Service]preset{
	Turnstile: {
		"https://challenges.cloudflare.com/turnstile/v0/siteverify", "https://challenges.cloudflare.com/turnstile/v0/api.js",
		"cf-turnstile", "cf-turnstile-response", "https://challenges.cloudflare.com",
	},
	HCaptcha: {
		"https://api.hcaptcha.com/siteverify", "https://js.hcaptcha.com/1/api.js",
		"h-captcha", "h-captcha-response", "https://hcaptcha.com https://*.hcaptcha.com",
	},
	ReCAPTCHA: {
		"https://www.google.com/recaptcha/api/siteverify", "https://www.google.com/recaptcha/api.js",
		"g-recaptcha", "g-recaptcha-response", "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
	},
}

// ErrRejected reports a token that is missing, wrong, expired or used.
var ErrRejected = errors.New("captcha: the service does not accept the token")

// Config configures a [Captcha]. Service, SiteKey and Secret are required.
type Config struct {
	// Service is the service.
	Service Service

	// SiteKey is the public key for pages, Secret the key for Verify.
	SiteKey, Secret string

	// Hostname is the name of the site on which a token must have been made. Empty accepts
	// those of every site that may use SiteKey.
	Hostname string

	// VerifyURL is another URL for Verify, such as that of a compatible service.
	//
	// Defaults to that of the Service.
	VerifyURL string

	// InsecureLoopback also allows http URLs and loopback addresses, for development and
	// tests.
	InsecureLoopback bool
}

// Validate reports every mistake of the configuration.
func (c Config) Validate() error {
	var errs []error
	if _, known := presets[c.Service]; !known {
		errs = append(errs, fmt.Errorf("captcha: Service is %q, want %s, %s or %s", c.Service, Turnstile, HCaptcha, ReCAPTCHA))
	}
	if c.SiteKey == "" || c.Secret == "" {
		errs = append(errs, errors.New("captcha: SiteKey and Secret are required"))
	}
	if c.VerifyURL != "" {
		if _, err := c.client().Check(c.VerifyURL); err != nil {
			errs = append(errs, fmt.Errorf("captcha: VerifyURL: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (c Config) client() *outbound.Client {
	if c.InsecureLoopback {
		return outbound.New(outbound.Config{HTTP: true, Allow: func(to netip.AddrPort) bool { return to.Addr().IsLoopback() }})
	}
	return outbound.New(outbound.Config{})
}

// Captcha verifies tokens. Make one with [New]; it is safe for concurrent use.
type Captcha struct {
	config Config
	preset preset
	client *outbound.Client
}

// New returns a Captcha. It sends no request.
func New(cfg Config) (*Captcha, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Captcha{config: cfg, preset: presets[cfg.Service], client: cfg.client()}
	if cfg.VerifyURL != "" {
		c.preset.verify = cfg.VerifyURL
	}
	return c, nil
}

// Widget is what the page of a form shows:
//
//	<script src="{{.Script}}" async defer></script>
//	<div class="{{.Class}}" data-sitekey="{{.SiteKey}}"></div>
type Widget struct {
	Script, Class, SiteKey string

	// Field is the field of the form in which the token arrives.
	Field string

	// Origins are the sources that the Content-Security-Policy of the page needs in
	// script-src, frame-src, style-src and connect-src.
	Origins string
}

// Widget returns the widget of the service.
func (c *Captcha) Widget() Widget {
	p := c.preset
	return Widget{Script: p.script, Class: p.class, SiteKey: c.config.SiteKey, Field: p.field, Origins: p.origins}
}

// Verify asks the service for a token, once: services accept a token one time only. The
// address of the client may be the zero Addr. A token that is not accepted is [ErrRejected];
// any other error is one of the service or of the connection.
func (c *Captcha) Verify(ctx context.Context, token string, client netip.Addr) error {
	const longest = 8 << 10
	if token == "" || len(token) > longest {
		return ErrRejected
	}
	form := url.Values{"secret": {c.config.Secret}, "response": {token}}
	if client.IsValid() {
		form.Set("remoteip", client.String())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.preset.verify, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("captcha: verify: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.client.HTTP().Do(r)
	if err != nil {
		return fmt.Errorf("captcha: verify: %w", err)
	}
	defer res.Body.Close() // read to its end or given up
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("captcha: verify: status %d", res.StatusCode)
	}
	var verdict struct {
		Success  bool     `json:"success"`
		Hostname string   `json:"hostname"`
		Errors   []string `json:"error-codes"`
	}
	const most = 64 << 10
	if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(&verdict); err != nil {
		return fmt.Errorf("captcha: verify: %w", err)
	}
	switch {
	case verdict.Success && (c.config.Hostname == "" || c.config.Hostname == verdict.Hostname):
		return nil
	case misconfigured(verdict.Errors):
		return fmt.Errorf("captcha: verify: the service answers %q; check Secret", verdict.Errors)
	}
	return ErrRejected
}

// misconfigured reports whether the codes of an answer are about the secret.
func misconfigured(codes []string) bool {
	for _, code := range codes {
		if strings.HasSuffix(code, "-input-secret") {
			return true
		}
	}
	return false
}
