package middleware

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// Omit in place of a header's value leaves the header out.
const Omit = "-"

// SecureHeadersOptions tunes [SecureHeaders]. The zero value is for an API that serves no
// pages, or for pages that set their own headers. An empty field takes its default, and
// [Omit] omits the header.
type SecureHeadersOptions struct {
	// ContentSecurityPolicy is what browsers let an answer do that is shown as a page
	// (W3C CSP Level 3).
	//
	// Defaults to "default-src 'none'; base-uri 'none'; form-action 'none';
	// frame-ancestors 'none'": nothing.
	ContentSecurityPolicy string

	// FrameOptions is the X-Frame-Options of answers (RFC 7034), for browsers that do
	// not know frame-ancestors.
	//
	// Defaults to "DENY".
	FrameOptions string

	// HSTS is how long browsers ask for this host by https only
	// (Strict-Transport-Security, RFC 6797). It cannot be taken back before that
	// time, so begin with little. It is sent by https only, see HTTPS. Negative values
	// are refused.
	//
	// Defaults to 0: it is not sent.
	HSTS time.Duration

	// HSTSSubdomains extends HSTS to all hosts below this one.
	HSTSSubdomains bool

	// HTTPS reports whether a request came by https. Set it where a proxy terminates TLS.
	// If all clients go through the proxy, it can return true.
	//
	// Defaults to whether the connection itself is encrypted.
	HTTPS func(r *http.Request) bool

	// OpenerPolicy is the Cross-Origin-Opener-Policy of responses. A page in a window loses
	// its connection to the page of another origin that opened it, also if it only
	// redirects, as at the start of a login at a provider. Pages that wait for a login
	// window need "unsafe-none".
	//
	// Defaults to "same-origin".
	OpenerPolicy string

	// PermissionsPolicy says which features of a browser a page may use. The default
	// policy lets an answer be no page that could use any.
	//
	// Defaults to "", which sends none.
	PermissionsPolicy string

	// ReferrerPolicy is the Referrer-Policy of responses: how much of a page's URL browsers
	// send to other servers.
	//
	// Defaults to "no-referrer".
	ReferrerPolicy string

	// ResourcePolicy is the Cross-Origin-Resource-Policy of responses: which origins may
	// load them without CORS, for example as images.
	//
	// Defaults to "same-origin".
	ResourcePolicy string
}

// Validate returns an error if HSTS is negative, or a value has characters that no header may
// have.
func (o SecureHeadersOptions) Validate() error {
	names, values := secureHeaders(o)
	for i, value := range values {
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			return fmt.Errorf("middleware: SecureHeaders: %q cannot be the value of %s", value, names[i])
		}
	}
	if o.HSTS < 0 {
		return errors.New("middleware: SecureHeaders: HSTS is negative")
	}
	return nil
}

// SecureHeaders returns middleware that sets the security headers of its options and
// X-Content-Type-Options: nosniff. They are set before the handler runs, so a handler can
// replace them, as the pages of this library do.
func SecureHeaders(opts SecureHeadersOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	names, values := secureHeaders(opts)
	hsts, https := transportSecurity(opts), opts.HTTPS
	if https == nil {
		https = func(r *http.Request) bool { return r.TLS != nil }
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			// One array for all, which is the request's own: handlers may write to it.
			own := reqinfo.From(r.Context()).Values(len(values) + 1)
			copy(own, values)
			for i, name := range names {
				h[name] = own[i : i+1 : i+1]
			}
			if hsts != "" && https(r) {
				last := len(values)
				own[last] = hsts
				h["Strict-Transport-Security"] = own[last:]
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// secureHeaders returns the headers of every answer, by their canonical names.
func secureHeaders(opts SecureHeadersOptions) (names, values []string) {
	for _, header := range [][3]string{
		{"X-Content-Type-Options", "", "nosniff"},
		{"Content-Security-Policy", opts.ContentSecurityPolicy, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{"X-Frame-Options", opts.FrameOptions, "DENY"},
		{"Cross-Origin-Opener-Policy", opts.OpenerPolicy, "same-origin"},
		{"Permissions-Policy", opts.PermissionsPolicy, Omit},
		{"Referrer-Policy", opts.ReferrerPolicy, "no-referrer"},
		{"Cross-Origin-Resource-Policy", opts.ResourcePolicy, "same-origin"},
	} {
		name, value := header[0], cmp.Or(header[1], header[2])
		if value != Omit {
			names, values = append(names, name), append(values, value)
		}
	}
	return names, values
}

func transportSecurity(opts SecureHeadersOptions) string {
	if opts.HSTS == 0 {
		return ""
	}
	value := "max-age=" + strconv.FormatInt(int64(opts.HSTS/time.Second), 10)
	if opts.HSTSSubdomains {
		value += "; includeSubDomains"
	}
	return value
}
