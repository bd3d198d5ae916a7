package clients_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// streams is an application whose pages follow changes, and what it has logged.
type streams struct {
	*testing.T

	handler http.Handler
	web     *httptest.Server
	log     *apptest.Log
}

// startStreams serves an application with cookies on both engines.
func startStreams(t *testing.T, test func(s *streams)) {
	t.Parallel()
	for name, database := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "app.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &streams{T: t, log: new(apptest.Log)}
			config := apptest.Config(t)
			config.DatabaseURL, config.Accounts.Cookies = database(t), true
			config.Logger = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			app := apptest.New(t, config)
			app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
			pages, err := plinth.Static(fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>Tasks</title>")}})
			if err != nil {
				t.Fatal(err)
			}
			app.Router().Handle("/*", pages)
			if s.handler, err = app.Handler(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
			ended := make(chan bool)
			go func() {
				app.RunBackground(ctx)
				close(ended)
			}()
			s.web = httptest.NewServer(s.handler)
			t.Cleanup(func() {
				s.web.CloseClientConnections()
				s.web.Close()
				stop()
				<-ended
				_ = app.DB().Close()
			})
			test(s)
		})
	}
}

// pageCode returns the JavaScript of docs/realtime.md that has a text.
func pageCode(t *testing.T, part string) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/realtime.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(page), "```js\n")[1:] {
		if code, _, _ := strings.Cut(block, "```"); strings.Contains(code, part) {
			return code
		}
	}
	t.Fatalf("docs/realtime.md has no code with %q", part)
	return ""
}

// TestStreamsInBrowser runs the code of docs/realtime.md in Chromium: an EventSource with a
// ticket and one with a cookie, each over a cut connection, and a socket.
func TestStreamsInBrowser(t *testing.T) {
	startStreams(t, func(s *streams) {
		page := browsertest.Start(s.T).NewPage(s.T)
		page.Visit(s.web.URL + "/")
		run := func(script string) string {
			s.Helper()
			got, err := page.Run(script)
			if err != nil {
				s.Fatalf("%s: %v", script, err)
			}
			return got
		}
		ann := apptest.SignUp(s.T, s.handler)
		run(`(async () => {
			const res = await fetch('/auth/v1/token?grant_type=password', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Plinth-Session': 'cookie' },
				body: JSON.stringify({ email: 'ann@example.org', password: 'a good password' }) })
			if (!res.ok) throw new Error(await res.text())
			window.seen = { cookie: [], ticket: [], socket: [] }
			window.token = '` + ann.Access + `'
			window.accessToken = async () => token
		})()`)
		run(`{ ` + strings.ReplaceAll(pageCode(s.T, "live/notes?snapshot=true"), "notes", "tasks") + `; window.rows = rows }`)
		run(pageCode(s.T, "/-/ticket") + `; follow('tasks', (event, list) => seen.ticket.push(event === 'snapshot' ? list.length : list.map((c) => c.row.title).join()))`)
		run(`{
			const socket = new WebSocket(location.origin.replace('http', 'ws') + '/realtime/v1/websocket?vsn=1.0.0')
			socket.onopen = () => socket.send(JSON.stringify({ topic: 'realtime:tasks', event: 'phx_join', ref: '1', join_ref: '1', payload: {
				access_token: token, config: { postgres_changes: [{ event: '*', schema: 'public', table: 'tasks' }] } } }))
			socket.onmessage = (e) => {
				const message = JSON.parse(e.data)
				if (message.event === 'system') window.joined = true
				if (message.event === 'postgres_changes') seen.socket.push(message.payload.data.record.title)
			}
		}`)
		wait := func(what, script, want string) {
			s.Helper()
			got := ""
			programtest.Until(s.T, 30*time.Second, what+": "+want, func() bool {
				got = run(script)
				return got == want
			})
		}
		wait("the socket", `String(window.joined)`, "true")
		wait("the snapshot", `String(seen.ticket)`, "0")
		insert := func(title string) {
			s.Helper()
			if w := apptest.Do(s.T, s.handler, http.MethodPost, "/rest/v1/tasks", `{"title":"`+title+`"}`, "Authorization", "Bearer "+ann.Access); w.Code != http.StatusCreated {
				s.Fatal(w.Code, w.Body)
			}
		}
		const cookie = `String([...rows.values()].map((row) => row.title))`
		insert("Milk")
		wait("with the cookie", cookie, "Milk")
		wait("with a ticket", `String(seen.ticket)`, "0,Milk")
		wait("on the socket", `String(seen.socket)`, "Milk")
		s.web.CloseClientConnections()
		insert("Bread")
		wait("with the cookie, again", cookie, "Milk,Bread")
		wait("with another ticket", `String(seen.ticket)`, "0,Milk,Bread")
		if problems := page.Problems(); len(problems) > 0 {
			s.Errorf("%q", problems)
		}
	})
}

// TestStreamsAreNotLogged keeps tickets, cursors and filters out of the log.
func TestStreamsAreNotLogged(t *testing.T) {
	startStreams(t, func(s *streams) {
		ann := apptest.SignUp(s.T, s.handler)
		w := apptest.Do(s.T, s.handler, http.MethodPost, "/rest/v1/-/ticket", `{"resource":"tasks"}`, "Authorization", "Bearer "+ann.Access)
		var asked struct {
			Ticket string `json:"ticket"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &asked); err != nil || asked.Ticket == "" {
			s.Fatal(w.Code, w.Body)
		}
		s.log.Taken(s.T)
		query := "?ticket=" + asked.Ticket + "&title=eq.private&since="
		ctx, cancel := context.WithCancel(s.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.web.URL+"/rest/v1/-/live/tasks"+query, nil)
		if err != nil {
			s.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			s.Fatal(res, err)
		}
		cancel()
		res.Body.Close()
		for _, path := range []string{"/rest/v1/-/live/tasks" + query, "/rest/v1/-/live/tasks?since=private", "/rest/v1/-/changes?tables=tasks&since=private", "/realtime/v1/websocket?apikey=private"} {
			if status, body := apptest.Get(s.T, s.web.URL+path); status < 400 {
				s.Errorf("%s: %d %s", path, status, body)
			}
		}
		byUser := 0
		count := 0
		programtest.Until(s.T, 10*time.Second, "all requests are logged", func() bool {
			for _, line := range s.log.Taken(s.T) {
				text := fmt.Sprint(line)
				if strings.Contains(text, asked.Ticket) || strings.Contains(text, "private") {
					s.Errorf("a line of the log: %s", text)
				}
				if line["duration_ms"] != nil && line["path"] != nil {
					count++
				}
				if line["principal_id"] == ann.User.ID {
					byUser++
				}
			}
			return count == 5
		})
		if byUser != 1 {
			s.Errorf("%d lines name the caller of the ticket, want that of the stream", byUser)
		}
	})
}
