package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestLongLivedOfCallers: a user has so many requests that last, wherever from, and others
// at the same address have as many.
func TestLongLivedOfCallers(t *testing.T) {
	t.Parallel()
	config := apptest.Served(t)
	config.MaxConnectionsPerClient = 2
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	config.Authenticator = byName
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	begun := make(chan struct{})
	live(app).Get("/events", func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	var streams sync.WaitGroup
	defer streams.Wait()
	defer end()
	for i, tt := range []struct {
		user, from string
		refused    bool
	}{
		{"ann", "203.0.113.1", false},
		{"ann", "203.0.113.2", false},
		{"ann", "203.0.113.3", true},
		{"bob", "203.0.113.1", false},
		{"bob", "203.0.113.1", false},
		{"bob", "203.0.113.1", true},
		{"", "203.0.113.1", false},
	} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "https://notes.example/live/events", http.NoBody)
		r.RemoteAddr = "10.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", tt.from)
		r.Header.Set("X-Test-User", tt.user)
		w, over := httptest.NewRecorder(), make(chan struct{})
		streams.Go(func() {
			defer close(over)
			handler.ServeHTTP(w, r)
		})
		select {
		case <-begun:
			if tt.refused {
				t.Errorf("stream %d, of %q from %s, has begun", i, tt.user, tt.from)
			}
		case <-over:
			if !tt.refused || w.Code != http.StatusTooManyRequests {
				t.Errorf("stream %d, of %q from %s: %d %s", i, tt.user, tt.from, w.Code, w.Body)
			}
		}
	}
}

// byName authenticates callers by a header with their name.
var byName = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
	if name := r.Header.Get("X-Test-User"); name != "" {
		return auth.Principal{Kind: auth.User, ID: name}, nil
	}
	return auth.Principal{}, nil
})
