package plinthtest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Note is a note with a time at which its owner wants a mail.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	OwnerID store.ID  `bun:",notnull"`
	Title   string    `bun:",notnull" validate:"required,max=200"`
	Due     time.Time `bun:",notnull"`
}

// Reminder is the argument of a job.
type Reminder struct {
	Note store.ID `json:"note"`
}

// newApp builds the application, for its program and for tests.
func newApp(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	config.MailTemplates = mail.TemplatesConfig{Files: fstest.MapFS{
		"en/reminder.txt":  {Data: []byte("Subject: {{.title}}\n\nYour note is due.\n")},
		"en/reminder.html": {Data: []byte(`<p>Your note is due.</p>`)},
	}}
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
	reminders := jobs.Register(app.Jobs(), "note.remind", func(ctx context.Context, job jobs.Job[Reminder]) error {
		note, err := store.For[Note](app.DB()).Get(ctx, job.Args.Note)
		if err != nil {
			return jobs.Cancel(err)
		}
		owner, err := app.Accounts().User(ctx, note.OwnerID)
		if err != nil {
			return err
		}
		_, err = app.Mail().Enqueue(ctx, app.DB(), mail.Message{To: owner.Email, Template: "reminder", Values: map[string]string{"title": note.Title}})
		return err
	}, nil)
	err = store.After(app.DB(), func(ctx context.Context, w *store.Write[Note]) error {
		if w.New == nil || w.Old != nil {
			return nil
		}
		_, err := reminders.Enqueue(ctx, w.Tx, Reminder{w.New.ID}, jobs.At(w.New.Due))
		return err
	})
	return app, err
}

func TestReminder(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newApp, func(t *testing.T, kit *plinthtest.Kit) {
		alice, bob := kit.As("alice"), kit.As("bob")
		due := kit.Now().Add(48 * time.Hour).Format(time.RFC3339)
		alice.Post("/rest/v1/notes", map[string]string{"title": "Tax", "due": due}).Want(201)
		bob.Get("/rest/v1/notes").Want(200).WantBody(`[]`)
		kit.Anonymous().Post("/rest/v1/notes", map[string]string{"title": "Spam"}).Want(401)

		kit.Advance(47 * time.Hour)
		kit.RunJobs()
		if mails := kit.Mailbox().All(); len(mails) > 0 {
			t.Fatalf("mails before the note is due: %v", mails)
		}
		kit.Advance(2 * time.Hour)
		if mail := kit.Mailbox().Wait("alice@example.org"); mail.Subject != "Tax" {
			t.Errorf("the mail is %q", mail.Subject)
		}
	})
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	kit := plinthtest.New(t, newApp)
	note := &Note{OwnerID: kit.ID("alice"), Title: "Tax"}
	if err := store.For[Note](kit.App().DB()).Insert(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	kit.Policy(t, apitest.Matrix{
		Callers: []apitest.Caller{
			{Name: "anonymous"}, {Name: "alice", Principal: authtest.User(kit.ID("alice").String())}, {Name: "bob", Principal: authtest.User(kit.ID("bob").String())},
		},
		Rows: []apitest.Row{
			{Name: "alice's note", Path: "/rest/v1/notes/" + note.ID.String(), Update: `{"title":"x"}`},
			{Name: "a new note", Collection: "/rest/v1/notes", Create: `{"title":"x"}`},
		},
	})
}

func TestWithoutSignUps(t *testing.T) {
	t.Parallel()
	kit := plinthtest.New(t, newApp, plinthtest.Configure(func(c *plinth.Config) { c.Accounts.DisableSignup = true }))
	kit.Anonymous().Post("/auth/v1/signup", `{"email":"carol@example.org","password":"correct horse battery"}`).Want(422)
}

func ExampleKit_Email() {
	var kit *plinthtest.Kit
	fmt.Println(kit.Email("alice"), kit.Email("bob@company.example"))
	// Output: alice@example.org bob@company.example
}
