package plinth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/uptrace/bun"
)

// City is a model that everybody may read.
type City struct {
	bun.BaseModel `bun:"table:cities"`
	store.Model
	Name string `bun:",notnull" validate:"required"`
}

// An application as one handler, for a server or a test of one's own. Programs
// usually call Run instead; see the package's first program.
func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "plinth-example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	app, err := plinth.New(ctx, plinth.Config{DatabaseURL: filepath.Join(dir, "cities.db")})
	if err != nil {
		log.Fatal(err)
	}
	defer app.DB().Close()
	app.Add(api.Resource[City]{Policy: api.Policy{Read: api.Anyone()}})
	handler, err := app.Handler(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.For[City](app.DB()).Insert(ctx, &City{Name: "Bergen"}); err != nil {
		log.Fatal(err)
	}

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/rest/v1/cities?select=name", http.NoBody))
	fmt.Println(w.Code, w.Body)
	// Output: 200 [{"name":"Bergen"}]
}

// The program is its own tool: main ends with os.Exit(app.Main(ctx, os.Args[1:])),
// and this is what "program policy" prints.
func ExampleApp_Main() {
	ctx := context.Background()
	app, err := plinth.New(ctx, plinth.Config{DatabaseURL: ":memory:"})
	if err != nil {
		log.Fatal(err)
	}
	app.Add(api.Resource[City]{Policy: api.Policy{Read: api.Anyone(), Update: api.Role("editor")}})
	fmt.Println(app.Main(ctx, []string{"policy"}))
	// Output:
	// /cities
	//   read: anyone
	//   update: role "editor"
	// 0
}

// What packages below can be tuned by is set in one place; production takes more
// than this, which [plinth.FromEnv] reads.
func ExampleConfig() {
	config := plinth.FromEnv()
	config.API.Limits = api.Limits{Rows: 200, Steps: 10}
	config.API.KeepAnswers = time.Hour
	config.API.Title = "Cities"
	config.Postgres.Pooler = true // PgBouncer in transaction mode
	config.Postgres.MaxConns = 50
	config.SQLite.Readers = 4
	config.Retention.MaxAge = 24 * time.Hour
	config.DatabaseURL = ":memory:"

	app, err := plinth.New(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(app.DB().Capabilities().Engine, app.DB().Close())
	// Output: sqlite <nil>
}

// Who may sign up, and what users can do, is set where everything is. The rule lets
// owners delete who have shown a second factor.
func ExampleConfig_accounts() {
	config := plinth.FromEnv()
	config.Accounts.Anonymous = true   // users without an account
	config.Accounts.Passwords.Min = 12 // characters
	config.Accounts.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
		if !strings.HasSuffix(s.Email, "@example.org") {
			return accounts.Refuse("By invitation only")
		}
		return nil
	}
	policy := api.OwnedBy("owner_id")
	policy.Delete = api.AllOf(policy.Delete, api.AAL(2))

	var app *plinth.App // what plinth.New returns for this config
	config.Accounts.AfterSignIn = func(ctx context.Context, in accounts.SignedIn) error {
		profiles := store.For[Profile](app.DB())
		_, err := profiles.Get(ctx, in.User.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = profiles.Insert(ctx, &Profile{Model: store.Model{ID: in.User.ID}, Name: in.User.Email})
		}
		return err
	}
	config.Accounts.BeforeDelete = func(ctx context.Context, d *accounts.Deletion) error {
		_, err := store.For[Idea](d.Tx).DeleteWhere(ctx, store.Eq("owner_id", d.User.ID))
		if err == nil {
			_, err = store.For[Profile](d.Tx).DeleteWhere(ctx, store.Eq("id", d.User.ID))
		}
		return err
	}

	google, err := oidc.New(oidc.Google("id.apps.googleusercontent.com", "from your secrets"))
	if err != nil {
		log.Fatal(err)
	}
	config.Accounts.Providers = []accounts.Provider{google}
	config.Accounts.ManualLinking = true // users link logins and take them off

	partners, err := oidc.NewVerifier(oidc.VerifierConfig{Issuers: []oidc.Issuer{
		{Name: "partner", Issuer: "https://login.partner.example", Audience: "notes"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	config.Accounts.Verifiers = []auth.Verifier{partners}

	keys, err := jwt.NewRemote("https://login.notes.example/.well-known/jwks.json", jwt.RemoteConfig{})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := jwt.New(jwt.Config{Issuer: "https://login.notes.example", Audience: "notes", KeySource: keys})
	if err != nil {
		log.Fatal(err)
	}
	config.Verifier = tokens

	oldSecret, newSecret := auth.NewSecretKey(), auth.NewSecretKey()
	var both []auth.Verifier
	for _, secret := range []string{newSecret, oldSecret} {
		key, err := jwt.SecretKey("", []byte(secret))
		if err != nil {
			log.Fatal(err)
		}
		tokens, err := jwt.New(jwt.Config{Issuer: "https://login.notes.example", Audience: "notes", Keys: []jwt.Key{key}})
		if err != nil {
			log.Fatal(err)
		}
		both = append(both, tokens)
	}
	config.Verifier = auth.FirstOf(both...)

	party, err := passkey.New(passkey.Config{RPID: "notes.example", Name: "Notes", Origins: []string{"https://notes.example"}})
	if err != nil {
		log.Fatal(err)
	}
	config.Accounts.Passkeys = party.Plain()

	config.Accounts.SMS = gateway{} // its method SendSMS hands a text to your provider

	config.DatabaseURL, config.Logger = ":memory:", slog.New(slog.DiscardHandler)
	ctx := context.Background()
	app, err = plinth.New(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.DB().Close()
	app.Add(api.Resource[Idea]{Policy: policy}, api.Resource[Profile]{Policy: api.Policy{Read: api.Owner("id"), Update: api.Owner("id")}})
	handler, err := app.Handler(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, email := range []string{"ann@example.org", "eve@elsewhere.example"} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/auth/v1/signup", strings.NewReader(`{"email":"`+email+`","password":"correct horse battery"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(email, w.Code)
	}
	profiles := store.For[Profile](app.DB())
	fmt.Println(profiles.Count(ctx, store.Cond{}))
	ann, err := app.Accounts().UserByEmail(ctx, "ann@example.org")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(app.Accounts().DeleteUser(ctx, ann.ID))
	fmt.Println(profiles.Count(ctx, store.Cond{}))
	// Output:
	// ann@example.org 200
	// eve@elsewhere.example 403
	// 1 <nil>
	// <nil>
	// 0 <nil>
}

// A mail is enqueued with the row that is the reason for it.
func ExampleApp_Mail() {
	ctx := context.Background()
	config := plinth.Config{DatabaseURL: ":memory:", Logger: slog.New(slog.DiscardHandler)}
	files := fstest.MapFS{ // or an embed.FS
		"en/contact.txt":  {Data: []byte("Subject: Message of {{.name}}\n\n{{.text}}\n")},
		"en/contact.html": {Data: []byte(`<p style="white-space: pre-line">{{.text}}</p>`)},
	}
	config.MailTemplates = mail.TemplatesConfig{Files: files}
	app, err := plinth.New(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.DB().Close()
	app.Add(api.Resource[Idea]{Policy: api.OwnedBy("owner_id")})
	if _, err := app.Handler(ctx); err != nil {
		log.Fatal(err)
	}

	idea := &Idea{OwnerID: store.NewID(), Text: "Mails in transactions"}
	err = app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[Idea](tx).Insert(ctx, idea); err != nil {
			return err
		}
		_, err := app.Mail().Enqueue(ctx, tx, mail.Message{
			To: "team@notes.example", ReplyTo: "bob@example.org", Template: "contact",
			Values: map[string]string{"name": "Bob", "text": idea.Text},
		})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	list, err := app.Jobs().List(ctx, jobs.Filter{Kind: outbox.Kind, State: jobs.Dead}, 50)
	fmt.Println(len(list), "dead mails", err)
	list, err = app.Jobs().List(ctx, jobs.Filter{Kind: outbox.Kind}, 50)
	fmt.Println(len(list), list[0].State, err)
	_, err = app.Mail().Enqueue(ctx, app.DB(), mail.Message{To: "team@notes.example", Template: "contakt"})
	fmt.Println(err)
	// Output:
	// 0 dead mails <nil>
	// 1 waiting <nil>
	// outbox: mail: there is no template "contakt"
}

// Templates of its own belong to a sender of an application's own.
func ExampleConfig_mailer() {
	config := plinth.FromEnv()
	files := fstest.MapFS{ // or an embed.FS
		"de/invite.txt":  {Data: []byte("Subject: Komm dazu\n\nHier geht es hinein: {{.link}}")},
		"de/invite.html": {Data: []byte(`<p><a href="{{.link}}">Komm dazu</a></p>`)},
	}
	templates, err := mail.NewTemplates(mail.TemplatesConfig{Files: files, Locale: "de"})
	if err != nil {
		log.Fatal(err)
	}
	sender, err := mail.NewSMTP(mail.SMTPConfig{
		Host: "mail.example", Username: "notes", Password: "from your secrets",
		From: "Notes <accounts@notes.example>", Templates: templates,
	})
	if err != nil {
		log.Fatal(err)
	}
	config.Accounts.Mailer = sender // in place of PLINTH_SMTP_URL
	fmt.Println(config.Validate())
	// Output: <nil>
}

// gateway would send text messages; accounts.SMSSender has an example that does.
type gateway struct{}

func (gateway) SendSMS(_ context.Context, to, _, _ string, values map[string]string) error {
	fmt.Println(to, values["text"])
	return nil
}

// Idea is a model whose rows belong to users.
type Idea struct {
	bun.BaseModel `bun:"table:ideas"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Text    string   `bun:",notnull"`
}

// Profile is what the application knows of a user, whose id is its own.
type Profile struct {
	bun.BaseModel `bun:"table:profiles"`
	store.Model
	Name string `bun:",notnull"`
}

// A surface of class Stream has no deadlines. Its requests end when the client disconnects or
// the server drains.
func ExampleApp_Mount() {
	ctx := context.Background()
	app, err := plinth.New(ctx, plinth.Config{DatabaseURL: ":memory:"})
	if err != nil {
		log.Fatal(err)
	}
	defer app.DB().Close()
	events := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for n := 1; n <= 3; n++ {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", n)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done(): // the client has gone, or the server drains
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	app.Mount(plinth.Surface{
		Prefix: "/events", Handler: events,
		Class: func(string) plinth.Class { return plinth.Stream },
	})
	handler, err := app.Handler(ctx)
	if err != nil {
		log.Fatal(err)
	}

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/events", http.NoBody))
	fmt.Print(w.Body)
	// Output:
	// data: 1
	//
	// data: 2
	//
	// data: 3
}
