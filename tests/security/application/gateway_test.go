package application_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// gatewayUser is the id of everybody whom byGateway knows.
const gatewayUser = "0198c5b8-5a0e-7cc8-9d5e-6a6f7f5b1a01"

// byGateway knows callers by a header of a gateway, which has them log in by a cookie.
type byGateway struct{}

func (byGateway) Authenticate(r *http.Request) (auth.Principal, error) {
	if r.Header.Get("X-Gateway-User") == "" {
		return auth.Principal{}, nil
	}
	return auth.Principal{Kind: auth.User, ID: gatewayUser}, nil
}

// TestGatewayCallersAndOtherOrigins: a page of another origin can make a browser send a
// form, which a gateway or a certificate makes one of a known caller. It calls nothing.
func TestGatewayCallersAndOtherOrigins(t *testing.T) {
	t.Parallel()
	called := 0
	handler := withPay(t, func(c *plinth.Config) {
		c.Authenticator, c.Accounts.CookieOrigins = byGateway{}, []string{"https://app.example"}
	}, &called)
	for _, tt := range []struct {
		header []string // names and values
		called bool
	}{
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null", "Content-Type", "text/plain"}, false},
		{[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example", "Content-Type", "application/x-www-form-urlencoded"}, false},
		{[]string{"Origin", "https://evil.example"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "Apikey", "x", "Cookie", "a=b"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, true},
		{[]string{"Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1"}, true},
		{nil, true}, // no browser
	} {
		called = 0
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/rest/v1/rpc/pay", strings.NewReader(""))
		r.Header.Set("X-Gateway-User", "ann")
		for i := 0; i < len(tt.header); i += 2 {
			r.Header.Set(tt.header[i], tt.header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if called > 0 != tt.called || !tt.called && w.Code != http.StatusForbidden {
			t.Errorf("%q: called %d times, status %d", tt.header, called, w.Code)
		}
	}
}

// withPay is an application with a function that counts its calls.
func withPay(t *testing.T, change func(*plinth.Config), called *int) http.Handler {
	t.Helper()
	config := apptest.Config(t)
	change(&config)
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Func("pay", api.SignedIn(), func(context.Context, struct{}) (struct{}, error) {
		*called++
		return struct{}{}, nil
	}))
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return handler
}
