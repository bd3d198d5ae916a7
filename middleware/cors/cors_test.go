package cors_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

const trusted = attacktest.Trusted

// ok answers everything, as a handler that looks at who calls would not.
var ok = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", "GET, OPTIONS")
	}
	_, _ = io.WriteString(w, "data")
})

// serve starts a server and returns what sends it requests with an origin, over a
// socket. A request that asks for a method is a preflight.
func serve(t *testing.T, opts cors.Options) func(method, asks string, headers http.Header, origins ...string) *http.Response {
	t.Helper()
	server := httptest.NewServer(middleware.Must(cors.New(opts))(ok))
	t.Cleanup(server.Close)
	return func(method, asks string, headers http.Header, origins ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/notes", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range headers {
			r.Header[name] = values
		}
		r.Header["Origin"] = append(r.Header["Origin"], origins...)
		if asks != "" {
			r.Header.Set("Access-Control-Request-Method", asks)
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
}

// granted are the headers that let a page do something.
func granted(res *http.Response) (names []string) {
	for name := range res.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func varies(res *http.Response, on string) bool {
	return slices.Contains(strings.Split(strings.Join(res.Header["Vary"], ", "), ", "), on)
}

// TestA49: no origin but the very one that was named is let in, and every answer says
// that it depends on the origin.
func TestA49(t *testing.T) {
	t.Parallel()
	strangers := attacktest.Strangers()
	for _, credentials := range []bool{false, true} {
		ask := serve(t, cors.Options{Origins: []string{"https://other.example", trusted}, Credentials: credentials})
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
			for _, origins := range strangers {
				res := ask(method, "", nil, origins...)
				if names := granted(res); len(names) > 0 || !varies(res, "Origin") || !varies(res, "Accept") || res.StatusCode != 200 {
					t.Errorf("%s of %q: %d, %v, Vary %q", method, origins, res.StatusCode, names, res.Header["Vary"])
				}
			}
			res := ask(method, "", nil, trusted)
			if got := res.Header["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{trusted}) || !varies(res, "Origin") {
				t.Errorf("%s of the trusted one: %q, Vary %q", method, got, res.Header["Vary"])
			}
			if got := res.Header.Get("Access-Control-Allow-Credentials") == "true"; got != credentials {
				t.Errorf("%s: credentials %t, want %t", method, got, credentials)
			}
		}
		for _, asks := range []string{"GET", "PATCH"} {
			for _, origins := range strangers {
				res := ask("OPTIONS", asks, nil, origins...)
				if names := granted(res); len(names) > 0 || !varies(res, "Origin") {
					t.Errorf("preflight for %s of %q: %d, %v, Vary %q", asks, origins, res.StatusCode, names, res.Header["Vary"])
				}
			}
			res := ask("OPTIONS", asks, nil, trusted)
			if res.StatusCode != 204 || !slices.Equal(res.Header["Access-Control-Allow-Origin"], []string{trusted}) || !varies(res, "Origin") ||
				res.Header.Get("Access-Control-Allow-Methods") != asks || res.Header.Get("Access-Control-Max-Age") != "7200" {
				t.Errorf("preflight for %s: %d, %v", asks, res.StatusCode, res.Header)
			}
		}
	}
}

// TestPreflight: each header is allowed by its name, and one that is not takes the
// whole answer away.
func TestPreflight(t *testing.T) {
	t.Parallel()
	supabase := "accept-profile,apikey,authorization,content-profile,content-type,prefer,x-client-info,x-retry-count,x-supabase-api-version"
	tests := []struct {
		name    string
		opts    cors.Options
		method  string
		headers []string
		granted bool
	}{
		{"None", cors.Options{}, "PUT", nil, true},
		{"Empty", cors.Options{}, "PUT", []string{""}, true},
		{"Supabase", cors.Options{}, "PATCH", []string{supabase}, true},
		{"Conditional", cors.Options{}, "PATCH", []string{"idempotency-key,if-match,if-none-match,range"}, true},
		{"Spaces", cors.Options{}, "GET", []string{"apikey, authorization"}, true},
		{"Split", cors.Options{}, "GET", []string{"apikey", "authorization"}, true},
		{"Tracing", cors.Options{}, "GET", []string{"baggage,traceparent,tracestate"}, true},
		{"Unknown", cors.Options{}, "GET", []string{"apikey,x-own"}, false},
		{"Own", cors.Options{RequestHeaders: []string{"X-Own"}}, "GET", []string{"apikey,x-own"}, true},
		{"CookieSession", cors.Options{}, "POST", []string{"x-plinth-session"}, false},
		{"CookieSessionAllowed", cors.Options{Credentials: true}, "POST", []string{"x-plinth-session"}, true},
		{"MethodUnknown", cors.Options{}, "TRACE", nil, false},
		{"MethodOfOtherCase", cors.Options{}, "patch", nil, false},
		{"Any", cors.Options{}, "GET", []string{"*"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Origins = []string{trusted}
			header := http.Header{}
			if tt.headers != nil {
				header["Access-Control-Request-Headers"] = tt.headers
			}
			res := serve(t, tt.opts)("OPTIONS", tt.method, header, trusted)
			if got := len(granted(res)) > 0; got != tt.granted || res.StatusCode != 204 {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
			if tt.granted && strings.Join(res.Header["Access-Control-Allow-Headers"], ",") != strings.Join(tt.headers, ",") {
				t.Errorf("allowed headers %q", res.Header["Access-Control-Allow-Headers"])
			}
		})
	}
}

// TestNoPreflight: OPTIONS without an origin asks the handler.
func TestNoPreflight(t *testing.T) {
	t.Parallel()
	ask := serve(t, cors.Options{Origins: []string{trusted}})
	for _, asks := range []string{"", "GET"} {
		if res := ask("OPTIONS", asks, nil); res.Header.Get("Allow") != "GET, OPTIONS" || !varies(res, "Origin") || len(granted(res)) > 0 {
			t.Errorf("asking for %q: %v", asks, res.Header)
		}
	}
}

// TestA48: a list of headers of 64 KiB costs next to nothing, whatever is in it.
func TestA48(t *testing.T) {
	t.Parallel()
	handler := middleware.Must(cors.New(cors.Options{Origins: []string{trusted}}))(ok)
	for _, list := range []string{strings.Repeat(",", 64<<10), strings.Repeat("a", 64<<10), strings.Repeat("apikey,", 9<<10), strings.Repeat(" ", 64<<10)} {
		r := httptest.NewRequest(http.MethodOptions, "/notes", nil)
		r.Header.Set("Origin", trusted)
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header["Access-Control-Request-Headers"] = []string{list}
		const times = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range times {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if names := granted(w.Result()); len(names) > 0 {
				t.Fatalf("%.10q...: %v", list, names)
			}
		}
		took := time.Since(start) / times
		runtime.ReadMemStats(&after)
		// Other tests run at the same time, which the bounds of the case leave room for.
		if bytes := (after.TotalAlloc - before.TotalAlloc) / times; took > programtest.Within(5*time.Millisecond) || bytes > 1<<20 {
			t.Errorf("%.10q...: %s and %d bytes", list, took, bytes)
		}
	}
}

// TestExposed: pages can read what client libraries do.
func TestExposed(t *testing.T) {
	t.Parallel()
	res := serve(t, cors.Options{Origins: []string{trusted}, ExposedHeaders: []string{"x-own"}})("GET", "", nil, trusted)
	exposed := strings.Split(strings.ToLower(res.Header.Get("Access-Control-Expose-Headers")), ", ")
	for _, name := range []string{
		"content-range", "content-location", "etag", "location", "link", "preference-applied", "retry-after", "ratelimit", "ratelimit-policy",
		"x-request-id", "x-total-count", "x-supabase-api-version", "content-encoding", "range-unit", "www-authenticate", "x-own",
	} {
		if !slices.Contains(exposed, name) {
			t.Errorf("%s is not in %q", name, exposed)
		}
	}
}

// TestAnyOrigin: public data is for everybody, and never with credentials.
func TestAnyOrigin(t *testing.T) {
	t.Parallel()
	ask := serve(t, cors.Options{AnyOrigin: true})
	for _, origin := range []string{trusted, "null", "https://evil.example"} {
		for _, res := range []*http.Response{ask("GET", "", nil, origin), ask("OPTIONS", "GET", nil, origin)} {
			if !slices.Equal(res.Header["Access-Control-Allow-Origin"], []string{"*"}) || res.Header["Access-Control-Allow-Credentials"] != nil {
				t.Errorf("%s of %s: %v", res.Request.Method, origin, res.Header)
			}
		}
	}
}

// TestOff: without options nothing is added.
func TestOff(t *testing.T) {
	t.Parallel()
	ask := serve(t, cors.Options{})
	for _, res := range []*http.Response{ask("GET", "", nil, trusted), ask("OPTIONS", "GET", nil, trusted)} {
		if res.StatusCode != 200 || len(granted(res)) > 0 || !slices.Equal(res.Header["Vary"], []string{"Accept"}) {
			t.Errorf("%s: %v", res.Request.Method, res.Header)
		}
	}
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{0: "7200", 90 * time.Second: "90", time.Millisecond: "0", -1: "0", 2 * time.Hour: "7200"} {
		res := serve(t, cors.Options{Origins: []string{trusted}, MaxAge: age})("OPTIONS", "GET", nil, trusted)
		if got := res.Header.Get("Access-Control-Max-Age"); got != want {
			t.Errorf("%s: %q, want %q", age, got, want)
		}
	}
}

func BenchmarkCORS(b *testing.B) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler := middleware.Must(cors.New(cors.Options{Origins: []string{trusted}}))(nothing)
	r := httptest.NewRequest(http.MethodGet, "/notes", nil)
	r.Header.Set("Origin", trusted)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(w.Header())
		handler.ServeHTTP(w, r)
	}
}
