package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestAccessLog: one line describes a request, without its query, headers and bodies.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	for _, ecs := range []bool{false, true} {
		var log lines
		r := httptest.NewRequest(http.MethodPost, "/auth/v1/verify?token=secret-query", strings.NewReader("secret-request"))
		r.Header.Set("Authorization", "Bearer secret-token")
		r.Header.Set("Cookie", "a=secret-cookie")
		w := serve(func(w http.ResponseWriter, r *http.Request) {
			middleware.SetRoute(r.Context(), "POST /auth/v1/{action}")
			middleware.SetPrincipal(r.Context(), "user", "ann")
			w.Header().Set("Set-Cookie", "a=secret-answer-cookie")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "secret-answer")
		}, r,
			middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})),
			middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{})),
			middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger(), ECS: ecs}))
		if strings.Contains(log.text(), "secret") {
			t.Errorf("a secret is logged: %s", log.text())
		}
		line := log.one(t)
		want := map[string]any{
			"level": "INFO", "msg": "request", "method": "POST", "path": "/auth/v1/verify", "status": 201.0, "bytes": 13.0,
			"request_id": w.Header().Get("X-Request-Id"), "client": "192.0.2.1", "route": "POST /auth/v1/{action}",
			"principal_kind": "user", "principal_id": "ann",
		}
		duration := "duration_ms"
		if ecs {
			duration = "event.duration"
			want = map[string]any{
				"level": "INFO", "msg": "request", "http.request.method": "POST", "url.path": "/auth/v1/verify",
				"http.response.status_code": 201.0, "http.response.body.bytes": 13.0,
				"http.request.id": w.Header().Get("X-Request-Id"), "client.ip": "192.0.2.1", "labels.route": "POST /auth/v1/{action}",
				"labels.principal_kind": "user", "user.id": "ann",
			}
		}
		if took, ok := line[duration].(float64); !ok || took <= 0 || took > float64(time.Minute) || !ecs && took > float64(time.Minute.Milliseconds()) {
			t.Errorf("%s: %v", duration, line[duration])
		}
		delete(line, duration)
		delete(line, "time")
		for name, value := range want {
			if line[name] != value {
				t.Errorf("%s: %v, want %v", name, line[name], value)
			}
		}
		if len(line) != len(want) {
			t.Errorf("fields %v, want %v", line, want)
		}
	}
}

// TestAccessLogAnswers: status, bytes and level are those of the answer, however it
// was written.
func TestAccessLogAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		method string
		answer func(http.ResponseWriter)
		status float64
		bytes  float64
		level  string
	}{
		{"nothing", "GET", func(http.ResponseWriter) {}, 200, 0, "INFO"},
		{"body", "GET", func(w http.ResponseWriter) { _, _ = w.Write([]byte("12345")) }, 200, 5, "INFO"},
		{"copy", "GET", func(w http.ResponseWriter) { _, _ = io.Copy(w, io.LimitReader(strings.NewReader("12345"), 4)) }, 200, 4, "INFO"},
		{"HEAD", "HEAD", func(w http.ResponseWriter) { _, _ = w.Write([]byte("12345")) }, 200, 0, "INFO"},
		{"not found", "GET", func(w http.ResponseWriter) { w.WriteHeader(404) }, 404, 0, "INFO"},
		{"twice", "GET", func(w http.ResponseWriter) { w.WriteHeader(201); _, _ = w.Write(nil); w.WriteHeader(500) }, 201, 0, "INFO"},
		{"hints first", "GET", func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(204) }, 204, 0, "INFO"},
		{"failure", "GET", func(w http.ResponseWriter) { w.WriteHeader(503) }, 503, 0, "ERROR"},
		{"flushed", "GET", func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush(); w.WriteHeader(500) }, 200, 0, "INFO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log lines
			serve(func(w http.ResponseWriter, _ *http.Request) { tt.answer(w) },
				httptest.NewRequest(tt.method, "/", nil), middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}))
			line := log.one(t)
			if line["status"] != tt.status || line["bytes"] != tt.bytes || line["level"] != tt.level {
				t.Errorf("status %v, bytes %v, level %v", line["status"], line["bytes"], line["level"])
			}
		})
	}
}

// TestAccessLogPanic: a panic that passes through is logged, and the status is what
// the client was sent.
func TestAccessLogPanic(t *testing.T) {
	t.Parallel()
	for status, h := range map[float64]http.HandlerFunc{
		500: func(http.ResponseWriter, *http.Request) { panic("before") },
		202: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); panic("behind") },
	} {
		var log lines
		p := panics(func() {
			serve(h, httptest.NewRequest(http.MethodGet, "/", nil), middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}))
		})
		if line := log.one(t); p == nil || line["aborted"] != true || line["status"] != status {
			t.Errorf("panic %v, log %v, want status %v", p, line, status)
		}
	}
	var log lines
	serve(func(http.ResponseWriter, *http.Request) { panic("inside") }, httptest.NewRequest(http.MethodGet, "/", nil),
		middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}), middleware.Recover(middleware.RecoverOptions{
			Logger: discard(), Refuse: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(500) },
		}))
	if line := log.one(t); line["aborted"] != nil || line["status"] != 500.0 || line["level"] != "ERROR" {
		t.Errorf("with Recover: %v", line)
	}
}

// TestAccessLogClientGone: a client that hangs up is logged as such and not as a failure,
// with and without an answer.
func TestAccessLogClientGone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		begin  bool
		status float64
	}{"before the answer": {false, 499}, "within the answer": {true, 200}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lines
			arrived, done := make(chan struct{}), make(chan struct{})
			h := chain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.begin {
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-r.Context().Done()
			}), middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done)
				h.ServeHTTP(w, r)
			}))
			defer server.Close()
			client := server.Client()
			defer client.CloseIdleConnections()
			ctx, hangUp := context.WithCancel(t.Context())
			go func() {
				<-arrived
				hangUp()
			}()
			if res, err := get(ctx, client, server.URL); err == nil {
				_, _ = io.ReadAll(res.Body)
				_ = res.Body.Close()
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			<-done
			if line := log.one(t); line["client_gone"] != true || line["status"] != tt.status || line["level"] != "INFO" {
				t.Errorf("log: %v", line)
			}
		})
	}
}

// TestAccessLogSkip: Skip chooses by the request and the status of its answer.
func TestAccessLogSkip(t *testing.T) {
	t.Parallel()
	var log lines
	status := http.StatusOK
	h := chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }), middleware.AccessLog(middleware.AccessLogOptions{
		Logger: log.logger(), Skip: func(r *http.Request, status int) bool { return r.URL.Path == "/healthz" && status < 500 },
	}))
	for _, status = range []int{200, 404, 503} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/healthz", nil))
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	var logged []any
	for _, line := range log.all(t) {
		logged = append(logged, line["path"])
	}
	if !slices.Equal(logged, []any{"/healthz", "/"}) {
		t.Errorf("logged: %v", logged)
	}
}

// TestAccessLogFullPath: the path in the log is the one that the client sent, also where the
// handler is mounted below a prefix.
func TestAccessLogFullPath(t *testing.T) {
	t.Parallel()
	var log lines
	inner := chain(http.NotFoundHandler(), middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}))
	mounted := http.StripPrefix("/backend", inner)
	for _, target := range []string{"/backend/a%2Fb?token=secret", "http://example.com/backend/whole", "/backend/http://example.com/part"} {
		mounted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	var logged []any
	for _, line := range log.all(t) {
		logged = append(logged, line["path"])
	}
	if !slices.Equal(logged, []any{"/backend/a%2Fb", "/backend/whole", "/backend/http://example.com/part"}) {
		t.Errorf("logged: %v", logged)
	}
}

// TestAccessLogPattern: without SetRoute the pattern is that of the standard router.
func TestAccessLogPattern(t *testing.T) {
	t.Parallel()
	var log lines
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) {})
	chain(mux, middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()})).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes/7", nil))
	if line := log.one(t); line["route"] != "GET /notes/{id}" {
		t.Errorf("log: %v", line)
	}
}

// TestAccessLogOneLine: no text of a client or a handler adds a line or hides one, also
// with a log handler that does not escape.
func TestAccessLogOneLine(t *testing.T) {
	t.Parallel()
	var raw rawHandler
	evil := "x\r\nlevel=ERROR msg=forged\x1b[2K\u2028\u202e\x00\x7f" + strings.Repeat("y", 10_000)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL.Path = "/" + evil
	r.Method = evil
	serve(func(_ http.ResponseWriter, r *http.Request) {
		middleware.SetRoute(r.Context(), evil)
		middleware.SetPrincipal(r.Context(), evil, evil)
	}, r, middleware.AccessLog(middleware.AccessLogOptions{Logger: slog.New(&raw)}))
	if raw.values == nil {
		t.Fatal("nothing is logged")
	}
	for name, value := range raw.values {
		if strings.ContainsFunc(value, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("%s: %q", name, value)
		}
		if len(value) > 1000 {
			t.Errorf("%s has %d bytes", name, len(value))
		}
	}
}

// rawHandler keeps the values of the last line as they come.
type rawHandler struct{ values map[string]string }

func (h *rawHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *rawHandler) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h *rawHandler) WithGroup(string) slog.Handler            { return h }
func (h *rawHandler) Handle(_ context.Context, r slog.Record) error {
	h.values = map[string]string{}
	for a := range r.Attrs {
		h.values[a.Key] = a.Value.String()
	}
	return nil
}

// TestAccessLogUnknownClient: an unknown client address is not logged as that of the proxy.
func TestAccessLogUnknownClient(t *testing.T) {
	t.Parallel()
	var log lines
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = proxyPeer
	r.Header.Set("X-Forwarded-For", "garbage")
	serve(func(http.ResponseWriter, *http.Request) {}, r,
		middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}),
		middleware.Must(middleware.ClientAddress(middleware.ClientAddressOptions{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})))
	if _, named := log.one(t)["client"]; named {
		t.Errorf("log: %s", log.text())
	}
}

// TestControllers: handlers in a chain can use http.ResponseController and the older
// interfaces of the server's writer.
func TestControllers(t *testing.T) {
	t.Parallel()
	var log lines
	server := httptest.NewServer(chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		err := errors.Join(
			c.SetReadDeadline(time.Now().Add(time.Minute)), c.SetWriteDeadline(time.Now().Add(time.Minute)), c.EnableFullDuplex())
		if err != nil {
			t.Error(err)
		}
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("files are copied")
		}
		w.(http.Flusher).Flush()
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = rw.WriteString("raw")
		_ = rw.Flush()
		_ = conn.Close()
	}), middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}), middleware.Recover(middleware.RecoverOptions{Logger: discard()})))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	raw, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !strings.HasPrefix(string(raw), "HTTP/1.1 200 OK") || !strings.HasSuffix(string(raw), "raw") {
		t.Errorf("%q, %v", raw, err)
	}
	server.Close()
}
