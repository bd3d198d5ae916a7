package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

const password = "a password of the team"

// mailbox is a mail server that can be down.
type mailbox struct {
	*mail.Folder // checks messages

	mu   sync.Mutex
	down error
	sent []mail.Message
}

func (b *mailbox) Deliver(_ context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down == nil {
		b.sent = append(b.sent, m)
	}
	return b.down
}

// fail makes deliveries fail, or work again with nil.
func (b *mailbox) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = err
}

// messages returns the mails that were delivered to an e-mail address.
func (b *mailbox) messages(to string) (list []mail.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.sent {
		if m.To == to {
			list = append(list, m)
		}
	}
	return list
}

// running is the application on a server.
type running struct {
	*contact
	url     string
	mailbox *mailbox
}

// start runs the application with its background work, and with messages of the seed.
func start(t *testing.T, database string, messages int) *running {
	t.Helper()
	return startWith(t, database, messages, Settings{Team: "team@example.org"})
}

// reopen runs the application on a database as it is.
func reopen(t *testing.T, database string) *running {
	t.Helper()
	return start(t, database, -1)
}

func startWith(t *testing.T, database string, messages int, settings Settings) *running {
	t.Helper()
	templates, err := mail.NewTemplates(mail.TemplatesConfig{Files: mails()})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := mail.NewFolder(t.TempDir(), mail.FolderConfig{Templates: templates})
	if err != nil {
		t.Fatal(err)
	}
	box := &mailbox{Folder: folder}
	config := plinth.Config{DatabaseURL: database, Logger: slog.New(slog.DiscardHandler)}
	config.Accounts.Mailer = box
	server := httptest.NewUnstartedServer(nil)
	config.Addr = server.Listener.Addr().String()
	c, err := newContact(t.Context(), config, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.app.DB().Close() })
	handler, err := c.app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if messages >= 0 {
		members, err := c.seedTeam(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.seedMessages(t.Context(), members, messages); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.app.RunBackground(ctx)
	}()
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(func() {
		server.Close()
		cancel()
		<-ended
	})
	return &running{contact: c, url: server.URL, mailbox: box}
}

// engines runs a test with an application on each engine.
func engines(t *testing.T, messages int, test func(t *testing.T, app *running)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, start(t, filepath.Join(t.TempDir(), "contact.db"), messages))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, start(t, pgtest.URL(t), messages))
	})
}

// client is a browser without JavaScript.
type client struct {
	t      *testing.T
	url    string
	cookie string
	site   string // Sec-Fetch-Site
}

// answer is a response that was read.
type answer struct {
	status   int
	location string
	header   http.Header
	body     string
}

func (c *client) do(method, path, contentType, body string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": contentType, "Sec-Fetch-Site": c.site} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
	plain := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := plain.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		if cookie.Name == "__Host-plinth-session" {
			c.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	return answer{res.StatusCode, res.Header.Get("Location"), res.Header, string(raw)}
}

func (c *client) get(path string) answer { return c.do(http.MethodGet, path, "", "") }

func (c *client) post(path string, form url.Values) answer {
	return c.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

func (c *client) patch(path, body string) answer {
	return c.do(http.MethodPatch, path, "application/json", body)
}

// want fails the test unless an answer has a status and shows texts.
func (a answer) want(t *testing.T, status int, texts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("no %q in %s", text, a.body)
		}
	}
	return a
}

var tokenPattern = regexp.MustCompile(`name="token" value="([A-Z0-9]+)"`)

// token returns the token of a new form.
func (c *client) token() string {
	c.t.Helper()
	match := tokenPattern.FindStringSubmatch(c.get("/").want(c.t, 200).body)
	if match == nil {
		c.t.Fatal("the form has no token")
	}
	return match[1]
}

// filled returns a valid form.
func filled(token, subject string) url.Values {
	return url.Values{"token": {token}, "name": {"Bob"}, "email": {"bob@example.org"}, "subject": {subject}, "body": {"Where is it?"}}
}

func (a *running) visitor(t *testing.T) *client { return &client{t: t, url: a.url} }

// member returns a client that is signed in.
func (a *running) member(t *testing.T) *client {
	t.Helper()
	c := a.visitor(t)
	c.post("/sign-in", url.Values{"email": {team[0].Email}, "password": {password}}).want(t, 303)
	if c.cookie == "" {
		t.Fatal("no cookie after the sign-in")
	}
	return c
}

type mailMessage = mail.Message

// unlimited is a limiter that allows everything.
type unlimited struct{}

func (unlimited) Take(context.Context, string, time.Duration, int) (int, time.Duration, error) {
	return 1, 0, nil
}
