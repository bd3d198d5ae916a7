package apptest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Get returns the status and the body of a GET, or 0 if no server answers.
func Get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close() // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(body)
}

// Status sends a GET to a handler and returns the status and the body.
func Status(t *testing.T, handler http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w.Code, w.Body.String()
}

// Ask sends a request through the proxy of [Proxied], from the IP address of a client.
func Ask(t *testing.T, handler http.Handler, method, target, from string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("X-Forwarded-For", from)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// Do sends a request with a JSON body and headers, given as name, value, ...
func Do(t *testing.T, h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Session is the response to a sign-up.
type Session struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	User    struct{ ID string }
}

// SignUp signs a user up.
func SignUp(t *testing.T, h http.Handler, headers ...string) (s Session) {
	t.Helper()
	w := Do(t, h, http.MethodPost, "/auth/v1/signup", `{"email":"ann@example.org","password":"a good password"}`, headers...)
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || s.Access == "" {
		t.Fatalf("sign up: %d %s", w.Code, w.Body)
	}
	return s
}
