package development_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// sheet is a table that no resource serves.
type sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	ID            int64 `bun:",pk"`
}

// TestSamplesAskForAResource: what development prints asks for what is served, and not for a
// table that only the program itself knows.
func TestSamplesAskForAResource(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	if err := app.DB().Register(sheet{}); err != nil {
		t.Fatal(err)
	}
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Join(banner(t, app, config).Samples(t.Context(), "http://127.0.0.1:8090"), "\n"); !strings.Contains(lines, "/rest/v1/tasks") || strings.Contains(lines, "sheets") {
		t.Error(lines)
	}
}

// price is a table with required columns of several kinds.
type price struct {
	bun.BaseModel `bun:"table:prices"`
	store.Model
	OwnerID store.ID      `bun:",notnull"`
	State   string        `bun:",notnull" validate:"required,oneof=open 'on hold'"`
	Amount  store.Decimal `bun:",notnull" validate:"gte=10"`
	Code    string        `bun:",notnull" validate:"required,min=12,max=13"`
	Note    string        `bun:",notnull"`
}

// TestSamplesWork runs every command that development prints, on both engines, at the first
// start and, where the test says so, at the second one. A command fails if its answer does.
func TestSamplesWork(t *testing.T) {
	t.Parallel()
	programtest.Path(t, "curl")
	owned := api.OwnedBy("owner_id")
	readOnly := api.Policy{Read: api.Anyone()}
	editors := api.OwnedBy("owner_id")
	editors.Create = api.Role("editor")
	public := api.Policy{Read: api.Anyone(), Create: api.Where(store.Eq("title", "another"))}
	refuse := func(context.Context, *store.Write[apptest.Task]) error { return errors.New("not now") }
	for name, tt := range map[string]struct {
		add     []api.Exposed
		change  func(*plinth.Config)
		prepare func(*plinth.App) error
		twice   bool
		curls   int    // how many there are
		write   string // the table of the write, if there is any
	}{
		"owned":                   {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, curls: 5, write: "tasks", twice: true},
		"required columns":        {add: []api.Exposed{api.Resource[price]{Policy: owned}}, curls: 5, write: "prices"},
		"read only":               {add: []api.Exposed{api.Resource[apptest.Task]{Policy: readOnly}}, curls: 4},
		"written by a role":       {add: []api.Exposed{api.Resource[apptest.Task]{Policy: editors}}, curls: 4},
		"a rule on a column":      {add: []api.Exposed{api.Resource[apptest.Task]{Policy: public}}, curls: 4},
		"the second can be used":  {add: []api.Exposed{api.Resource[apptest.Task]{Policy: editors}, api.Resource[price]{Policy: owned}}, curls: 5, write: "prices"},
		"read by a role":          {add: []api.Exposed{api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Role("editor")}}}, curls: 4},
		"nothing":                 {curls: 2},
		"a hook":                  {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, prepare: func(a *plinth.App) error { return store.Before(a.DB(), refuse) }, curls: 4},
		"no sign-up":              {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, change: func(c *plinth.Config) { c.Accounts.DisableSignup = true }, curls: 1},
		"mails have to be read":   {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, change: func(c *plinth.Config) { c.Accounts.Mailer = droppedMail{} }, curls: 1},
		"no accounts":             {add: []api.Exposed{api.Resource[apptest.Task]{Policy: readOnly}}, change: func(c *plinth.Config) { c.DisableAccounts = true }, curls: 1},
		"few rows in an answer":   {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, change: func(c *plinth.Config) { c.API.Limits.Rows = 2 }, curls: 5, write: "tasks"},
		"a sign-up that is asked": {add: []api.Exposed{api.Resource[apptest.Task]{Policy: owned}}, change: func(c *plinth.Config) { c.Accounts.BeforeSignUp = refuseSignUp }, curls: 1},
	} {
		for _, engine := range []string{"sqlite", "postgres"} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				config := apptest.Config(t)
				if engine == "postgres" {
					config.DatabaseURL = pgtest.URL(t)
				}
				if tt.change != nil {
					tt.change(&config)
				}
				for start := range 2 {
					app := apptest.New(t, config)
					app.Add(tt.add...)
					if tt.prepare != nil {
						app.Prepare(func(context.Context) error { return tt.prepare(app) })
					}
					runSamples(t, app, config, tt.curls-start, tt.write)
					if !tt.twice {
						break
					}
				}
			})
		}
	}
}

// runSamples runs the commands of an application in one shell.
func runSamples(t *testing.T, app *plinth.App, config plinth.Config, curls int, write string) {
	t.Helper()
	defer app.DB().Close()
	h, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	lines := banner(t, app, config).Samples(t.Context(), server.URL)
	script := "set -e\ncurl() { command curl --fail-with-body \"$@\"; }\n" + strings.Join(lines, "\necho\n")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s\n%s", err, script, out)
	}
	if n := strings.Count(script, "curl -s"); n != curls {
		t.Errorf("%d commands, want %d:\n%s", n, curls, strings.Join(lines, "\n"))
	}
	_, after, wrote := strings.Cut(script, "return=representation")
	if wrote != (write != "") || wrote && !strings.Contains(script, "/rest/v1/"+write+"' ") {
		t.Errorf("the write: %t %s\n%s", wrote, after, strings.Join(lines, "\n"))
	}
}

// droppedMail drops mails.
type droppedMail struct{}

func (droppedMail) Send(context.Context, string, string, string, map[string]string) error { return nil }

func refuseSignUp(context.Context, *accounts.SignUp) error { return errors.New("not now") }

// banner returns the banner that an application prints.
func banner(t *testing.T, app *plinth.App, config plinth.Config) *development.Banner {
	t.Helper()
	b := &development.Banner{
		DB: app.DB(), API: app.API(), Accounts: app.Accounts(), Config: config.Accounts,
		RESTPath: "/rest/v1", AuthPath: "/auth/v1", Rows: config.API.Limits.Rows,
	}
	var err error
	if b.Secrets, err = development.Complete(t.Context(), app.DB(), &config.Keys, &config.Accounts); err != nil {
		t.Fatal(err)
	}
	return b
}
