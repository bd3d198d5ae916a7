package sockets_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
)

// lines are headers as they are sent, of names and values in turn.
func lines(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(pairs[i] + ": " + pairs[i+1] + "\r\n")
	}
	return b.String()
}

// TestA49OverSockets is case A-49 against a served application: no page reads answers of
// its resources, its accounts or its own routes but those of the very origin that was
// named, and every answer says that it depends on the origin.
func TestA49OverSockets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, nil)
		user := s.cookie(t)
		for _, target := range []string{"/own", "/rest/v1/tasks", "/auth/v1/user", "/nowhere"} {
			ask := func(method, headers string, origins ...string) answer {
				for _, origin := range origins {
					headers += "Origin: " + origin + "\r\n"
				}
				got := s.send(t, request(method+" "+target, headers, ""))
				got.complete(t)
				if !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Origin") {
					t.Errorf("%s %s: Vary %q", method, target, got.Header.Values("Vary"))
				}
				return got
			}
			const preflight = "Access-Control-Request-Method: PATCH\r\n"
			for _, origins := range attacktest.Strangers() {
				for _, got := range []answer{ask("GET", s.key, origins...), ask("GET", user, origins...), ask("OPTIONS", preflight, origins...)} {
					for name := range got.Header {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("%s for %q: %d, %v", target, origins, got.StatusCode, got.Header)
						}
					}
				}
			}
			for _, got := range []answer{ask("GET", s.key, attacktest.Trusted), ask("GET", user, attacktest.Trusted), ask("OPTIONS", preflight, attacktest.Trusted)} {
				h := got.Header
				if !slices.Equal(h["Access-Control-Allow-Origin"], []string{attacktest.Trusted}) || h.Get("Access-Control-Allow-Credentials") != "true" {
					t.Errorf("%s for the one that was named: %d, %v", target, got.StatusCode, h)
				}
			}
		}
	})
}

// TestA50OverSockets is case A-50 against a served application: with the cookie of a
// session no page of another origin changes anything, and no GET does, whatever method its
// headers name.
func TestA50OverSockets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, nil)
		user := s.cookie(t)
		const kept = `{"title":"kept","owner_id":"0192f0c1-2345-7abc-8def-0123456789ab"}`
		state := func() string {
			t.Helper()
			tasks := s.send(t, request("GET /rest/v1/tasks?select=title", user, ""))
			me := s.send(t, request("GET /auth/v1/user", user, ""))
			if tasks.StatusCode != http.StatusOK || me.StatusCode != http.StatusOK {
				t.Fatalf("%d %s, %d %s", tasks.StatusCode, tasks.body, me.StatusCode, me.body)
			}
			return fmt.Sprint(tasks.body, me.body, s.effects.Load())
		}
		// The own page can do what follows, or it would prove nothing.
		for line, want := range map[string]int{"POST /own": http.StatusNoContent, "POST /rest/v1/tasks": http.StatusCreated, "PUT /auth/v1/user": http.StatusOK} {
			body := kept
			if line == "PUT /auth/v1/user" {
				body = `{"data":{"a":1}}`
			}
			if got := s.send(t, request(line, user+ownPage+asJSON, body)); got.StatusCode != want {
				t.Fatalf("%s of the own page: %d %s", line, got.StatusCode, got.body)
			}
		}
		before := state()
		for _, page := range attacktest.OtherPages("notes.example") {
			for _, line := range []string{
				"POST /own", "DELETE /own", "POST /rest/v1/tasks", "PATCH /rest/v1/tasks?title=eq.kept", "DELETE /rest/v1/tasks?title=eq.kept", "POST /rest/v1/-/batch",
				"PUT /auth/v1/user", "POST /auth/v1/logout", "POST /auth/v1/token?grant_type=password",
			} {
				for _, media := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded"} {
					headers := user + lines(page...) + "Content-Type: " + media + "\r\n"
					got := s.send(t, request(line, headers, kept))
					if got.complete(t); got.StatusCode != http.StatusForbidden {
						t.Errorf("%s from %q as %s: %d %s", line, page, media, got.StatusCode, got.body)
					}
				}
			}
			for _, target := range []string{"/own", "/rest/v1/tasks?title=eq.kept", "/auth/v1/user"} {
				s.send(t, request("GET "+target, user+lines(page...)+"X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\n", ""))
			}
		}
		// Nor does a program that sends the cookie and no word of a page, with a body that a
		// form could have.
		if got := s.send(t, request("POST /rest/v1/tasks", user+"Content-Type: text/plain\r\n", kept)); got.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("JSON as text: %d %s", got.StatusCode, got.body)
		}
		if after := state(); after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
	})
}

// TestA52OverSockets is case A-52 against a served application: a login gives a cookie that
// no script and no other host gets, and what depends on who has it is kept by nobody else.
func TestA52OverSockets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, nil)
		const login, asked = "POST /auth/v1/token?grant_type=password", "X-Plinth-Session: cookie\r\n"
		in := s.send(t, request(login, s.key+asJSON+ownPage+asked, ann))
		user := s.cookie(t)
		out := s.send(t, request("POST /auth/v1/logout?scope=local", s.cookie(t)+ownPage, ""))
		for what, got := range map[string]answer{"login": in, "logout": out} {
			cookies := got.Cookies()
			if len(cookies) != 1 {
				t.Fatalf("%s: %d, %d cookies: %s", what, got.StatusCode, len(cookies), got.body)
			}
			c := cookies[0]
			if c.Name != "__Host-plinth-session" || c.Path != "/" || c.Domain != "" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || (c.MaxAge < 0) != (what == "logout") {
				t.Errorf("%s: %s", what, c)
			}
			if strings.Contains(got.body, "access_token") || strings.Contains(got.body, "refresh_token") {
				t.Errorf("%s: %s", what, got.body)
			}
		}
		const task = `{"title":"x","owner_id":"0192f0c1-2345-7abc-8def-0123456789ab"}`
		list := s.send(t, request("GET /rest/v1/tasks", user, ""))
		const private, none, own = "private, no-cache", "no-store", "no-store, no-transform"
		for _, tt := range []struct {
			got    answer
			status int
			cache  string
		}{
			{in, 200, own},
			{out, 204, own},
			{s.send(t, request("GET /auth/v1/user", user, "")), 200, own},
			{s.send(t, request("GET /auth/v1/user", user+"If-None-Match: *\r\n", "")), 200, own},
			{s.send(t, request("GET /auth/v1/user", "", "")), 401, none},
			{s.send(t, request("GET /auth/v1/nothing", user, "")), 404, none},
			{s.send(t, request(login, s.key+asJSON+ownPage+asked, `{"email":"ann@example.org","password":"wrong"}`)), 400, none},
			{s.send(t, request("POST /auth/v1/verify", user+ownPage+"Content-Type: application/x-www-form-urlencoded\r\n", "type=signup&token=x")), 303, own},
			{list, 200, private},
			{s.send(t, request("GET /rest/v1/tasks", user+"If-None-Match: "+list.Header.Get("Etag")+"\r\n", "")), 304, private},
			{s.send(t, request("GET /rest/v1/tasks/0192f0c1-2345-7abc-8def-0123456789ab", user, "")), 404, none},
			{s.send(t, request("GET /rest/v1/nothing", user, "")), 404, none},
			{s.send(t, request("GET /rest/v1/tasks?nothing=eq.x", user, "")), 400, none},
			{s.send(t, request("POST /rest/v1/tasks", user+ownPage+asJSON, task)), 201, none},
			{s.send(t, request("DELETE /rest/v1/tasks?title=eq.x", user+ownPage, "")), 204, none},
		} {
			got, h := tt.got, tt.got.Header
			got.complete(t)
			if got.StatusCode != tt.status || h.Get("Cache-Control") != tt.cache {
				t.Errorf("%d, want %d, Cache-Control %q, want %q: %s", got.StatusCode, tt.status, h.Get("Cache-Control"), tt.cache, got.body)
			}
			if (h.Get("Etag") != "") != (tt.cache == private) {
				t.Errorf("%d: Etag %q", got.StatusCode, h.Get("Etag"))
			}
			vary := strings.Join(h.Values("Vary"), ",")
			for _, name := range []string{"Apikey", "Authorization", "Cookie", "Origin"} {
				if tt.cache == private && !strings.Contains(vary, name) {
					t.Errorf("%d: Vary %q has no %s", got.StatusCode, vary, name)
				}
			}
		}
	})
}
