package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
)

var madeID = regexp.MustCompile(`^[a-z2-9]{16}$`)

// TestRequestID: an id is accepted from a trusted peer only, if it has safe characters.
// Otherwise it is a new one.
func TestRequestID(t *testing.T) {
	t.Parallel()
	trusting := middleware.RequestIDOptions{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	const proxy, stranger = "10.1.2.3:4711", "203.0.113.9:4711"
	longest := strings.Repeat("a", 64)
	tests := []struct {
		name  string
		opts  middleware.RequestIDOptions
		peer  string
		sent  []string
		taken bool
	}{
		{"nobody sends one", trusting, proxy, nil, false},
		{"from a proxy", trusting, proxy, []string{"Az09._-"}, true},
		{"from a proxy by IPv6", trusting, "[fd00::1]:1", []string{"abc"}, true},
		{"from a proxy, mapped", trusting, "[::ffff:10.1.2.3]:1", []string{"abc"}, true},
		{"longest", trusting, proxy, []string{longest}, true},
		{"trusting nobody", middleware.RequestIDOptions{}, proxy, []string{"abc"}, false},
		{"from a stranger", trusting, stranger, []string{"abc"}, false},
		{"from a Unix socket", trusting, "@", []string{"abc"}, false},
		{"too long", trusting, proxy, []string{longest + "a"}, false},
		{"empty", trusting, proxy, []string{""}, false},
		{"two", trusting, proxy, []string{"abc", "abc"}, false},
		{"space", trusting, proxy, []string{"a b"}, false},
		{"line feed", trusting, proxy, []string{"a\nlevel=ERROR"}, false},
		{"quote", trusting, proxy, []string{`a"b`}, false},
		{"markup", trusting, proxy, []string{"<script>"}, false},
		{"letter beyond ASCII", trusting, proxy, []string{"ä"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Request-Id"] = tt.sent
			var inside, inProblem string
			w := serve(func(_ http.ResponseWriter, r *http.Request) {
				inside, inProblem = middleware.RequestIDFrom(r.Context()), problem.RequestID(r.Context())
			}, r, middleware.Must(middleware.RequestID(tt.opts)))
			answered := w.Header().Values("X-Request-Id")
			if len(answered) != 1 || answered[0] != inside || inside != inProblem {
				t.Fatalf("answered %q, the handler sees %q, problems %q", answered, inside, inProblem)
			}
			switch {
			case tt.taken && inside != tt.sent[0]:
				t.Errorf("id %q, want %q", inside, tt.sent[0])
			case !tt.taken && !madeID.MatchString(inside):
				t.Errorf("id %q is not one of ours", inside)
			}
		})
	}
}

// TestRequestIDsDiffer: 10,000 ids differ, and every place of an id takes many values.
func TestRequestIDsDiffer(t *testing.T) {
	t.Parallel()
	const n = 10_000
	seen := map[string]bool{}
	var letters [16]map[byte]bool
	h := chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})))
	for range n {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		id := w.Header().Get("X-Request-Id")
		seen[id] = true
		for i := range letters {
			if letters[i] == nil {
				letters[i] = map[byte]bool{}
			}
			letters[i][id[i]] = true
		}
	}
	if len(seen) != n {
		t.Errorf("%d different ids of %d", len(seen), n)
	}
	for i := range letters {
		if len(letters[i]) != 32 {
			t.Errorf("place %d has %d of 32 letters", i, len(letters[i]))
		}
	}
}

// TestRequestIDOfProblem: an error names the id that the header has.
func TestRequestIDOfProblem(t *testing.T) {
	t.Parallel()
	w := serve(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.Errorf(problem.Conflict, "no"), problem.Options{})
	}, httptest.NewRequest(http.MethodGet, "/", nil), middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})))
	if id := w.Header().Get("X-Request-Id"); !strings.Contains(w.Body.String(), `"request_id":"`+id+`"`) {
		t.Errorf("id %q is not in %s", id, w.Body)
	}
}

// FuzzRequestID: whatever a trusted peer sends, the id is safe to log and to send.
func FuzzRequestID(f *testing.F) {
	for _, seed := range []string{"", "abc", "a\r\nSet-Cookie: x=y", strings.Repeat("x", 65), "\x00", "\u2028"} {
		f.Add(seed)
	}
	safe := regexp.MustCompile(`\A[A-Za-z0-9._-]{1,64}\z`)
	around := middleware.Must(middleware.RequestID(middleware.RequestIDOptions{Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}))
	f.Fuzz(func(t *testing.T, sent string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil) // from 192.0.2.1
		r.Header["X-Request-Id"] = []string{sent}
		w := serve(func(http.ResponseWriter, *http.Request) {}, r, around)
		got := w.Header().Get("X-Request-Id")
		if !safe.MatchString(got) || safe.MatchString(sent) != (got == sent) {
			t.Errorf("sent %q, got %q", sent, got)
		}
	})
}
