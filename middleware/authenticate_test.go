package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// callers knows who calls by a header, and three that hold nothing.
var callers = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
	switch name := r.Header.Get("Authorization"); name {
	case "":
		return auth.Principal{}, nil
	case "bad":
		return auth.Principal{}, auth.ErrInvalid
	case "old":
		return auth.Principal{}, auth.ErrExpired
	case "down":
		return auth.Principal{}, errors.New("key server is down")
	default:
		return auth.Principal{Kind: auth.User, ID: name}, nil
	}
})

// who writes who calls.
var who = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(auth.FromContext(r.Context()).String()))
})

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, credential string
		status           int
		body, challenge  string
		kind, id         string // in the record
	}{
		{"NothingIsAnonymous", "", 200, "anonymous", "", "anonymous", ""},
		{"GoodPasses", "ada", 200, "user ada", "", "user", "ada"},
		{"BadIsRefused", "bad", 401, "", `Bearer error="invalid_token"`, "", ""},
		{"ExpiredIsRefused", "old", 401, "", `Bearer error="invalid_token"`, "", ""},
		{"UndecidedIsUnavailable", "down", 503, "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, record := reqinfo.Begin(httptest.NewRequest(http.MethodGet, "/", nil))
			if tt.credential != "" {
				r.Header.Set("Authorization", tt.credential)
			}
			// The caller of an outer middleware never shines through.
			r = r.WithContext(auth.WithPrincipal(r.Context(), auth.Principal{Kind: auth.Service, ID: "outer"}))
			w := httptest.NewRecorder()
			middleware.Must(middleware.Authenticate(callers, middleware.AuthenticateOptions{}))(who).ServeHTTP(w, r)
			if w.Code != tt.status || tt.status == 200 && w.Body.String() != tt.body {
				t.Errorf("answer is %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != tt.challenge {
				t.Errorf("WWW-Authenticate: %q, want %q", got, tt.challenge)
			}
			if kind, id := record.Principal(); kind != tt.kind || id != tt.id {
				t.Errorf("recorded %q %q, want %q %q", kind, id, tt.kind, tt.id)
			}
		})
	}
}

// TestAuthenticateRefuse: Refuse gets the error, with its mark.
func TestAuthenticateRefuse(t *testing.T) {
	t.Parallel()
	for credential, want := range map[string]error{"bad": auth.ErrInvalid, "old": auth.ErrExpired, "down": auth.ErrUnavailable} {
		var got error
		m := middleware.Must(middleware.Authenticate(callers, middleware.AuthenticateOptions{
			Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
				got = err
				w.WriteHeader(http.StatusTeapot)
			},
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", credential)
		w := httptest.NewRecorder()
		m(who).ServeHTTP(w, r)
		if w.Code != http.StatusTeapot || !errors.Is(got, want) {
			t.Errorf("%s: %d, %v", credential, w.Code, got)
		}
	}
}

func TestAuthenticateNeedsOne(t *testing.T) {
	t.Parallel()
	if _, err := middleware.Authenticate(nil, middleware.AuthenticateOptions{}); err == nil {
		t.Error("a nil Authenticator was taken for everybody being anonymous")
	}
}

// as returns a request of a caller.
func as(p auth.Principal, method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	return r.WithContext(auth.WithPrincipal(context.Background(), p))
}
