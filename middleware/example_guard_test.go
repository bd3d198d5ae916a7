package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

func ExampleDeadline() {
	around := middleware.Must(middleware.Deadline(middleware.DeadlineOptions{
		After:  10 * time.Millisecond,
		Exempt: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/events/") },
	}))
	h := around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // as a statement does that waits for a lock
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/notes", nil))
	fmt.Println(w.Code)
	// Output: 504
}

func ExampleLimits() {
	around := middleware.Must(middleware.Limits(middleware.LimitsOptions{BodyOf: func(r *http.Request) int64 {
		if r.URL.Path == "/upload" {
			return 100 << 20
		}
		return 0 // as all others: 1 MiB
	}}))
	h := around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, " bytes")
	}))
	for _, path := range []string{"/upload", "/notes"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", 2<<20)))
		r.Header.Set("Accept", "application/json")
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 2097152 bytes
	// 413 {"code":"PL413","message":"The body is larger than 1048576 bytes.","details":null,"hint":null}
}

func ExampleSecureHeaders() {
	around := middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{
		HSTS:  365 * 24 * time.Hour,
		HTTPS: func(*http.Request) bool { return true }, // a proxy ends TLS, and there is no other way in
	}))
	h := around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
		}
	}))
	for _, path := range []string{"/notes", "/page"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(w.Header().Get("Content-Security-Policy"))
		fmt.Println(w.Header().Get("Strict-Transport-Security"))
	}
	// Output:
	// default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
	// max-age=31536000
	// default-src 'self'
	// max-age=31536000
}

func ExampleCSRF() {
	around := middleware.Must(middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: []string{"https://app.example.org"}}))
	h := around(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") }))
	for _, origin := range []string{"https://app.example.org", "https://evil.example"} {
		r := httptest.NewRequest(http.MethodPost, "https://api.example.org/transfer", nil)
		r.Header.Set("Cookie", "session=x")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(origin, w.Code)
	}
	// Output:
	// https://app.example.org 200
	// https://evil.example 403
}

// All of them, in the order of the package's documentation.
func Example() {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	for _, around := range []func(http.Handler) http.Handler{ // innermost first
		middleware.Must(middleware.CSRF(middleware.CSRFOptions{})),
		middleware.Must(middleware.Deadline(middleware.DeadlineOptions{})),
		middleware.Must(middleware.Limits(middleware.LimitsOptions{})),
		middleware.Recover(middleware.RecoverOptions{}),
		middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{})),
		middleware.AccessLog(middleware.AccessLogOptions{Logger: discard()}),
		middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{})),
		middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})),
	} {
		h = around(h)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 hello
}
