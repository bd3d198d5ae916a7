package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// from returns a request from an address.
func from(address string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestRateLimit goes through a budget of three in half a minute second by second.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	c := new(clock)
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{
		Name: "notes", Requests: 3, Per: 30 * time.Second,
		Limiter: must(middleware.NewLimiter(middleware.LimiterOptions{Now: c.now})),
	}))(who)
	for i, want := range []struct {
		at     int // seconds
		status int
		left   string
		retry  string
	}{
		{0, 200, `"notes";r=2;t=10`, ""},
		{0, 200, `"notes";r=1;t=10`, ""},
		{1, 200, `"notes";r=0;t=10`, ""},
		{1, 429, `"notes";r=0;t=9`, "9"},
		{9, 429, `"notes";r=0;t=1`, "1"},
		{10, 200, `"notes";r=0;t=10`, ""},
		{11, 429, `"notes";r=0;t=9`, "9"},
		{3600, 200, `"notes";r=2;t=10`, ""},
	} {
		c.at.Store(int64(want.at) * int64(time.Second))
		w := answer(h, from("192.0.2.1"))
		got := w.Header()
		if w.Code != want.status || got.Get("RateLimit") != want.left || got.Get("Retry-After") != want.retry {
			t.Errorf("request %d: %d, RateLimit %s, Retry-After %s, want %+v", i, w.Code, got.Get("RateLimit"), got.Get("Retry-After"), want)
		}
		if policy := got.Get("RateLimit-Policy"); policy != `"notes";q=3;w=30` {
			t.Errorf("request %d: RateLimit-Policy %s", i, policy)
		}
	}
	if w := answer(h, from("192.0.2.2")); w.Code != 200 {
		t.Errorf("another address: %d", w.Code)
	}
}

// TestRateLimitBody: the answer is the REST API's, in both of its forms.
func TestRateLimitBody(t *testing.T) {
	t.Parallel()
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 1, Per: time.Hour}))(who)
	answer(h, from("192.0.2.1"))
	for accept, media := range map[string]string{"*/*": "application/problem+json", "application/json": "application/json"} {
		r := from("192.0.2.1")
		r.Header.Set("Accept", accept)
		w := answer(h, r)
		var body struct{ Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Code != "PL429" || w.Code != 429 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); got != media {
			t.Errorf("Accept %s: %s", accept, got)
		}
	}
}

// TestRateLimitsTogether: each limit around a handler adds its member.
func TestRateLimitsTogether(t *testing.T) {
	t.Parallel()
	inner := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Name: "burst", Requests: 2, Per: 2 * time.Second}))(who)
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Name: "daily", Requests: 1000, Per: 24 * time.Hour}))(inner)
	w := answer(h, from("192.0.2.1"))
	policies, left := w.Header().Values("RateLimit-Policy"), w.Header().Values("RateLimit")
	if got := strings.Join(policies, ", "); got != `"daily";q=1000;w=86400, "burst";q=2;w=2` {
		t.Errorf("RateLimit-Policy: %s", got)
	}
	if got := strings.Join(left, ", "); got != `"daily";r=999;t=87, "burst";r=1;t=1` {
		t.Errorf("RateLimit: %s", got)
	}
}

func TestRateLimitKeys(t *testing.T) {
	t.Parallel()
	request := func(address string, p auth.Principal) *http.Request {
		r := from(address)
		return r.WithContext(auth.WithPrincipal(r.Context(), p))
	}
	ada, bob := auth.Principal{Kind: auth.User, ID: "ada"}, auth.Principal{Kind: auth.User, ID: "bob"}
	service := auth.Principal{Kind: auth.Service, ID: "ada"}
	key := func(id, owner string) auth.Principal {
		return auth.Principal{Kind: auth.User, ID: "api-key:" + id, CountedAs: owner}
	}
	nobody := auth.Principal{}
	public := func(id string) auth.Principal { return auth.Principal{ID: id} } // a key that everybody has
	routed := func(r *http.Request, pattern string) *http.Request { r.Pattern = pattern; return r }
	tests := []struct {
		name string
		key  func(*http.Request) string
		a, b *http.Request
		same bool
	}{
		{"Address", nil, request("192.0.2.1", ada), request("192.0.2.1", bob), true},
		{"Addresses", nil, request("192.0.2.1", ada), request("192.0.2.2", ada), false},
		{"SameNetwork", nil, request("2001:db8:1:2::3", nobody), request("2001:db8:1:2:ffff::", nobody), true},
		{"OtherNetwork", nil, request("2001:db8:1:2::3", nobody), request("2001:db8:1:3::3", nobody), false},
		{"MappedAddress", nil, request("::ffff:192.0.2.1", nobody), request("192.0.2.1", nobody), true},
		{"Principal", middleware.ByPrincipal, request("192.0.2.1", ada), request("192.0.2.2", ada), true},
		{"Principals", middleware.ByPrincipal, request("192.0.2.1", ada), request("192.0.2.1", bob), false},
		{"Kinds", middleware.ByPrincipal, request("192.0.2.1", ada), request("192.0.2.1", service), false},
		{"KeyOfUser", middleware.ByPrincipal, request("192.0.2.1", ada), request("192.0.2.2", key("1", "ada")), true},
		{"KeysOfUser", middleware.ByPrincipal, request("192.0.2.1", key("1", "ada")), request("192.0.2.2", key("2", "ada")), true},
		{"KeysOfUsers", middleware.ByPrincipal, request("192.0.2.1", key("1", "ada")), request("192.0.2.1", key("2", "bob")), false},
		{"StrangerWithKeys", middleware.ByPrincipal, request("192.0.2.1", public("key-1")), request("192.0.2.1", public("key-2")), true},
		{"Strangers", middleware.ByPrincipal, request("192.0.2.1", nobody), request("192.0.2.2", nobody), false},
		{"Stranger", middleware.ByPrincipal, request("192.0.2.1", nobody), request("192.0.2.1", nobody), true},
		{
			"Routes", middleware.ByRoute(middleware.ByAddress),
			routed(request("192.0.2.1", nobody), "GET /a"), routed(request("192.0.2.1", nobody), "GET /b"), false,
		},
		{
			"Route", middleware.ByRoute(middleware.ByAddress),
			routed(request("192.0.2.1", nobody), "GET /a"), routed(request("192.0.2.1", nobody), "GET /a"), true,
		},
		{
			"LongKeys", func(r *http.Request) string { return strings.Repeat("x", 1000) + r.RemoteAddr },
			from("192.0.2.1"), from("192.0.2.2"), false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 1, Per: time.Hour, Key: tt.key}))(who)
			first, second := answer(h, tt.a).Code, answer(h, tt.b).Code
			if first != 200 || (second == 429) != tt.same {
				t.Errorf("%d and %d, same %t", first, second, tt.same)
			}
		})
	}
}

// TestRateLimitWithoutKey: a request without a key is not limited, and its answer has no
// headers of a limit.
func TestRateLimitWithoutKey(t *testing.T) {
	t.Parallel()
	none := func(*http.Request) string { return "" }
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 1, Per: time.Hour, Key: middleware.ByRoute(none)}))(who)
	for range 3 {
		if w := answer(h, from("192.0.2.1")); w.Code != 200 || w.Header().Get("RateLimit") != "" {
			t.Errorf("%d, RateLimit %s", w.Code, w.Header().Get("RateLimit"))
		}
	}
}

// shared is a limiter of another process, which can fail.
type shared struct {
	err  error
	keys []string
	over bool // it answers what it must not
}

func (s *shared) Take(_ context.Context, key string, every time.Duration, burst int) (int, time.Duration, error) {
	s.keys = append(s.keys, fmt.Sprintf("%s|%s|%d", key, every, burst))
	if s.over {
		return 1 << 40, -1, nil
	}
	return burst - 1, 0, s.err
}

// TestRateLimitFallsBack: while the shared limiter fails, each instance counts by itself
// and logs it once a second.
func TestRateLimitFallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		remote := &shared{err: errors.New("connection refused")}
		h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{
			Requests: 2, Per: time.Hour, Limiter: remote, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}))(who)
		var statuses []int
		for range 4 {
			statuses = append(statuses, answer(h, from("192.0.2.1")).Code)
		}
		if fmt.Sprint(statuses) != "[200 200 429 429]" {
			t.Errorf("while it fails: %v", statuses)
		}
		if n := strings.Count(log.String(), "connection refused"); n != 1 {
			t.Errorf("logged %d times: %s", n, log.String())
		}
		time.Sleep(time.Second)
		answer(h, from("192.0.2.1"))
		if n := strings.Count(log.String(), "connection refused"); n != 2 {
			t.Errorf("a second later logged %d times", n)
		}
		remote.err = nil
		if w := answer(h, from("192.0.2.1")); w.Code != 200 {
			t.Errorf("when it is back: %d", w.Code)
		}
		if got := remote.keys[0]; got != "default:ip 192.0.2.1/32|30m0s|2" {
			t.Errorf("it is asked for %q", got)
		}
		// A client that has gone is no failure of the limiter.
		remote.err = context.Canceled
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		log.Reset()
		time.Sleep(time.Second)
		if answer(h, from("192.0.2.1").WithContext(gone)); log.Len() > 0 {
			t.Errorf("logged: %s", log.String())
		}
	})
}

// TestRateLimitOverdone: invalid results of a limiter are not sent.
func TestRateLimitOverdone(t *testing.T) {
	t.Parallel()
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 2, Limiter: &shared{over: true}}))(who)
	if w := answer(h, from("192.0.2.1")); w.Code != 200 || w.Header().Get("RateLimit") != `"default";r=2;t=30` {
		t.Errorf("%d, RateLimit %s", w.Code, w.Header().Get("RateLimit"))
	}
}

func TestRateLimitRefuse(t *testing.T) {
	t.Parallel()
	var got error
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{
		Requests: 1, Per: time.Hour,
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) { got = err; w.WriteHeader(http.StatusTeapot) },
	}))(who)
	answer(h, from("192.0.2.1"))
	w := answer(h, from("192.0.2.1"))
	var coded interface {
		Problem() string
		ProblemRetryAfter() time.Duration
	}
	if !errors.As(got, &coded) || coded.Problem() != "PL429" || coded.ProblemRetryAfter() < 59*time.Minute || w.Code != http.StatusTeapot {
		t.Errorf("%d, %v", w.Code, got)
	}
}

func TestRateLimitOptions(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]middleware.RateLimitOptions{
		"negative number": {Requests: -1}, "negative time": {Per: -time.Second}, "no time for each": {Requests: 100, Per: 99},
		"a time beyond bounds": {Per: 367 * 24 * time.Hour}, "a quote in the name": {Name: `a"b`}, "a backslash": {Name: `a\b`},
		"a line": {Name: "a\nb"}, "beyond ASCII": {Name: "ä"}, "a long name": {Name: strings.Repeat("a", 65)},
	} {
		if _, err := middleware.RateLimit(opts); err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	w := answer(middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{}))(who), from("192.0.2.1"))
	if got := w.Header().Get("RateLimit-Policy") + " " + w.Header().Get("RateLimit"); got != `"default";q=600;w=60 "default";r=599;t=1` {
		t.Errorf("by default: %s", got)
	}
}

// readString is section 4.2.5 of RFC 9651: it reads the String that a text begins with, and
// returns what is behind it.
func readString(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", errors.New("no quote")
	}
	var read []byte
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return string(read), text[i+1:], nil
		case c < 0x20 || c > 0x7e:
			return "", "", fmt.Errorf("byte %d is %#x", i, c)
		case c == '\\':
			if i++; i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", "", errors.New("an escape of nothing")
			}
		}
		read = append(read, text[i])
	}
	return "", "", errors.New("no quote at the end")
}

// FuzzRateLimitName: every name that is let through is one a parser of structured
// fields reads back as it is, with the parameters behind it.
func FuzzRateLimitName(f *testing.F) {
	for _, name := range []string{"default", "a b", `a"b`, `\`, "\x7f", "é", "", ";r=0"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		h, ok := func() (h http.Handler, ok bool) {
			defer func() { _ = recover() }()
			return middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Name: name, Requests: 7, Per: time.Minute}))(who), true
		}()
		if !ok || name == "" {
			return
		}
		w := answer(h, from("192.0.2.1"))
		for header, parameters := range map[string]string{"RateLimit": ";r=6;t=9", "RateLimit-Policy": ";q=7;w=60"} {
			value := w.Header().Get(header)
			if got, rest, err := readString(value); err != nil || got != name || rest != parameters {
				t.Errorf("%s: %q for the name %q is read as %q and %q, %v", header, value, name, got, rest, err)
			}
		}
	})
}

func BenchmarkRateLimit(b *testing.B) {
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 1 << 30, Per: time.Hour}))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := from("192.0.2.1")
	w := &plainWriter{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// TestRateLimitAllocs bounds the allocations of a limit for a request.
func TestRateLimitAllocs(t *testing.T) {
	h := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Requests: 1 << 20}))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := from("192.0.2.1")
	w := &plainWriter{header: http.Header{}}
	if got := testing.AllocsPerRun(1000, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}); got > 4 {
		t.Errorf("%v allocations, at most 4", got)
	}
}

// plainWriter is a response that costs nothing.
type plainWriter struct{ header http.Header }

func (w *plainWriter) Header() http.Header         { return w.header }
func (w *plainWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *plainWriter) WriteHeader(int)             {}

// An address may make three requests at once, and gets one back in every minute.
func ExampleRateLimit() {
	limited := middleware.Must(middleware.RateLimit(middleware.RateLimitOptions{Name: "search", Requests: 3, Per: 3 * time.Minute}))
	h := limited(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("found")) }))
	for range 4 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/search", nil))
		fmt.Printf("%d %s %q\n", w.Code, w.Header().Get("RateLimit"), w.Header().Get("Retry-After"))
	}
	// Output:
	// 200 "search";r=2;t=60 ""
	// 200 "search";r=1;t=60 ""
	// 200 "search";r=0;t=60 ""
	// 429 "search";r=0;t=60 "60"
}
