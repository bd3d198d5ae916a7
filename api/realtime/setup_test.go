package realtime_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Post is read by its author, and by members of its room.
type Post struct {
	bun.BaseModel `bun:"table:posts"`
	ID            int64     `bun:",pk"`
	Author        string    `bun:",notnull"`
	Room          int64     `bun:",notnull"`
	Text          string    `bun:",notnull"`
	Note          string    `bun:",notnull" plinth:"hidden"`
	Members       []*Member `bun:"rel:has-many,join:room=room"`
}

// Member lets a user into a room.
type Member struct {
	bun.BaseModel `bun:"table:members"`
	Room          int64  `bun:",pk"`
	UserName      string `bun:",pk"`
}

// Offer is read until it ends.
type Offer struct {
	bun.BaseModel `bun:"table:offers"`
	ID            int64     `bun:",pk"`
	Until         time.Time `bun:",notnull"`
	Text          string    `bun:",notnull"`
}

// server is a hub for one database.
type server struct {
	*testing.T

	db  *store.DB
	hub *realtime.Hub
	url string
	api *api.API

	stop func() // ends Run

	mu      sync.Mutex
	banned  map[string]bool
	faulty  func(name string) error
	expires time.Time
}

// engines runs a test with a running hub on each engine.
func engines(t *testing.T, config realtime.Config, test func(s *server)) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		s := &server{T: t, db: db, banned: map[string]bool{}}
		test(s.start(config))
	}, storetest.Models(Post{}, Member{}))
}

// Authenticate knows users by a header.
func (s *server) Authenticate(r *http.Request) (auth.Principal, error) {
	name := cmp.Or(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-User"), r.Header.Get("Apikey"))
	if c, err := r.Cookie("user"); err == nil && name == "" {
		name = c.Value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faulty != nil {
		if err := s.faulty(name); err != nil {
			return auth.Principal{}, err
		}
	}
	if s.banned[name] {
		return auth.Principal{}, auth.ErrInvalid
	}
	if name == "" {
		return auth.Principal{}, nil
	}
	p := auth.Principal{Kind: auth.User, ID: name, Session: "s", Expires: s.expires}
	if name == "root" {
		p.Roles = []string{"admin"}
	}
	return p, nil
}

// fault has the authenticator call a function, which may fail or panic.
func (s *server) fault(f func(name string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faulty = f
}

func (s *server) unban(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.banned, name)
}

func (s *server) ban(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.banned[name] = true
}

func (s *server) start(config realtime.Config, more ...api.Exposed) *server {
	a, err := api.New(s.db, api.Config{Authenticator: s})
	if err != nil {
		s.Fatal(err)
	}
	a.Add(api.Resource[Post]{Policy: api.Policy{Read: api.AnyOf(api.Role("admin"), api.Owner("author"), api.Related("members", api.Owner("user_name")))}})
	a.Add(more...)
	if _, err := a.Handler(); err != nil {
		s.Fatal(err)
	}
	config.Authenticator = s
	config.Logger = slog.New(slog.NewTextHandler(s.Output(), nil))
	if s.hub, err = realtime.New(a, s.db, config); err != nil {
		s.Fatal(err)
	}
	s.api = a
	mux := http.NewServeMux()
	mux.Handle("/live/", s.hub.Live("/live/"))
	mux.Handle("/changes", s.hub.Changes())
	mux.Handle("/ticket", s.hub.Ticket())
	mux.Handle("/history/", s.hub.History("/history/"))
	mux.Handle("/websocket", s.hub.WebSocket())
	mux.Handle("/broadcast", s.hub.BroadcastHTTP("/broadcast"))
	mux.Handle("/broadcast/", s.hub.BroadcastHTTP("/broadcast"))
	web := httptest.NewServer(mux)
	s.url = web.URL
	ctx, stop := context.WithCancel(context.WithoutCancel(s.Context()))
	s.stop = stop
	ended := make(chan error, 1)
	go func() { ended <- s.hub.Run(ctx) }()
	s.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		stop()
		if err := <-ended; err != nil {
			s.Error(err)
		}
	})
	return s
}

// event is a server-sent event.
type event struct{ name, id, data string }

// stream is a client of server-sent events.
type stream struct {
	*testing.T

	body   *bufio.Reader
	cancel context.CancelFunc
	status int
	last   string // id
}

// listen opens a stream as a user.
func (s *server) listen(user, path string, header ...string) *stream {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("X-User", user)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { cancel(); res.Body.Close() })
	return &stream{T: s.T, body: bufio.NewReader(res.Body), cancel: cancel, status: res.StatusCode, last: r.Header.Get("Last-Event-ID")}
}

var errEnded = errors.New("the stream has ended")

// read returns the next event with a name. Others only set the id.
func (s *stream) read() (event, error) {
	var e event
	for {
		line, err := s.body.ReadString('\n')
		if err != nil {
			return e, errEnded
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.id != "" {
				s.last = e.id
			}
			if e.name != "" {
				return e, nil
			}
			e = event{}
		}
	}
}

// next is read for a stream that goes on.
func (s *stream) next() event {
	s.Helper()
	type result struct {
		event
		error
	}
	got := make(chan result, 1)
	go func() {
		e, err := s.read()
		got <- result{e, err}
	}()
	select {
	case r := <-got:
		if r.error != nil {
			s.Fatal(r.error)
		}
		return r.event
	case <-time.After(10 * time.Second):
		s.cancel()
		s.Fatal("no event")
		return event{}
	}
}

// text is an event in short: "insert {"id":1} {"id":1,...}".
func text(e event) string {
	if e.name != "changes" {
		return e.name + " " + e.data
	}
	var events []realtime.Event
	if err := json.Unmarshal([]byte(e.data), &events); err != nil {
		return err.Error()
	}
	var parts []string
	for _, c := range events {
		parts = append(parts, strings.TrimSpace(string(c.Op)+" "+string(c.Key)+" "+string(c.Row)))
	}
	return strings.Join(parts, "; ")
}

func (s *server) do(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *server) insert(posts ...Post) {
	s.Helper()
	for _, p := range posts {
		s.do(store.For[Post](s.db).Insert(s.Context(), &p))
	}
}

func (s *server) patch(id int64, sets ...store.Set) {
	s.Helper()
	_, err := store.For[Post](s.db).Patch(s.Context(), id, sets...)
	s.do(err)
}
