package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestRecover: a panic is a 500 without details, and is logged with its stack.
func TestRecover(t *testing.T) {
	t.Parallel()
	var log lines
	quiet := func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusInternalServerError) }
	for _, p := range []any{"a secret", errors.New("a secret"), 42} {
		log = lines{}
		w := serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Etag", `"1"`)
			panic(p)
		}, httptest.NewRequest(http.MethodGet, "/", nil),
			middleware.Must(middleware.RequestID(middleware.RequestIDOptions{})), middleware.Recover(middleware.RecoverOptions{Logger: log.logger(), Refuse: quiet}))
		if w.Code != http.StatusInternalServerError {
			t.Errorf("status %d", w.Code)
		}
		line := log.one(t)
		stack, _ := line["stack"].(string)
		if line["level"] != "ERROR" || line["request_id"] != w.Header().Get("X-Request-Id") || !strings.Contains(stack, "TestRecover") {
			t.Errorf("log: %v", line)
		}
	}
}

// TestRecoverHidesThePanic: without Refuse the answer is a problem document without the panic.
func TestRecoverHidesThePanic(t *testing.T) {
	previous := slog.Default()
	t.Cleanup(func() { slog.SetDefault(previous) })
	slog.SetDefault(discard())
	w := serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"1"`)
		panic("select secret from users")
	}, httptest.NewRequest(http.MethodGet, "/", nil), middleware.Recover(middleware.RecoverOptions{}))
	if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" || w.Header().Get("Etag") != "" {
		t.Errorf("status %d, header %v", w.Code, w.Header())
	}
	if body := w.Body.String(); strings.Contains(body, "secret") || strings.Contains(body, "goroutine") || !strings.Contains(body, "XX000") {
		t.Errorf("body %s", body)
	}
}

// TestRecoverBegun: an answer that has begun is cut off, so that its client notices.
func TestRecoverBegun(t *testing.T) {
	t.Parallel()
	tests := map[string]func(http.ResponseWriter){
		"Write":      func(w http.ResponseWriter) { _, _ = w.Write([]byte("half")) },
		"String":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "half") },
		"Copy":       func(w http.ResponseWriter) { _, _ = io.Copy(w, io.LimitReader(bytes.NewReader([]byte("half")), 4)) },
		"Header":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"Flush":      func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"Controller": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lines
			server := httptest.NewUnstartedServer(chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				begin(w)
				panic("too late")
			}), middleware.Recover(middleware.RecoverOptions{Logger: log.logger()})))
			server.Start()
			defer server.Close()
			client := server.Client()
			defer client.CloseIdleConnections()
			res, err := get(t.Context(), client, server.URL)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			if err == nil {
				t.Error("the client takes the answer for a whole one")
			}
			if line := log.one(t); line["panic"] != "too late" {
				t.Errorf("log: %v", line)
			}
		})
	}
}

// TestRecoverNotBegun: writes that send nothing do not begin an answer.
func TestRecoverNotBegun(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(http.ResponseWriter){
		"nothing":       func(http.ResponseWriter) {},
		"header":        func(w http.ResponseWriter) { w.Header().Set("X-A", "b") },
		"empty copy":    func(w http.ResponseWriter) { _, _ = io.Copy(w, io.LimitReader(bytes.NewReader(nil), 4)) },
		"informational": func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				before(w)
				panic("in time")
			}), middleware.Recover(middleware.RecoverOptions{Logger: discard(), Refuse: func(w http.ResponseWriter, _ *http.Request, _ error) {
				w.WriteHeader(http.StatusInternalServerError)
			}})))
			defer server.Close()
			client := server.Client()
			defer client.CloseIdleConnections()
			res, err := get(t.Context(), client, server.URL)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusInternalServerError {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
}

// TestRecoverAbort: http.ErrAbortHandler closes the connection and is not logged.
func TestRecoverAbort(t *testing.T) {
	t.Parallel()
	var log lines
	got := panics(func() {
		serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			httptest.NewRequest(http.MethodGet, "/", nil), middleware.Recover(middleware.RecoverOptions{Logger: log.logger()}))
	})
	if got != http.ErrAbortHandler || log.text() != "" { // the very value
		t.Errorf("panics with %v, log: %s", got, log.text())
	}
}

// TestRecoverHijacked: a connection that was taken over is closed.
func TestRecoverHijacked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
			t.Error(err)
		}
		panic("with a connection in hand")
	}), middleware.Recover(middleware.RecoverOptions{Logger: discard()})))
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v", rest, err)
	}
}

func get(ctx context.Context, client *http.Client, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(r)
}
