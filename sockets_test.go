package plinth_test

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
)

// TestListAOverSockets sends what the cases are about to a
// served application, byte by byte as an attacker writes it. Each answer is refused by its
// status, has what every answer must have, and its connection either ends or answers
// the next request.
func TestListAOverSockets(t *testing.T) {
	t.Parallel()
	config := served(t)
	config.JWTSecret, config.JWTIssuer, config.JWTAudience = auth.NewSecretKey(), "https://issuer.example", "notes"
	app := newApp(t, config)
	app.Add(api.Resource[task]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}})
	app.Router().Post("/own", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	run(t, app, config.Addr)
	key := "Apikey: " + config.Keys.Publishable[0] + "\r\n"
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: notes.example\r\n" + key + headers + "\r\n"
	}
	post := func(headers, body string) string {
		return fmt.Sprintf("POST /rest/v1/tasks HTTP/1.1\r\nHost: notes.example\r\n%s%sContent-Length: %d\r\n\r\n%s", key, headers, len(body), body)
	}
	const asJSON = "Content-Type: application/json\r\n"
	many := func(n int, what string) string { return strings.Repeat(what, n) }
	for name, tt := range map[string]struct {
		raw    string
		status int
	}{
		"A-34 nested":           {post(asJSON, many(100_000, "[")), 400},
		"A-34 long key":         {post(asJSON, `{"`+many(1<<20-10, "k")+`":1}`), 400},
		"A-34 long number":      {post(asJSON, `{"title":`+many(1_000_000, "9")+"}"), 400},
		"A-34 exponent":         {post(asJSON, `{"title":1e999999}`), 400},
		"A-43 query":            {get("/rest/v1/tasks?title=eq."+many(9<<10, "x"), ""), 414},
		"A-43 parameters":       {get("/rest/v1/tasks?"+many(64, "title=neq.x&")+"title=neq.x", ""), 400},
		"A-43 path":             {get("/"+many(16<<10, "x"), ""), 414},
		"A-43 path of own":      {get("/rest/v1/tasks/"+many(16<<10, "x"), ""), 414},
		"A-44 body":             {post(asJSON, many(1<<20+1, " ")), 413},
		"A-44 body in chunks":   {"POST /rest/v1/tasks HTTP/1.1\r\nHost: notes.example\r\n" + key + asJSON + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + many(1<<20+1, " ") + "\r\n0\r\n\r\n", 413},
		"A-45 groups":           {get("/rest/v1/tasks?or="+many(8, "(or")+"(title.eq.x)"+many(8, ")"), ""), 400},
		"A-45 predicates":       {get("/rest/v1/tasks?or=("+many(50, "title.eq.x,")+"title.eq.x)", ""), 400},
		"A-45 list":             {get("/rest/v1/tasks?title=in.("+many(1000, "x,")+"x)", ""), 400},
		"A-45 limit":            {get("/rest/v1/tasks?limit=1001", ""), 400},
		"A-45 offset":           {get("/rest/v1/tasks?offset=100001", ""), 400},
		"A-48 dots":             {get("/rest/v1/tasks", "Authorization: Bearer "+many(8<<10, ".")+"\r\n"), 401},
		"A-48 five parts":       {get("/rest/v1/tasks", "Authorization: Bearer eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDh9.a.b.c.d\r\n"), 401},
		"A-50 page of others":   {"POST /own HTTP/1.1\r\nHost: notes.example\r\nCookie: a=b\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n", 403},
		"A-50 of the same site": {"POST /own HTTP/1.1\r\nHost: notes.example\r\nCookie: a=b\r\nSec-Fetch-Site: same-site\r\nContent-Length: 0\r\n\r\n", 403},
		"A-50 by origin":        {"POST /own HTTP/1.1\r\nHost: notes.example\r\nCookie: a=b\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n", 403},
		"A-50 text":             {post("Content-Type: text/plain\r\n", `{"title":"x"}`), 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", config.Addr) //nolint:noctx // loopback
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // read to its end
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			go func() { _, _ = io.WriteString(conn, tt.raw) }() // the server may not read all of it
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			h := res.Header
			media, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
			if err != nil || res.StatusCode != tt.status || media != "application/problem+json" || params["charset"] != "utf-8" ||
				h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" || h.Get("Server") != "" {
				t.Errorf("%d, want %d: %v, %v, %.300s", res.StatusCode, tt.status, err, h, body)
			}
			for _, secret := range []string{".go:", "goroutine", "select ", "SELECT ", "sqlite"} {
				if strings.Contains(string(body), secret) {
					t.Errorf("the body has %q: %.300s", secret, body)
				}
			}
			if res.Close {
				return
			}
			_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: notes.example\r\n\r\n")
			if next, err := http.ReadResponse(in, nil); err != nil || next.StatusCode != http.StatusOK {
				t.Errorf("the next request: %v, %v", next, err)
			}
		})
	}
}
