package problem_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// authAnswer writes an error in the dialect of the auth surface.
func authAnswer(t *testing.T, err error, version string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/token?secret=1", nil)
	if version != "" {
		r.Header.Set("X-Supabase-Api-Version", version)
	}
	w := httptest.NewRecorder()
	problem.Write(w, r, err, problem.Options{Surface: problem.Auth{}, Logger: discard()})
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return w, body
}

// TestAuth: what existing clients look at. They trust code only where the answer
// repeats the version they have named.
func TestAuth(t *testing.T) {
	t.Parallel()
	weak := &problem.Error{Code: problem.AuthWeakPassword, Message: "Longer.", DetailsJSON: json.RawMessage(`{"reasons":["length"]}`)}
	tests := []struct {
		err    error
		status int
		code   string
		text   string
	}{
		{&problem.Error{Code: problem.AuthInvalidCredentials}, 400, "invalid_credentials", "Invalid login credentials"},
		{&problem.Error{Code: problem.AuthOverLimit}, 429, "over_request_rate_limit", "Too many requests; wait a while"},
		{weak, 422, "weak_password", "Longer."},
		{&problem.Error{Code: problem.BadToken}, 401, "bad_jwt", "invalid JWT: unable to parse or verify signature"},
		{&problem.Error{Code: problem.BadBody}, 400, "bad_json", "The body is empty or not valid."},
		{&problem.Error{Code: problem.Denied}, 401, "no_authorization", "Permission denied."},
		{&problem.Error{Code: problem.Serialization}, 409, "conflict", "The rows were changed by another request at the same time."},
		{&http.MaxBytesError{Limit: 10}, 413, "validation_failed", "The body is larger than 10 bytes."},
		{&problem.Error{Code: problem.Unavailable}, 503, "unexpected_failure", "The service is temporarily unavailable."},
		{errors.New("secret"), 500, "unexpected_failure", "The server could not answer this request."},
	}
	for _, tt := range tests {
		w, body := authAnswer(t, tt.err, "2024-01-01")
		if w.Code != tt.status || body["code"] != tt.code || body["error_code"] != tt.code || body["msg"] != tt.text || body["message"] != tt.text {
			t.Errorf("%v: %d %v", tt.err, w.Code, body)
		}
		if w.Header().Get("X-Supabase-Api-Version") != "2024-01-01" || w.Header().Get("X-Sb-Error-Code") != tt.code {
			t.Errorf("%v: headers %v", tt.err, w.Header())
		}
		for _, version := range []string{"", "2023-01-01"} {
			w, body := authAnswer(t, tt.err, version)
			if body["code"] != float64(tt.status) || body["error_code"] != tt.code || w.Header().Get("X-Supabase-Api-Version") != "" {
				t.Errorf("%v for version %q: %v", tt.err, version, body)
			}
		}
	}
	if _, body := authAnswer(t, weak, ""); body["weak_password"].(map[string]any)["reasons"].([]any)[0] != "length" {
		t.Errorf("weak password: %v", body)
	}
}

// TestAuthCodes: every code has a status of its own and a text.
func TestAuthCodes(t *testing.T) {
	t.Parallel()
	for _, code := range problem.AuthCodes() {
		w, body := authAnswer(t, &problem.Error{Code: code}, "2024-01-01")
		if body["code"] != code || body["msg"] == "" || w.Code != problem.Status(code, true) || w.Code < 400 {
			t.Errorf("%s: %d %v", code, w.Code, body)
		}
	}
}
