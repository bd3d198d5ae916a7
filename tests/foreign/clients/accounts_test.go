package clients_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// mailbox keeps the mails that accounts send, by who gets them.
type mailbox struct {
	mu    sync.Mutex
	mails map[string][]mail
}

// mail is what a template shows.
type mail struct {
	Template string            `json:"template"`
	Values   map[string]string `json:"values"`
}

// Send implements accounts.Mailer.
func (m *mailbox) Send(_ context.Context, to, template, _ string, values map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails[to] = append(m.mails[to], mail{template, values})
	return nil
}

// SendSMS implements accounts.SMSSender: messages are kept beside mails.
func (m *mailbox) SendSMS(ctx context.Context, to, template, locale string, values map[string]string) error {
	return m.Send(ctx, to, template, locale, values)
}

// ServeHTTP answers with the mails that an address has got, the oldest first.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := json.NewEncoder(w).Encode(m.mails[r.URL.Query().Get("to")]); err != nil {
		slog.WarnContext(r.Context(), "mailbox", "error", err)
	}
}

// clock tells the time, and a request sets it forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Query().Get("by"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.ahead.Add(int64(d))
}

// elsewhere is a provider, at which the script says who logs in.
type elsewhere struct{ *authtest.Provider }

func (e elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var who map[string]any
	if err := json.NewDecoder(r.Body).Decode(&who); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.SetUser(who)
	_, _ = io.WriteString(w, e.IDToken(nil)) // the script fails without it
}

func (e elsewhere) provider(t *testing.T) accounts.Provider {
	t.Helper()
	p, err := oidc.New(oidc.Config{
		Name: "trusted", Issuer: e.Issuer(), ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret,
		InsecureLoopback: true, TrustEmail: []string{"*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// serveAccounts serves accounts with what the examples leave alone, and returns the
// variables that lead there: NAME_URL, NAME_PUBLISHABLE and NAME_SECRET. The script
// reads mails at /mailbox, sets the clock at /clock, and says at /provider who logs in.
func serveAccounts(t *testing.T, name, database string, config accounts.Config) []string {
	t.Helper()
	keys := auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	mails, now := &mailbox{mails: map[string][]mail{}}, &clock{}
	config.Mailer, config.SMS, config.Now = mails, mails, now.now
	config.Limits.AddressSMS.Count, config.Limits.SMS.Count = -1, -1 // the script is one address
	at := elsewhere{authtest.NewProvider(t)}
	config.Providers, config.ManualLinking = []accounts.Provider{at.provider(t)}, true
	config.SiteURL, config.RedirectURLs = "https://site.example", []string{"https://app.example/*"}
	server := httptest.NewUnstartedServer(nil)
	app, err := plinth.New(t.Context(), plinth.Config{
		Addr: server.Listener.Addr().String(), DatabaseURL: database, InsecureDevelopment: true, Keys: keys,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Accounts: config,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Router().Handle("/mailbox", mails)
	app.Router().Handle("/clock", now)
	app.Router().Handle("/provider", at)
	if server.Config.Handler, err = app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { app.RunBackground(ctx) })
	server.Start()
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
	})
	name = strings.ToUpper(name)
	return []string{name + "_URL=" + server.URL, name + "_PUBLISHABLE=" + keys.Publishable[0], name + "_SECRET=" + keys.Secret[0]}
}
