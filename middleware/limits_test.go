package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestLimits: the largest request is allowed, and one byte more is refused by the limit's
// name.
func TestLimits(t *testing.T) {
	t.Parallel()
	target := func(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }
	params := func(n int) string { return strings.TrimSuffix(strings.Repeat("a=b&", n), "&") }
	fields := func(n int) *http.Request {
		r := target("/")
		for i := range n {
			r.Header.Add(fmt.Sprintf("X-%d", i%7), "b")
		}
		return r
	}
	header := func(n int) *http.Request { // Host and one more
		r := target("/")
		r.Host = "example.org"
		r.Header.Set("X-A", strings.Repeat("x", n-len("Host: example.org\r\nX-A: \r\n")))
		return r
	}
	path := func(n int) *http.Request { return target("/" + strings.Repeat("x", n-1)) }
	query := func(n int) *http.Request { return target("/?" + strings.Repeat("x", n)) }
	body := func(n int) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", n)))
	}
	tests := []struct {
		name             string
		allowed, refused *http.Request
		status           int
		code, text       string
	}{
		{"path", path(16 << 10), path(16<<10 + 1), 414, "PL414", "URL: at most 16384 bytes"},
		{"query", query(8 << 10), query(8<<10 + 1), 414, "PL414", "query string: at most 8192 bytes"},
		{"parameters", target("/?" + params(64)), target("/?" + params(65)), 400, "PL001", "query string: at most 64 parameters"},
		{"bare parameters", target("/?" + strings.Repeat("a&", 1000) + params(64)), target("/?&&" + params(65)), 400, "PL001", "64 parameters"},
		{"lines", fields(99), fields(100), 431, "PL431", "header: at most 100 lines"},
		{"header", header(32 << 10), header(32<<10 + 1), 431, "PL431", "header: at most 32768 bytes"},
		{"body", body(1 << 20), body(1<<20 + 1), 413, "PL413", "1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			around := middleware.Must(middleware.Limits(middleware.LimitsOptions{}))
			served := false
			h := func(_ http.ResponseWriter, r *http.Request) {
				served = true
				if n, err := io.Copy(io.Discard, r.Body); err != nil || n != max(0, r.ContentLength) {
					t.Errorf("the body has %d bytes, %v", n, err)
				}
			}
			if w := serve(h, tt.allowed, around); !served || w.Code != http.StatusOK {
				t.Errorf("what is allowed: served %t, status %d, %s", served, w.Code, w.Body)
			}
			served = false
			if w := serve(h, tt.refused, around); served || w.Code != tt.status ||
				!strings.Contains(w.Body.String(), tt.code) || !strings.Contains(w.Body.String(), tt.text) {
				t.Errorf("one more: served %t, status %d, %s", served, w.Code, w.Body)
			}
		})
	}
}

// TestLimitsOfOne: BodyOf sets another size of the body for a request.
func TestLimitsOfOne(t *testing.T) {
	t.Parallel()
	around := middleware.Must(middleware.Limits(middleware.LimitsOptions{Body: 10, BodyOf: func(r *http.Request) int64 {
		return map[string]int64{"/small": 5, "/large": 20, "/own": -1}[r.URL.Path]
	}}))
	for _, tt := range []struct {
		path    string
		size    int
		refused bool
	}{
		{"/", 10, false}, {"/", 11, true}, {"/small", 5, false}, {"/small", 6, true}, {"/large", 20, false}, {"/large", 21, true}, {"/own", 1 << 20, false},
	} {
		for _, told := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(strings.Repeat("x", tt.size)))
			if !told {
				r.ContentLength = -1
			}
			w := serve(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					problem.Write(w, r, err, problem.Options{})
				}
			}, r, around)
			if (w.Code == http.StatusRequestEntityTooLarge) != tt.refused {
				t.Errorf("%s, %d bytes, told %t: status %d", tt.path, tt.size, told, w.Code)
			}
		}
	}
}

// TestLimitsClose: a body of unknown length beyond the limit ends the connection, also
// behind other middleware.
func TestLimitsClose(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(chain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
			t.Errorf("reading ends with %v", err)
		}
		problem.Write(w, r, err, problem.Options{})
	}), middleware.AccessLog(middleware.AccessLogOptions{Logger: discard()}), middleware.Must(middleware.Limits(middleware.LimitsOptions{Body: 10}))))
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n"+strings.Repeat("x", 20)+"\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
		t.Errorf("status %d, closed %t", res.StatusCode, res.Close)
	}
}

// TestA48Headers: excessive headers reach no handler.
func TestA48Headers(t *testing.T) {
	t.Parallel()
	for name, value := range attacktest.Headers() {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(name, value)
		w := serve(func(http.ResponseWriter, *http.Request) { t.Errorf("%s is served", name) }, r, middleware.Must(middleware.Limits(middleware.LimitsOptions{})))
		if w.Code != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
}

func TestLimitsNegative(t *testing.T) {
	t.Parallel()
	for _, opts := range []middleware.LimitsOptions{{Body: -1}, {Fields: -1}, {Header: -1}, {Params: -1}, {Query: -1}, {URL: -1}} {
		if _, err := middleware.Limits(opts); err == nil {
			t.Errorf("%+v is taken", opts)
		}
	}
}
