package accounts_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestCall: an HTML form signs up, in and out with a cookie. Call returns what the wire
// rejects, and rejects forms of other origins.
func TestCall(t *testing.T) {
	limited := func(c *accounts.Config) {
		withCookies(c)
		c.Limits.Guesses = accounts.Limit{Count: 3, Per: time.Hour}
	}
	engines(t, limited, func(t *testing.T, w *world) {
		b := &browser{w: w}
		call := func(method, target string, in, out any, change func(*http.Request)) error {
			r := b.request("POST /form", "name=value")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if change != nil {
				change(r)
			}
			rec := httptest.NewRecorder()
			err := w.a.Call(rec, r, method, target, in, out)
			for _, c := range rec.Result().Cookies() {
				b.cookie = c.Value
			}
			if rec.Body.Len() > 0 {
				t.Errorf("%s %s writes %s", method, target, rec.Body)
			}
			return err
		}
		credentials := map[string]string{"email": "ann@example.org", "password": "a good password"}
		var up struct {
			User struct{ ID string }
		}
		if err := call(http.MethodPost, "/signup", credentials, &up, nil); err != nil || up.User.ID == "" || b.cookie == "" {
			t.Fatalf("sign-up: %v, %v, cookie %q", up, err, b.cookie)
		}
		if p, err := b.caller(http.MethodGet); err != nil || p.ID != up.User.ID {
			t.Errorf("after the sign-up: %v, %v", p, err)
		}
		var me struct{ ID string }
		if err := call(http.MethodGet, "/user", nil, &me, nil); err != nil || me.ID != up.User.ID {
			t.Errorf("user: %v, %v", me, err)
		}
		if err := call(http.MethodPost, "/logout?scope=local", nil, nil, nil); err != nil || b.cookie != "" {
			t.Errorf("sign-out: %v, cookie %q", err, b.cookie)
		}

		wrong := map[string]string{"email": "ann@example.org", "password": "another password"}
		err := call(http.MethodPost, "/token?grant_type=password", wrong, nil, nil)
		failed, ok := errors.AsType[*accounts.CallError](err)
		if !ok || failed.Status != 400 || failed.Problem() != "invalid_credentials" || failed.Message == "" || b.cookie != "" {
			t.Errorf("wrong password: %v, cookie %q", err, b.cookie)
		}
		foreign := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
		err = call(http.MethodPost, "/token?grant_type=password", credentials, nil, foreign)
		if failed, ok = errors.AsType[*accounts.CallError](err); !ok || failed.Status != 403 || b.cookie != "" {
			t.Errorf("another origin: %v, cookie %q", err, b.cookie)
		}
		for range 4 {
			err = call(http.MethodPost, "/token?grant_type=password", wrong, nil, func(r *http.Request) { r.RemoteAddr = "192.0.2.9:1" })
		}
		if failed, ok = errors.AsType[*accounts.CallError](err); !ok || failed.Status != 429 {
			t.Errorf("wrong passwords of one IP address: %v", err)
		}
		if err := call(http.MethodPost, "/token?grant_type=password", credentials, nil, nil); err != nil {
			t.Errorf("another IP address: %v", err)
		}
		if err := call("BAD METHOD", "/user", nil, nil, nil); err == nil || !strings.Contains(err.Error(), "Call") {
			t.Errorf("a method with a space: %v", err)
		}
		if err := call(http.MethodPost, "/user", make(chan int), nil, nil); err == nil {
			t.Error("a channel is no body")
		}
	})
}
