package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// testConfig is the configuration of a network whose callers are named by a header.
func testConfig(url string) plinth.Config {
	config := plinth.Config{Addr: "127.0.0.1:0", DatabaseURL: url, Authenticator: callerHeader{}, Logger: slog.New(slog.DiscardHandler)}
	config.Rates.Address.Requests, config.Rates.Caller.Requests = -1, -1
	return config
}

// callerHeader authenticates tests. The header X-Caller is the ID of a user.
type callerHeader struct{}

func (callerHeader) Authenticate(r *http.Request) (auth.Principal, error) {
	if id := r.Header.Get("X-Caller"); id != "" {
		return auth.Principal{Kind: auth.User, ID: id, AAL: 1}, nil
	}
	return auth.Principal{}, nil
}

// fixture is a network in the process of a test.
type fixture struct {
	*social
	handler http.Handler
}

// engines runs a test on both engines, each with an empty database.
func engines(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "social.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, url(t)))
		})
	}
}

func newFixture(t *testing.T, url string) *fixture {
	t.Helper()
	s, err := newSocial(t.Context(), testConfig(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.app.DB().Close() })
	f := &fixture{social: s}
	if f.handler, err = s.app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// member is a person with a client.
type member struct {
	*Person
	client apitest.Client
}

// join makes a member.
func (f *fixture) join(t *testing.T, handle string) *member {
	t.Helper()
	p := &Person{Model: store.Model{ID: store.NewID()}, Handle: handle, Name: strings.ToUpper(handle[:1]) + handle[1:]}
	if err := store.For[Person](f.app.DB()).Insert(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return &member{p, apitest.New(t, f.handler).With("X-Caller", p.ID.String()).With("Prefer", "return=representation")}
}

// get returns what a list answers.
func (m *member) get(t *testing.T, path string) string {
	t.Helper()
	r := m.client.Do("GET", "/rest/v1/"+path, nil)
	if r.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, r.Status, r.Body)
	}
	return r.Body
}

// send makes a request, again if the server was busy, and returns the status and body.
func (m *member) send(method, path, body string) (int, string) {
	for pause := 20 * time.Millisecond; ; pause *= 2 {
		if r := m.client.Do(method, "/rest/v1/"+path, []byte(body)); r.Status != http.StatusServiceUnavailable || pause > 20*time.Second {
			return r.Status, r.Body
		}
		time.Sleep(pause/2 + rand.N(pause))
	}
}

// insert makes a row by the REST API.
func insert[T any](t *testing.T, m *member, table, body string, args ...any) *T {
	t.Helper()
	status, answer := m.send("POST", table, fmt.Sprintf(body, args...))
	if status != http.StatusCreated {
		t.Fatalf("%s %s: %d %s", table, fmt.Sprintf(body, args...), status, answer)
	}
	return decode[T](t, answer)
}

// remove deletes the rows that a filter selects.
func (m *member) remove(t *testing.T, path string, args ...any) {
	t.Helper()
	if status, answer := m.send("DELETE", fmt.Sprintf(path, args...), ""); status != http.StatusOK || answer == "[]" {
		t.Fatalf("delete %s: %d %s", fmt.Sprintf(path, args...), status, answer)
	}
}

func (m *member) post(t *testing.T, text string) *Post {
	t.Helper()
	return insert[Post](t, m, "posts", `{"body":%q}`, text)
}

func (m *member) follow(t *testing.T, other *member) {
	t.Helper()
	insert[Follow](t, m, "follows", `{"followed_id":%q}`, other.ID)
}

func (m *member) comment(t *testing.T, post *Post, parent *Comment, text string) *Comment {
	t.Helper()
	if parent != nil {
		return insert[Comment](t, m, "comments", `{"post_id":%q,"parent_id":%q,"body":%q}`, post.ID, parent.ID, text)
	}
	return insert[Comment](t, m, "comments", `{"post_id":%q,"body":%q}`, post.ID, text)
}

func (m *member) like(t *testing.T, post *Post) {
	t.Helper()
	if status, answer := m.send("POST", "rpc/like", fmt.Sprintf(`{"post":%q}`, post.ID)); status >= 300 {
		t.Fatal(status, answer)
	}
}

func (m *member) unlike(t *testing.T, post *Post) {
	t.Helper()
	if status, answer := m.send("POST", "rpc/unlike", fmt.Sprintf(`{"post":%q}`, post.ID)); status >= 300 {
		t.Fatal(status, answer)
	}
}

func (m *member) block(t *testing.T, other *member) {
	t.Helper()
	insert[Block](t, m, "blocks", `{"blocked_id":%q}`, other.ID)
}
