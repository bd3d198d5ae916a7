package passkeys_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// mailbox gives the links of mails.
type mailbox chan string

func (m mailbox) Send(_ context.Context, _, _, _ string, values map[string]string) error {
	m <- values["link"]
	return nil
}

// TestLink: the link of a mail leads a browser to a page whose own style passes its
// policy, and whose button leads to an application of another origin, with a session.
// Opened again, it leads there without one.
func TestLink(t *testing.T) {
	t.Parallel()
	page := start(t)
	app := serve(t, `<!doctype html><title>Application</title>`)
	link := mailedLink(t, storetest.New(t), app)
	for try, want := range []string{app + "/#access_token=", app + "/?error=access_denied"} {
		page.Visit(link)
		style, err := page.Run(`getComputedStyle(document.querySelector("button")).backgroundColor`)
		if err != nil || style != "rgb(29, 78, 216)" {
			t.Errorf("the button is %s: %v", style, err)
		}
		if _, err := page.Run(`document.querySelector("button").click()`); err != nil {
			t.Fatal(err)
		}
		at := ""
		for deadline := time.Now().Add(10 * time.Second); !strings.HasPrefix(at, app) && time.Now().Before(deadline); {
			at, _ = page.Run(`location.href`) // fails while the page changes
			time.Sleep(20 * time.Millisecond)
		}
		if !strings.HasPrefix(at, want) {
			t.Errorf("try %d arrived at %s", try, at)
		}
	}
}

// mailedLink serves accounts beside an application and returns a link that they mail.
func mailedLink(t *testing.T, db *store.DB, app string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	public, mails := "http://localhost:"+port+"/auth/v1", make(mailbox, 1)
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: public, SiteURL: app,
		Mailer: mails, Hashes: password.Config{Memory: 64, Time: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	server.Config.Handler = http.StripPrefix("/auth/v1", a)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	answer, err := http.Post(public+"/otp", "application/json", strings.NewReader(`{"email":"ann@example.org"}`)) // as short as the test
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	select {
	case link := <-mails:
		return link
	case <-time.After(10 * time.Second):
		t.Fatal("no mail")
		return ""
	}
}
