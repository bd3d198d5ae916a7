package application_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestRatesBeforeCredentials: an address that asks too often is refused before anybody
// looks at its credentials, which costs more than to refuse it.
func TestRatesBeforeCredentials(t *testing.T) {
	t.Parallel()
	looked := 0
	handler, _ := apptest.Proxied(t, func(c *plinth.Config) {
		c.Rates = plinth.Rates{Address: plinth.Rate{Requests: 20, Per: time.Hour}}
		c.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			looked++
			return byGateway{}.Authenticate(r)
		})
	})
	answers := map[int]int{}
	for range 30 {
		answers[apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.7", "X-Gateway-User", "ann").Code]++
	}
	if answers[http.StatusOK] != 20 || answers[http.StatusTooManyRequests] != 10 {
		t.Errorf("answers %v", answers)
	}
	if looked < 1 || looked > 20 {
		t.Errorf("credentials were looked at %d times for 20 requests", looked)
	}
}

// byName knows callers by a header that has their name.
var byName = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
	if name := r.Header.Get("X-Test-User"); name != "" {
		return auth.Principal{Kind: auth.User, ID: name}, nil
	}
	return auth.Principal{}, nil
})

// TestRatesOfCallers: a user has one rate wherever from, others at the same address have
// theirs, and servers with a secret key have none.
func TestRatesOfCallers(t *testing.T) {
	t.Parallel()
	secret := auth.NewSecretKey()
	handler, _ := apptest.Proxied(t, func(c *plinth.Config) {
		c.Rates = plinth.Rates{Address: plinth.Rate{Requests: -1}, Caller: plinth.Rate{Requests: 5, Per: time.Hour}}
		c.Authenticator, c.Keys.Secret = byName, []string{secret}
	})
	for i := range 10 {
		from := fmt.Sprint("203.0.113.", 1+i)
		w := apptest.Ask(t, handler, http.MethodGet, "/hello/ann", from, "X-Test-User", "ann")
		if limited := w.Code == http.StatusTooManyRequests && strings.Contains(w.Body.String(), `"PL429"`); limited != (i >= 5) || !limited && w.Code != http.StatusOK {
			t.Errorf("request %d of ann, from %s: %d %s", i, from, w.Code, w.Body)
		}
	}
	for i := range 5 {
		if w := apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.1", "X-Test-User", "bob"); w.Code != http.StatusOK {
			t.Errorf("request %d of bob, from the address of ann: %d %s", i, w.Code, w.Body)
		}
		if w := apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.1"); w.Code != http.StatusOK {
			t.Errorf("request %d of strangers there: %d %s", i, w.Code, w.Body)
		}
	}
	for i := range 10 {
		w := apptest.Ask(t, handler, http.MethodGet, "/hello/ann", "203.0.113.1", "Apikey", secret)
		if w.Code != http.StatusOK || w.Header().Get("RateLimit") != "" {
			t.Errorf("request %d with a secret key: %d %s, RateLimit %q", i, w.Code, w.Body, w.Header().Get("RateLimit"))
		}
	}
}
