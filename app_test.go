package plinth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Handler serves resources and own routes without listening, and reports every
// mistake at once.
func TestHandler(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	app.Router().With(app.Authenticate).Get("/who", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, auth.FromContext(r.Context()).Kind.String())
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]struct {
		status int
		body   string
	}{
		"/rest/v1/tasks":            {http.StatusOK, "[]"},
		"/rest/v1/tasks?nope=eq.1":  {http.StatusBadRequest, "42703"},
		"/rest/v1/plinth_changes":   {http.StatusNotFound, "PGRST205"},
		"/rest/v1/tasks/not-a-uuid": {http.StatusBadRequest, "22P02"},
		"/who":                      {http.StatusOK, "anonymous"},
		"/else":                     {http.StatusNotFound, "PGRST125"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+target, http.NoBody)
		handler.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s, want %d with %q", target, w.Code, w.Body, want.status, want.body)
		}
	}

	wrong := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = wrong.DB().Close() })
	wrong.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner")}, api.Resource[apptest.Task]{})
	_, err = wrong.Handler(t.Context())
	if err == nil || !strings.Contains(err.Error(), "owner") || !strings.Contains(err.Error(), "twice") {
		t.Errorf("mistakes = %v, want both", err)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*plinth.Config)
		want   string
	}{
		"auto in production": {func(c *plinth.Config) { c.PublicURL, c.Schema = "https://x.example", plinth.SchemaAuto }, "development"},
		"public http":        {func(c *plinth.Config) { c.PublicURL = "http://x.example" }, "https"},
		"forced outside":     {func(c *plinth.Config) { c.Addr, c.InsecureDevelopment = "0.0.0.0:0", true }, "loopback"},
		"a header of lines":  {func(c *plinth.Config) { c.Headers.ContentSecurityPolicy = "a\nb" }, "Headers"},
		"an origin's path": {func(c *plinth.Config) {
			c.DisableAccounts, c.Accounts.CookieOrigins = true, []string{"https://x.example/"}
		}, "CookieOrigins"},
		"a host in capitals": {func(c *plinth.Config) { c.Accounts.CookieOrigins = []string{"https://X.example"} }, "CookieOrigins"},
		"a rate too fast":    {func(c *plinth.Config) { c.Rates.Caller = plinth.Rate{Requests: 2, Per: 1} }, "Rates.Caller"},
		"a body below zero":  {func(c *plinth.Config) { c.MaxBody = -1 }, "MaxBody"},
		"no such folder":     {func(c *plinth.Config) { c.DatabaseURL += "/nowhere/x.db" }, "nowhere"},
	} {
		config := apptest.Config(t)
		tc.change(&config)
		if err := config.Validate(); (err != nil) != (name != "no such folder") {
			t.Errorf("%s: Validate: %v", name, err)
		}
		app, err := plinth.New(t.Context(), config)
		if err == nil {
			_, err = app.Handler(t.Context())
			_ = app.DB().Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, tc.want)
		}
	}
}

// The examples of tests pass.
func TestSketches(t *testing.T) {
	t.Parallel()
	testSketches(t)
}

func TestSketchRules(t *testing.T) {
	t.Parallel()
	testSketchRules(t)
}

// TestRotateMasterKeyCommand: a program whose master key is exchanged starts without the old one
// once the command has run, and not before.
func TestRotateMasterKeyCommand(t *testing.T) {
	env := apptest.Production(t)
	env["PLINTH_SCHEMA"] = "verify"
	older, newer := env["PLINTH_MASTER_KEYS"], base64.StdEncoding.EncodeToString([]byte(auth.NewSecretKey()))
	with := func(masters string, do func(*plinth.App) (string, error)) (string, error) {
		t.Helper()
		env["PLINTH_MASTER_KEYS"] = masters
		for name, value := range env {
			t.Setenv(name, value)
		}
		app, err := plinth.New(t.Context(), plinth.FromEnv())
		if err != nil {
			return "", err
		}
		defer app.DB().Close() // everything is committed
		return do(app)
	}
	command := func(args ...string) func(*plinth.App) (string, error) {
		return func(app *plinth.App) (string, error) {
			var out bytes.Buffer
			err := app.Command(t.Context(), args, &out)
			return out.String(), err
		}
	}
	keys := func(app *plinth.App) (string, error) {
		h, err := app.Handler(t.Context())
		if err != nil {
			return "", err
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://notes.example/auth/v1/.well-known/jwks.json", nil)
		h.ServeHTTP(w, r)
		return w.Body.String(), nil
	}
	for _, step := range []struct {
		what, masters string
		do            func(*plinth.App) (string, error)
		want          string // in what is printed, or in the error
	}{
		{"without tables", older, command("rotate-master-key"), "migrate up"},
		{"tables", older, command("migrate", "up"), "applied auth 1 init"},
		{"the key that signs", older, keys, `"keys":[{`},
		{"an argument too many", newer + "," + older, command("rotate-master-key", "all"), "unexpected argument"},
		{"too early", newer, keys, "PLINTH_MASTER_KEYS (Config.Accounts.MasterKeys): accounts: a secret cannot be decrypted"},
		{"with a key of neither", newer, command("rotate-master-key"), "any of the MasterKeys"},
		{"rotate-master-key", newer + "," + older, command("rotate-master-key"), "1 secrets encrypted"},
		{"again", newer + "," + older, command("rotate-master-key"), "0 secrets encrypted"},
		{"without the old one", newer, keys, `"keys":[{`},
	} {
		out, err := with(step.masters, step.do)
		if err != nil {
			out += err.Error()
		}
		if !strings.Contains(out, step.want) {
			t.Errorf("%s: %s, %v; want %q", step.what, out, err, step.want)
		}
	}
	t.Setenv("PLINTH_DISABLE_ACCOUNTS", "1")
	if out, err := with(newer, command("rotate-master-key")); err == nil || !strings.Contains(err.Error(), "are disabled") {
		t.Errorf("without accounts: %s, %v", out, err)
	}
}

// A migration that makes what development has made already cannot run: the program says
// which command records it as applied, and starts afterwards.
func TestMigrationAfterDevelopment(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	migration := fstest.MapFS{"sqlite/0001_init.up.sql": {Data: []byte(`create table "tasks" ("id" text);`)}}
	// with has an app on the database of the others, and returns what it did.
	with := func(files fs.FS, do func(*plinth.App) error) error {
		app := apptest.New(t, config)
		app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
		if files != nil {
			app.Migrations(migrate.Source{Line: "tasks", FS: files})
		}
		err := do(app)
		if closing := app.DB().Close(); closing != nil {
			t.Error(closing)
		}
		return err
	}
	start := func(app *plinth.App) error { _, err := app.Handler(t.Context()); return err }
	command := func(args ...string) func(*plinth.App) error {
		return func(app *plinth.App) error { return app.Command(t.Context(), args, io.Discard) }
	}
	hint := `"migrate baseline tasks"`
	for _, step := range []struct {
		what  string
		files fs.FS
		do    func(*plinth.App) error
		want  []string // in the error, none where there is to be none
	}{
		{"development", nil, start, nil},
		{"start with a migration", migration, start, []string{"tasks 1 init", hint}},
		{"migrate up", migration, command("migrate", "up"), []string{"tasks 1 init", hint}},
		{"migrate baseline", migration, command("migrate", "baseline", "tasks"), nil},
		{"migrate verify", migration, command("migrate", "verify"), nil},
		{"start again", migration, start, nil},
	} {
		err := with(step.files, step.do)
		if (err == nil) != (step.want == nil) {
			t.Fatalf("%s: error = %v", step.what, err)
		}
		for _, part := range step.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error = %v, want %q in it", step.what, err, part)
			}
		}
	}
}

type parcel struct {
	To string `json:"to"`
}

// addJobs registers the jobs of an application and returns what runs.
func addJobs(app *plinth.App) (parcels *jobs.Kind[parcel], ran chan string) {
	ran = make(chan string, 100)
	parcels = jobs.Register(app.Jobs(), "parcel.send", func(_ context.Context, job jobs.Job[parcel]) error {
		ran <- "parcel " + job.Args.To
		return nil
	}, &jobs.Options[parcel]{Secret: true})
	app.Every("sweep", time.Second, func(context.Context, time.Time) error {
		ran <- "sweep"
		return nil
	})
	app.Cron("report", "0 7 * * *", func(context.Context, time.Time) error { return nil })
	return parcels, ran
}

// await waits until something has run.
func await(t *testing.T, ran <-chan string, want string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case got := <-ran:
			if got == want {
				return
			}
		case <-limit:
			t.Fatalf("%s did not run", want)
		}
	}
}

// TestWebAndWorker enqueues in a process without jobs, and runs the command worker after it.
func TestWebAndWorker(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.Jobs.Off = true
	web := apptest.New(t, config)
	parcels, ran := addJobs(web)
	end := apptest.Run(t, web, config.Addr)
	if _, err := parcels.Enqueue(t.Context(), web.DB(), parcel{"ann"}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	if err := end(); err != nil {
		t.Error(err)
	}
	if len(ran) > 0 {
		t.Errorf("%s ran in a process without jobs", <-ran)
	}

	worker := apptest.New(t, config)
	_, ran = addJobs(worker)
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- worker.Main(ctx, []string{"worker"}) }()
	await(t, ran, "parcel ann")
	await(t, ran, "sweep")
	stop()
	if code := <-code; code != 0 {
		t.Errorf("the worker ended with %d", code)
	}
}

func TestMistakesOfJobsAreReported(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Config(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Cron("report", "at seven", func(context.Context, time.Time) error { return nil })
	if _, err := app.Handler(t.Context()); err == nil {
		t.Error("an application with a schedule that cannot be read has a handler")
	}
}
