package middleware_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// around is a middleware by its name.
type around struct {
	name   string
	around func(http.Handler) http.Handler
	allocs float64 // at most, of a request that passes
}

// recommended are all of the package, in the order that its documentation recommends.
func recommended(refuse func(http.ResponseWriter, *http.Request, error)) []around {
	// Lines are formatted, and go nowhere.
	logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
	return []around{
		{"RequestID", middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})), 4},
		{"ClientAddress", middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: prefixes("10.0.0.0/8")})), 2},
		{"AccessLog", middleware.AccessLog(middleware.AccessLogOptions{Logger: logger}), 5},
		{"SecureHeaders", middleware.Must(middleware.SecureHeaders(middleware.SecureHeadersOptions{HSTS: time.Hour, HTTPS: func(*http.Request) bool { return true }})), 1},
		{"Recover", middleware.Recover(middleware.RecoverOptions{Logger: logger, Refuse: refuse}), 1},
		{"Limits", middleware.Must(middleware.Limits(middleware.LimitsOptions{Refuse: refuse})), 0},
		{"Deadline", middleware.Must(middleware.Deadline(middleware.DeadlineOptions{Refuse: refuse})), 7},
		{"CSRF", middleware.Must(middleware.CSRF(middleware.CSRFOptions{Refuse: refuse})), 0},
	}
}

func whole(refuse func(http.ResponseWriter, *http.Request, error)) (out []func(http.Handler) http.Handler) {
	for _, m := range recommended(refuse) {
		out = append(out, m.around)
	}
	return out
}

// sample is a request as a browser behind a proxy sends it.
func sample() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/rest/v1/notes?select=id,title&owner_id=eq.7&limit=20", nil)
	r.RemoteAddr = proxyPeer
	for name, value := range map[string]string{
		"Accept": "application/json", "Accept-Encoding": "gzip, br", "Accept-Language": "en", "Apikey": "pl_0123456789", "Authorization": "Bearer x.y.z",
		"Content-Type": "application/json", "Origin": "https://app.example.org", "Sec-Fetch-Site": "cross-site", "User-Agent": "Mozilla/5.0",
		"X-Forwarded-For": "198.51.100.7",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// sink is a writer whose header is there already, as a server's mostly is when it
// counts what middleware costs.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// spent is a limiter with nothing left.
type spent struct{}

func (spent) Take(context.Context, string, time.Duration, int) (int, time.Duration, error) {
	return 0, time.Minute, nil
}

// TestA51: every answer of the chain, refusals included, has the required headers and
// reveals nothing internal.
func TestA51(t *testing.T) {
	t.Parallel()
	quiet := func(w http.ResponseWriter, r *http.Request, err error) {
		problem.Write(w, r, err, problem.Options{Logger: discard()})
	}
	untouched := func(*http.Request) {}
	// crowd has one request running before the one that it serves.
	crowd := func(opts middleware.AdmissionOptions) func(http.Handler) http.Handler {
		opts.Refuse, opts.Logger = quiet, discard()
		admission := middleware.Must(middleware.Admission(opts))
		return func(next http.Handler) http.Handler { return admission(admission(next)) }
	}
	// failing cannot find out who calls.
	failing := func(err error) func(http.Handler) http.Handler {
		who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return auth.Principal{}, err })
		return middleware.Must(middleware.Authenticate(who, middleware.AuthenticateOptions{Refuse: quiet}))
	}
	tests := map[string]struct {
		change func(*http.Request)
		inside func(http.Handler) http.Handler // of the chain, nil: nothing
		h      http.HandlerFunc
		status int
	}{
		"served": {untouched, nil, func(http.ResponseWriter, *http.Request) {}, 200},
		"panic":  {untouched, nil, func(http.ResponseWriter, *http.Request) { panic("select secret from users") }, 500},
		"deadline": {
			untouched, middleware.Must(middleware.Deadline(middleware.DeadlineOptions{After: time.Millisecond, Refuse: quiet})),
			func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504,
		},
		"cross origin":    {func(r *http.Request) { r.Header.Set("Cookie", "a=b") }, nil, nil, 403},
		"query":           {func(r *http.Request) { r.URL.RawQuery = strings.Repeat("x", 10_000) }, nil, nil, 414},
		"parameters":      {func(r *http.Request) { r.URL.RawQuery = strings.Repeat("a=b&", 65) }, nil, nil, 400},
		"header":          {func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 40_000)) }, nil, nil, 431},
		"body":            {func(r *http.Request) { r.ContentLength = 2 << 20 }, nil, nil, 413},
		"rate":            {untouched, middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Limiter: spent{}, Refuse: quiet})), nil, 429},
		"busy":            {untouched, crowd(middleware.AdmissionOptions{Running: 1, Wait: time.Millisecond}), nil, 503},
		"credential":      {untouched, failing(auth.ErrInvalid), nil, 401},
		"nobody can tell": {untouched, failing(errors.New("select secret from users")), nil, 503},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			layers := whole(quiet)
			if tt.inside != nil {
				layers = append(layers, tt.inside)
			}
			r := sample()
			r.Header.Set("Accept", "*/*")
			tt.change(r)
			w := serve(func(w http.ResponseWriter, r *http.Request) {
				if tt.h == nil {
					t.Error("served")
					return
				}
				tt.h(w, r)
			}, r, layers...)
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			h := w.Header()
			id := h.Get("X-Request-Id")
			if h.Get("X-Content-Type-Options") != "nosniff" || !madeID.MatchString(id) || h.Get("Server") != "" || h.Get("Content-Security-Policy") == "" {
				t.Errorf("header %v", h)
			}
			for name, values := range h {
				if len(values) != 1 {
					t.Errorf("%s: %q", name, values)
				}
			}
			if tt.status < 400 {
				return
			}
			media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
			if err != nil || media != "application/problem+json" || params["charset"] != "utf-8" || !strings.Contains(w.Body.String(), id) {
				t.Errorf("%s, %v: %s", media, params, w.Body)
			}
			for _, secret := range []string{"secret", "goroutine", ".go:", "runtime"} {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("the body has %q: %s", secret, w.Body)
				}
			}
		})
	}
}

func benchmark(b *testing.B, h http.Handler) {
	b.Helper()
	r, w := sample(), &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

func noContent() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// BenchmarkEach measures each middleware alone.
func BenchmarkEach(b *testing.B) {
	for _, m := range recommended(nil) {
		b.Run(m.name, func(b *testing.B) { benchmark(b, m.around(noContent())) })
	}
}

// BenchmarkChain measures all of them together. The header of the answer is new each
// time, as a server's is.
func BenchmarkChain(b *testing.B) {
	h := chain(noContent(), whole(nil)...)
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&sink{header: http.Header{}}, r)
	}
}
