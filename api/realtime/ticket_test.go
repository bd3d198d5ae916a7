package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/store"
)

// askTicket sends a request for a ticket and returns its status and the ticket.
func (s *server) askTicket(user, body string) (status int, ticket string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/ticket", strings.NewReader(body))
	s.do(err)
	r.Header.Set("X-User", user)
	res, err := http.DefaultClient.Do(r)
	s.do(err)
	defer res.Body.Close()
	var answer struct {
		Ticket string `json:"ticket"`
		In     int    `json:"expires_in"`
	}
	s.do(json.NewDecoder(res.Body).Decode(&answer))
	if res.StatusCode == http.StatusOK && (answer.In != 30 || res.Header.Get("Cache-Control") != "no-store") {
		s.Errorf("a ticket: %+v, %v", answer, res.Header)
	}
	return res.StatusCode, answer.Ticket
}

// ticketOf returns a ticket of a user for the posts.
func (s *server) ticketOf(user string) string {
	s.Helper()
	status, ticket := s.askTicket(user, `{"resource":"posts"}`)
	if status != http.StatusOK || len(ticket) < 26 {
		s.Fatalf("%d: %q", status, ticket)
	}
	return ticket
}

// TestTicket opens a stream with the rights of the caller that has asked for the ticket, once.
func TestTicket(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		ticket := s.ticketOf("ann")
		if kept := s.keptTickets(); len(kept) != 1 || strings.Contains(kept[0], ticket) || strings.Contains(kept[0], "ann\"") {
			t.Errorf("the database has %q", kept)
		}
		c := s.listen("bob", "/live/posts?ticket="+ticket)
		s.insert(Post{ID: 1, Author: "bob", Text: "b"}, Post{ID: 2, Author: "ann", Text: "a"})
		if got := text(c.next()); got != `insert {"id":2} {"id":2,"author":"ann","room":0,"text":"a"}` {
			t.Errorf("with a ticket of ann: %s", got)
		}
		if kept := s.keptTickets(); len(kept) != 0 {
			t.Errorf("a used ticket is kept: %q", kept)
		}
		other, expired := s.ticketOf("ann"), s.ticketOf("ann")
		_, err := store.SQL{Text: "update plinth_idempotency set expires_at = $1 where scope = 'ticket'", Args: []any{time.Now().UTC()}, Writes: true}.Exec(t.Context(), s.db)
		s.do(err)
		for name, path := range map[string]string{
			"used": "/live/posts?ticket=" + ticket, "expired": "/live/posts?ticket=" + expired, "unknown": "/live/posts?ticket=x",
			"of another resource": "/live/members?ticket=" + other,
		} {
			if c := s.listen("bob", path); c.status != http.StatusUnauthorized {
				t.Errorf("a ticket that is %s: %d", name, c.status)
			}
		}
		s.ban("ann")
		if e, err := c.read(); !errors.Is(err, errEnded) {
			t.Errorf("the stream of a revoked caller: %+v, %v", e, err)
		}
	})
}

// keptTickets returns the tickets of the database as texts.
func (s *server) keptTickets() (kept []string) {
	s.Helper()
	q := store.SQL{Text: "select scope, key, caller, fingerprint, answer from plinth_idempotency", Columns: []store.Kind{store.KindText, store.KindText, store.KindText, store.KindText, store.KindText}}
	s.do(q.Rows(s.Context(), s.db, func(values [][]byte) error {
		row := ""
		for i, v := range values {
			if i != 2 {
				row += string(v)
			}
		}
		kept = append(kept, row)
		return nil
	}))
	return kept
}

// TestTicketOfSocket opens a socket for the caller of a ticket, such as a page of another origin
// with a cookie.
func TestTicketOfSocket(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		_, ticket := s.askTicket("ann", `{}`)
		c := s.dial("2.0.0", "&apikey=bob&ticket="+ticket, http.Header{"Origin": {"https://elsewhere.example"}})
		c.join("posts", `{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"posts"}]}}`)
		s.insert(Post{ID: 1, Author: "bob"}, Post{ID: 2, Author: "ann"})
		if got := c.got(); !strings.Contains(got, `"record":{"id":2,`) {
			t.Errorf("with a ticket of ann: %s", got)
		}
		_, other := s.askTicket("ann", `{}`)
		if c := s.listen("", "/live/posts?ticket="+other); c.status != http.StatusUnauthorized {
			t.Errorf("a stream with a ticket for a socket: %d", c.status)
		}
		for name, text := range map[string]string{"used": ticket, "of a stream": s.ticketOf("ann")} {
			conn, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/websocket?ticket="+text, nil)
			if err == nil {
				_ = conn.CloseNow()
			}
			if err == nil || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a ticket that is %s: %v", name, err)
			}
		}
	})
}

// TestTicketOnce lets one of many streams in, on two instances.
func TestTicketOnce(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		other, err := realtime.New(s.api, s.db, realtime.Config{Authenticator: s})
		s.do(err)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.do(other.Run(ctx)) })
		web := httptest.NewServer(other.Live("/live/"))
		t.Cleanup(func() { web.CloseClientConnections(); web.Close(); stop(); running.Wait() })
		for range 5 {
			ticket := s.ticketOf("ann")
			var mu sync.Mutex
			statuses := map[int]int{}
			var calls sync.WaitGroup
			for i := range 8 {
				calls.Go(func() {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					r, err := http.NewRequestWithContext(ctx, http.MethodGet, []string{s.url, web.URL}[i%2]+"/live/posts?ticket="+ticket, nil)
					if err != nil {
						t.Error(err)
						return
					}
					res, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					res.Body.Close()
					mu.Lock()
					defer mu.Unlock()
					statuses[res.StatusCode]++
				})
			}
			calls.Wait()
			if statuses[http.StatusOK] != 1 || statuses[http.StatusUnauthorized] != 7 {
				t.Fatalf("eight streams with one ticket: %v", statuses)
			}
		}
	})
}

// TestTicketRefused gives no ticket.
func TestTicketRefused(t *testing.T) {
	engines(t, realtime.Config{}, func(s *server) {
		s.ban("eve")
		for _, c := range []struct {
			user, body string
			want       int
		}{
			{"", `{"resource":"posts"}`, 401},
			{"eve", `{"resource":"posts"}`, 401},
			{"ann", `{"resource":"members"}`, 404},
			{"ann", ``, 400},
			{"ann", `{"resource":"` + strings.Repeat("x", 2000) + `"}`, 400},
		} {
			if status, ticket := s.askTicket(c.user, c.body); status != c.want || ticket != "" {
				t.Errorf("%q, %.40s: %d %q, want %d", c.user, c.body, status, ticket, c.want)
			}
		}
		if c := s.listen("ann", "/ticket"); c.status != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", c.status)
		}
		for range 100 {
			s.ticketOf("ann")
		}
		if status, _ := s.askTicket("ann", `{"resource":"posts"}`); status != http.StatusTooManyRequests {
			t.Errorf("the 101st ticket: %d", status)
		}
		s.ticketOf("bob")
	})
}
