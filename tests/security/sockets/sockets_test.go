package sockets_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// site is a served application with all that a program may have: accounts with cookies,
// tokens of another issuer, a resource, a route of its own, an origin whose pages are let
// in.
type site struct {
	addr        string
	publishable string
	key         string       // the header that strangers send
	effects     atomic.Int64 // of its own route
}

const (
	ann     = `{"email":"ann@example.org","password":"correct horse battery"}`
	asJSON  = "Content-Type: application/json\r\n"
	ownPage = "Sec-Fetch-Site: same-origin\r\nOrigin: https://notes.example\r\n"
)

func newSite(t *testing.T, url string, change func(*plinth.Config)) *site {
	t.Helper()
	config := apptest.WithAccounts(t, url)
	config.Accounts.Cookies = true
	config.CORS = cors.Options{Origins: []string{attacktest.Trusted}, Credentials: true}
	config.JWTSecret, config.JWTIssuer, config.JWTAudience = auth.NewSecretKey(), "https://issuer.example", "notes"
	if change != nil {
		change(&config)
	}
	publishable := config.Keys.Publishable[0]
	s := &site{addr: config.Addr, publishable: publishable, key: "Apikey: " + publishable + "\r\n"}
	app := apptest.New(t, config)
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone(), Update: api.SignedIn(), Delete: api.SignedIn()}})
	app.Router().HandleFunc("/own", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			api.WriteError(w, r, err)
			return
		}
		if r.Method != http.MethodGet {
			s.effects.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	app.Router().Get("/read", func(http.ResponseWriter, *http.Request) {})
	apptest.Run(t, app, config.Addr)
	made := s.send(t, request("POST /auth/v1/admin/users", "Apikey: "+config.Keys.Secret[0]+"\r\n"+asJSON, strings.TrimSuffix(ann, "}")+`,"email_confirm":true}`))
	if made.StatusCode != http.StatusOK {
		t.Fatalf("making an account: %d %s", made.StatusCode, made.body)
	}
	return s
}

// request is one as it is sent.
func request(line, headers, body string) string {
	length := ""
	if body != "" || !strings.HasPrefix(line, "GET ") {
		length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return line + " HTTP/1.1\r\nHost: notes.example\r\n" + headers + length + "\r\n" + body
}

// inChunks is one that does not tell the length of its body.
func inChunks(line, headers, body string) string {
	return fmt.Sprintf("%s HTTP/1.1\r\nHost: notes.example\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", line, headers, len(body), body)
}

// answer is one with its body.
type answer struct {
	*http.Response
	body string
}

// send sends bytes on a connection of their own, and again while there is no place for
// them: other tests keep the processors busy.
func (s *site) send(t *testing.T, raw string) answer {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		got := s.sendOnce(t, raw)
		noPlace := got.StatusCode == http.StatusServiceUnavailable || got.StatusCode == http.StatusTooManyRequests && strings.Contains(got.body, "being served")
		if !noPlace || time.Since(begun) > 20*time.Second {
			return got
		}
	}
}

// sendOnce returns the answer, behind which the connection either ends or answers the next
// request.
func (s *site) sendOnce(t *testing.T, raw string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr) // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // read to its end
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { _, _ = io.WriteString(conn, raw) }() // the server may not read all of it
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	if !res.Close {
		_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: notes.example\r\n\r\n")
		if next, err := http.ReadResponse(in, nil); err != nil || next.StatusCode != http.StatusOK {
			t.Errorf("the next request: %v, %v", next, err)
		}
	}
	return answer{res, string(body)}
}

// cookie logs in and returns the header that the browser sends from then on.
func (s *site) cookie(t *testing.T) string {
	t.Helper()
	in := s.send(t, request("POST /auth/v1/token?grant_type=password", s.key+asJSON+ownPage+"X-Plinth-Session: cookie\r\n", ann))
	if in.StatusCode != http.StatusOK || len(in.Cookies()) != 1 {
		t.Fatalf("login: %d, %v, %s", in.StatusCode, in.Header, in.body)
	}
	return "Cookie: " + in.Cookies()[0].Name + "=" + in.Cookies()[0].Value + "\r\n"
}

// complete reports what an answer lacks that every answer must have.
func (a answer) complete(t *testing.T) {
	t.Helper()
	h := a.Header
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" || h.Get("Server") != "" {
		t.Errorf("%d: %v", a.StatusCode, h)
	}
	if a.StatusCode < 400 {
		return
	}
	media, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
	// The accounts answer as their clients know it.
	isProblem := media == "application/problem+json" || h.Get("X-Sb-Error-Code") != "" && media == "application/json"
	if a.StatusCode == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
		t.Errorf("%v", h)
	}
	if !isProblem || params["charset"] != "utf-8" || !json.Valid([]byte(a.body)) {
		t.Errorf("%d: %v, %.300s", a.StatusCode, h, a.body)
	}
	for _, secret := range []string{".go:", "goroutine", "select ", "SELECT ", "sqlite", "postgres"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the body has %q: %.300s", secret, a.body)
		}
	}
}

// attack is a request of list A that is refused.
type attack struct {
	raw    string
	status int
	has    string // in the body
	server bool   // net/http refuses it itself, which knows nothing of us
}

// attacks are what the cases are about, of strangers and
// of somebody who is logged in.
func (s *site) attacks(t *testing.T) map[string]attack {
	t.Helper()
	const tasks = "/rest/v1/tasks"
	many := func(n int, what string) string { return strings.Repeat(what, n) }
	tooLong := func(body string) int {
		if len(body) > 1<<20 {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "a%d: b\r\n", i)
	}
	all := map[string]attack{
		"A-51 nowhere":        {request("GET /nowhere", s.key, ""), 404, "PGRST125", false},
		"A-51 another method": {request("DELETE /read", s.key, ""), 405, "PGRST117", false},
		"A-43 path":           {request("GET /"+many(16<<10, "x"), s.key, ""), 414, "PL414", false},
		"A-43 path of tasks":  {request("GET "+tasks+"/"+many(16<<10, "x"), s.key, ""), 414, "PL414", false},
		"A-43 header":         {request("GET "+tasks, "X: "+many(33<<10, "x")+"\r\n", ""), 431, "", true},
		"A-43 lines":          {request("GET "+tasks, lines.String(), ""), 431, "", true},
		"A-43 100 lines":      {request("GET "+tasks, many(100, "a: b\r\n"), ""), 431, "PL431", false},
		"A-44 own":            {request("POST /own", "", many(1<<20+1, " ")), 413, "PL413", false},
		"A-44 own, in chunks": {inChunks("POST /own", "", many(1<<20+1, " ")), 413, "PL413", false},
		"A-48 dots":           {request("GET "+tasks, s.key+"Authorization: Bearer "+many(8<<10, ".")+"\r\n", ""), 401, "PGRST301", false},
		"A-48 five parts":     {request("GET "+tasks, s.key+"Authorization: Bearer eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDh9.a.b.c.d\r\n", ""), 401, "PGRST301", false},
	}
	for name, value := range attacktest.Headers() {
		all["A-48 "+name] = attack{request("GET "+tasks, name+": "+value+"\r\n", ""), 431, "", true}
	}
	for _, tt := range attacktest.AccountBodies("ann@example.org", "nobody@example.org") {
		name := fmt.Sprintf("A-44 %s of %d", tt.Line, len(tt.Body))
		if strings.Contains(tt.Body, "nobody") {
			name += " of nobody"
		}
		line := strings.Replace(tt.Line, "/", "/auth/v1/", 1)
		all[name] = attack{request(line, s.key+asJSON, tt.Body), tt.Status, tt.Code, false}
		all[name+" in chunks"] = attack{inChunks(line, s.key+asJSON, tt.Body), tt.Status, tt.Code, false}
	}
	for who, known := range map[string]string{"stranger": s.key, "user": s.cookie(t) + ownPage} {
		who = " by a " + who
		for name, body := range attacktest.Bodies() {
			all["A-34 "+name+who] = attack{request("POST "+tasks, known+asJSON, body), tooLong(body), "", false}
		}
		for _, tt := range attacktest.Texts() {
			all["A-34 "+tt.Name+" as "+tt.Media+who] = attack{request("POST "+tasks, known+"Content-Type: "+tt.Media+"\r\n", tt.Body), tooLong(tt.Body), "", false}
		}
		for _, method := range []string{"POST " + tasks, "PATCH " + tasks + "?title=eq.x", "POST /rest/v1/-/batch"} {
			all["A-44 "+method+who] = attack{request(method, known+asJSON, many(1<<20+1, "{")), 413, "PL413", false}
			all["A-44 "+method+" in chunks"+who] = attack{inChunks(method, known+asJSON, many(1<<20+1, "{")), 413, "PL413", false}
		}
		for _, tt := range attacktest.Queries() {
			all[fmt.Sprintf("A-45 %.40s%s", tt.Text, who)] = attack{request("GET "+tasks+"?"+tt.Text, known, ""), tt.Status, tt.Code, false}
		}
		all["A-50 text"+who] = attack{request("POST "+tasks, known+"Content-Type: text/plain\r\n", `{"title":"x"}`), 415, "", false}
	}
	return all
}

// TestListAOverSockets sends what the cases are about to a
// served application, byte by byte as an attacker writes it. Each answer is refused by its
// status, has what every answer must have, and its connection either ends or answers
// the next request.
func TestListAOverSockets(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, url string) {
		t.Parallel()
		s := newSite(t, url, nil)
		for name, tt := range s.attacks(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := s.send(t, tt.raw)
				if got.StatusCode != tt.status || !strings.Contains(got.body, tt.has) {
					t.Errorf("%d, want %d with %q: %.300s", got.StatusCode, tt.status, tt.has, got.body)
				}
				switch {
				case !tt.server:
					got.complete(t)
				case !got.Close || got.Header.Get("Server") != "":
					t.Errorf("%v", got.Header)
				}
			})
		}
		// What is as large and no more is served, and so is a Range that counts no rows,
		// as if it were not there (RFC 9110 section 14.2).
		for name, raw := range map[string]string{
			"A-43 header":      request("GET /rest/v1/tasks", s.key+"X: "+strings.Repeat("x", 16<<10)+"\r\n", ""),
			"A-48 5,000 bytes": request("GET /rest/v1/tasks", s.key+"Range: bytes="+strings.Repeat("0-0,", 5000)+"\r\n", ""),
		} {
			if got := s.send(t, raw); got.StatusCode != http.StatusOK || got.body != "[]" {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
			}
		}
	})
}

// TestMaxBody: the bodies of own routes are as large as Config.MaxBody says, those of the
// REST API and of accounts as they were.
func TestMaxBody(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"smaller": 1000, "larger": 3 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, t.TempDir()+"/app.db", func(c *plinth.Config) { c.MaxBody = int64(most) })
			body := strings.Repeat(" ", most+1)
			for _, write := range []func(line, headers, body string) string{request, inChunks} {
				if got := s.send(t, write("POST /own", "", body[:most])); got.StatusCode != http.StatusNoContent {
					t.Errorf("%d bytes: %d %.300s", most, got.StatusCode, got.body)
				}
				got := s.send(t, write("POST /own", "", body))
				if want := fmt.Sprintf("%d bytes", most); got.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, "PL413") || !strings.Contains(got.body, want) {
					t.Errorf("one byte more: %d, want 413 with PL413 and %q: %.300s", got.StatusCode, want, got.body)
				}
				got.complete(t)
			}
			row := `{"title":"x"}` + strings.Repeat(" ", 2000) // more than the smaller
			if got := s.send(t, request("POST /rest/v1/tasks", s.cookie(t)+ownPage+asJSON, row)); got.StatusCode != http.StatusCreated {
				t.Errorf("a row: %d %.300s", got.StatusCode, got.body)
			}
			if got := s.send(t, request("POST /rest/v1/tasks", s.key+asJSON, strings.Repeat("{", 1<<20+1))); got.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("a row of more than a mebibyte: %d %.300s", got.StatusCode, got.body)
			}
			if got := s.send(t, request("POST /auth/v1/signup", s.key+asJSON, strings.Repeat("{", 1<<20+1))); got.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("a sign-up of more than a mebibyte: %d %.300s", got.StatusCode, got.body)
			}
		})
	}
}
