package plinthtest_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// offer is visible until it ends, to its tenant and to editors.
type offer struct {
	bun.BaseModel `bun:"table:offers"`
	store.Model
	store.Tenant
	Ends time.Time `bun:",notnull"`
}

// board is an application with a role, a schedule and rules that read the time.
type board struct {
	ticks []time.Time
	mails bool // each tick mails

	tenant atomic.Pointer[string] // of new tokens
}

func (b *board) build(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	config.MailTemplates.Files = fstest.MapFS{
		"en/digest.txt": {Data: []byte("Subject: Digest\n\nNothing new for {{.to}}.\n")}, "en/digest.html": {Data: []byte("<p>Nothing new.</p>")},
	}
	config.Accounts.BeforeToken = func(_ context.Context, t *accounts.Token) error {
		if tenant := b.tenant.Load(); tenant != nil {
			t.Claims["tenant_id"] = *tenant
		}
		return nil
	}
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	current := api.Where(store.Compare("ends", query.OpGt, store.Var("now()")))
	app.Add(api.Resource[offer]{Policy: api.Policy{Read: current, Create: api.Role("editor"), ServiceBypass: true}})
	app.Prepare(func(ctx context.Context) error {
		if app.Accounts() == nil {
			return nil
		}
		return app.Accounts().SaveRole(ctx, accounts.Role{Name: "editor"})
	})
	app.Cron("digest", "0 6 * * *", func(ctx context.Context, due time.Time) error {
		b.ticks = append(b.ticks, due)
		if !b.mails {
			return nil
		}
		_, err := app.Mail().Enqueue(ctx, app.DB(), mail.Message{To: "team@example.org", Template: "digest"})
		return err
	})
	return app, nil
}

func TestSignUpByMail(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), new(board).build, func(t *testing.T, kit *plinthtest.Kit) {
		const password = "correct horse battery staple"
		kit.Anonymous().Post("/auth/v1/signup", map[string]string{"email": "carol@example.org", "password": password}).Want(200)
		kit.Anonymous().Post("/auth/v1/token?grant_type=password", map[string]string{"email": "carol@example.org", "password": password}).Want(400)
		mail := kit.Mailbox().Wait("carol@example.org")
		if mail.Template != accounts.MailConfirmation || mail.Values["code"] == "" || !strings.Contains(mail.Text, mail.Values["code"]) {
			t.Fatalf("the mail is %+v", mail)
		}
		kit.Anonymous().Post("/auth/v1/verify", map[string]string{"type": "signup", "email": mail.To, "token": mail.Values["code"]}).Want(200)
		if user, err := kit.App().Accounts().UserByEmail(t.Context(), mail.To); err != nil || user.ID != kit.ID("carol") {
			t.Errorf("the account is %+v, %v", user, err)
		}
	})
}

func TestClockAndSchedules(t *testing.T) {
	t.Parallel()
	b := new(board)
	start := time.Date(2031, 5, 6, 5, 59, 0, 0, time.UTC)
	kit := plinthtest.New(t, b.build, plinthtest.At(start))
	if d := kit.Now().Sub(start); d < 0 || d > time.Minute {
		t.Errorf("the clock begins %s after the time", d)
	}
	kit.RunJobs()
	for range 3 {
		kit.Advance(24 * time.Hour)
		kit.RunJobs()
	}
	want := []time.Time{start.AddDate(0, 0, 0).Add(time.Minute), start.AddDate(0, 0, 1).Add(time.Minute), start.AddDate(0, 0, 2).Add(time.Minute)}
	if len(b.ticks) != 3 || !b.ticks[0].Equal(want[0]) || !b.ticks[1].Equal(want[1]) || !b.ticks[2].Equal(want[2]) {
		t.Errorf("the schedule ran for %v, want %v", b.ticks, want)
	}
	ann := kit.As("ann", "editor")
	kit.Advance(2 * time.Hour) // the token has expired
	ann.Get("/auth/v1/user").Want(401)
	kit.As("ann").Get("/auth/v1/user").Want(200)
}

func TestCallers(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), new(board).build, func(t *testing.T, kit *plinthtest.Kit) {
		acme := auth.Principal{Kind: auth.User, ID: store.NewID().String(), Roles: []string{"editor"}, Tenant: "acme"}
		other := acme
		other.Tenant = "other"
		ends := kit.Now().Add(time.Hour).Format(time.RFC3339)
		kit.Caller(acme).Post("/rest/v1/offers", map[string]string{"ends": ends}).Want(201)
		kit.Caller(other).Get("/rest/v1/offers?select=version").Want(200).WantBody(`[]`)
		kit.Caller(acme).Get("/rest/v1/offers?select=version").Want(200).WantBody(`[{"version":1}]`)
		kit.As("dave").Post("/rest/v1/offers", map[string]string{"ends": ends}).Want(403)
		kit.As("dave", "editor").Get("/rest/v1/offers").Want(200).WantBody(`[]`) // an editor without a tenant
		kit.Advance(2 * time.Hour)
		kit.Caller(acme).Get("/rest/v1/offers?select=version").Want(200).WantBody(`[]`)
		kit.Service().Get("/rest/v1/offers").Want(200)
	})
}

// TestSignIn gives a user a tenant, which the next session has.
func TestSignIn(t *testing.T) {
	t.Parallel()
	b := new(board)
	kit := plinthtest.New(t, b.build)
	offer := map[string]string{"ends": kit.Now().Add(time.Hour).Format(time.RFC3339)}
	kit.As("ann", "editor").Post("/rest/v1/offers", offer).Want(403)
	tenant := "acme"
	b.tenant.Store(&tenant)
	kit.As("ann").Post("/rest/v1/offers", offer).Want(403)
	kit.SignIn("ann").Post("/rest/v1/offers", offer).Want(201)
	kit.As("ann").Get("/rest/v1/offers?select=version").Want(200).WantBody(`[{"version":1}]`)
}

func TestMailServerIsDown(t *testing.T) {
	t.Parallel()
	b := &board{mails: true}
	kit := plinthtest.New(t, b.build, plinthtest.At(time.Date(2031, 5, 6, 5, 59, 0, 0, time.UTC)))
	kit.Mailbox().Refuse(errors.New("connection refused"))
	kit.Advance(2 * time.Minute)
	kit.RunJobs()
	kit.RunJobs() // the pause has not passed
	if mails := kit.Mailbox().All(); len(mails) > 0 {
		t.Fatalf("sent %v", mails)
	}
	kit.Mailbox().Refuse(nil)
	kit.Advance(10 * time.Second)
	mail := kit.Mailbox().Wait("TEAM@example.org")
	if sent := kit.Mailbox().To("team@example.org"); len(sent) != 1 || mail.ID == "" || mail.Text != "Nothing new for team@example.org.\n" {
		t.Errorf("sent %v", sent)
	}
}

func TestMailThatCannotBeSent(t *testing.T) {
	t.Parallel()
	app := plinthtest.New(t, new(board).build).App()
	for _, m := range []mail.Message{
		{Template: "digest"},
		{Template: "digest", To: "team"},
		{Template: "digest", To: "team@example.org\r\nBcc: eve@example.org"},
		{Template: "digest", To: "team@example.org", ReplyTo: "bob"},
		{Template: "diggest", To: "team@example.org"},
	} {
		if _, err := app.Mail().Enqueue(t.Context(), app.DB(), m); err == nil {
			t.Errorf("%+v is no error", m)
		}
	}
}

func TestWithoutAccounts(t *testing.T) {
	t.Parallel()
	kit := plinthtest.New(t, new(board).build, plinthtest.Configure(func(c *plinth.Config) { c.DisableAccounts = true }))
	kit.As("ann").Post("/rest/v1/offers", `{"ends":"2100-01-01T00:00:00Z"}`).Want(403)
	if ann := kit.ID("ann"); kit.ID("ann") != ann || kit.ID("bob") == ann {
		t.Error("ids do not belong to names")
	}
}
