package plinth_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
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

	for method, want := range map[string]int{http.MethodHead: http.StatusOK, http.MethodPost: http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/who", http.NoBody))
		if allow := w.Header().Get("Allow"); w.Code != want || want == http.StatusMethodNotAllowed && allow != "GET, HEAD" {
			t.Errorf("%s: %d, want %d, Allow %q", method, w.Code, want, allow)
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

// scopeReader authenticates every request as one user, and reads the scope before, as statements
// of an authenticator do.
type scopeReader struct{ id string }

func (a scopeReader) Authenticate(r *http.Request) (auth.Principal, error) {
	_ = store.ScopeFrom(r.Context())
	return auth.Principal{Kind: auth.User, ID: a.id}, nil
}

// TestScopeOfOwnRoutes: a route of the application has the caller's scope, although the
// authenticator has used the database before.
func TestScopeOfOwnRoutes(t *testing.T) {
	t.Parallel()
	id := store.NewID()
	config := apptest.Config(t)
	config.Authenticator = scopeReader{id.String()}
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	app.Router().Get("/count", func(w http.ResponseWriter, r *http.Request) {
		n, err := store.For[apptest.Task](app.DB()).As(store.ScopeFrom(r.Context())).Count(r.Context(), store.Cond{})
		_, _ = fmt.Fprintf(w, "%d %v", n, err)
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.For[apptest.Task](app.DB()).Insert(t.Context(), &apptest.Task{OwnerID: id, Title: "Mine"}); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/count", http.NoBody))
	if got := w.Body.String(); got != "1 <nil>" {
		t.Errorf("the caller sees %s of their rows, want 1", got)
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

// TestRotateMasterKeyCommand: after the command, and not before, a program starts without
// the old master key.
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
	if out, err := with(newer, command("rotate-master-key")); err != nil || !strings.Contains(out, "0 secrets") {
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

	config.OpsAddr = programtest.Listen(t)
	worker := apptest.New(t, config)
	_, ran = addJobs(worker)
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- worker.Main(ctx, []string{"worker"}) }()
	await(t, ran, "parcel ann")
	await(t, ran, "sweep")
	for _, probe := range []string{"/livez", "/readyz"} {
		if status, body := apptest.Get(t, "http://"+config.OpsAddr+probe); status != http.StatusOK {
			t.Errorf("%s of the worker: %d %s", probe, status, body)
		}
	}
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

// TestStatic: browsers revalidate files by ETag, and changed files have another URL.
// Folders are not listed.
func TestStatic(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"index.html": {Data: []byte("front")}, "docs/index.html": {Data: []byte("docs")}, "img/dot.svg": {Data: []byte("<svg/>")},
	}
	pages, err := plinth.Static(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, url, tag string
		status           int
		body             string
	}{
		{"GET", "/", "", 200, "front"},
		{"GET", "/docs/", "", 200, "docs"},
		{"HEAD", "/docs/", "", 200, ""},
		{"GET", "/img/dot.svg", "", 200, "<svg/>"},
		{"GET", pages.URL("/img/dot.svg"), "", 200, "<svg/>"},
		{"GET", "/img/dot.svg", `"` + strings.TrimPrefix(pages.URL("img/dot.svg"), "/img/dot.svg?v=") + `"`, 304, ""},
		{"GET", "/img/", "", 404, "404 page not found\n"},
		{"GET", "/img/../index.html", "", 404, "404 page not found\n"},
		{"GET", "/none", "", 404, "404 page not found\n"},
		{"POST", "/", "", 405, "method not allowed\n"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, "http://localhost"+tt.url, http.NoBody)
		r.Header.Set("If-None-Match", tt.tag)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != tt.status || w.Body.String() != tt.body {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.url, w.Code, w.Body, tt.status, tt.body)
		}
		if w.Code == 200 && w.Header().Get("Content-Security-Policy") != plinth.PagePolicy {
			t.Errorf("%s: policy %q", tt.url, w.Header().Get("Content-Security-Policy"))
		}
	}
	before := pages.URL("index.html")
	files["index.html"].Data = []byte("changed")
	if after, err := plinth.Static(files); err != nil || after.URL("index.html") == before || after.URL("none") != "/none" {
		t.Errorf("%s after a change, %v", before, err)
	}
}

// TestMailTemplates: the mail server of the environment and the folder of development use the
// templates of the application, without accounts too. Another sender has its own.
func TestMailTemplates(t *testing.T) {
	files := fstest.MapFS{"en/hello.txt": {Data: []byte("Subject: Hello\n\n{{.name}}")}, "en/hello.html": {Data: []byte("{{.name}}")}}
	hello := mail.Message{To: "ann@example.org", Template: "hello", Values: map[string]string{"name": "Ann"}}
	t.Setenv("PLINTH_SMTP_URL", "smtp://127.0.0.1:1")
	t.Setenv("PLINTH_MAIL_FROM", "Notes <accounts@notes.example>")
	environment := plinth.FromEnv()
	for name, change := range map[string]func(*plinth.Config){
		"development": func(*plinth.Config) {},
		"environment": func(c *plinth.Config) {
			base := *c
			*c = environment
			c.DatabaseURL, c.Logger = base.DatabaseURL, base.Logger
		},
		"no accounts":     func(c *plinth.Config) { c.DisableAccounts = true },
		"only some queue": func(c *plinth.Config) { c.Jobs.Queues = []jobs.Queue{{Name: "reports"}} },
	} {
		config := apptest.Config(t)
		change(&config)
		config.MailTemplates.Files = files
		app := apptest.New(t, config)
		if _, err := app.Mail().Enqueue(t.Context(), app.DB(), hello); err == nil || !strings.Contains(err.Error(), "Handler") {
			t.Errorf("%s: %v before Handler", name, err)
		}
		_, err := app.Handler(t.Context())
		if err == nil {
			_, err = app.Mail().Enqueue(t.Context(), app.DB(), hello)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		hello := hello
		hello.Template = "hullo"
		if _, err := app.Mail().Enqueue(t.Context(), app.DB(), hello); err == nil {
			t.Errorf("%s: a template that does not exist is accepted", name)
		}
		_ = app.DB().Close()
	}
	for name, change := range map[string]func(*plinth.Config){
		"a sender of its own":  func(c *plinth.Config) { c.Accounts.Mailer = noMail{} },
		"templates that fail":  func(c *plinth.Config) { c.MailTemplates.Files = fstest.MapFS{"en/a.txt": {Data: []byte("no subject")}} },
		"no such language":     func(c *plinth.Config) { c.MailTemplates.Locale = "fr" },
		"a folder of no mails": func(c *plinth.Config) { c.MailTemplates.Files = fstest.MapFS{"all mails/x": {}} },
	} {
		config := apptest.Config(t)
		config.MailTemplates.Files = files
		change(&config)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "MailTemplates") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMailsAreSent: mails are sent also by an application that lists other queues only.
func TestMailsAreSent(t *testing.T) {
	t.Parallel()
	sent := make(messages, 1)
	config := apptest.Config(t)
	config.Accounts.Mailer, config.Jobs.Queues = sent, []jobs.Queue{{Name: "reports"}}
	app := apptest.New(t, config)
	t.Cleanup(func() { _ = app.DB().Close() })
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, err := app.Mail().Enqueue(t.Context(), app.DB(), mail.Message{To: "ann@example.org", Template: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan bool)
	go func() {
		app.RunBackground(ctx)
		close(ended)
	}()
	select {
	case m := <-sent:
		if m.ID != id.String() || m.To != "ann@example.org" {
			t.Errorf("sent %+v", m)
		}
	case <-time.After(20 * time.Second):
		t.Error("no mail was sent within 20 seconds")
	}
	stop()
	<-ended
}

// messages gets the messages that are sent.
type messages chan mail.Message

func (messages) Send(context.Context, string, string, string, map[string]string) error { return nil }

func (messages) Check(mail.Message) error { return nil }

func (m messages) Deliver(_ context.Context, msg mail.Message) error {
	m <- msg
	return nil
}

// TestFrontPage serves files beside the surfaces, and the settings that a page needs.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	open := func(config plinth.Config) http.Handler {
		app := apptest.New(t, config)
		t.Cleanup(func() { _ = app.DB().Close() })
		app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
		pages, err := plinth.Static(fstest.MapFS{"index.html": {Data: []byte("<h1>Tasks</h1>")}, ".env": {Data: []byte("x")}, ".git/config": {Data: []byte("x")}})
		if err != nil {
			t.Fatal(err)
		}
		app.Router().Handle("/*", pages)
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return handler
	}
	h := open(apptest.Config(t))
	for path, want := range map[string]string{"/": "<h1>Tasks</h1>", "/rest/v1/tasks": "[]", "/none": "404 page not found\n", "/.env": "404 page not found\n", "/.git/config": "404 page not found\n"} {
		if w := apptest.Do(t, h, http.MethodGet, path, ""); w.Body.String() != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	page := apptest.Do(t, h, http.MethodGet, "/", "")
	if policy := page.Header()["Content-Security-Policy"]; len(policy) != 1 || policy[0] != plinth.PagePolicy {
		t.Errorf("the page has the policy %q", policy)
	}

	settings := apptest.Do(t, h, http.MethodGet, "/rest/v1/-/settings", "")
	if !regexp.MustCompile(`^\{"url":"http://localhost","publishable_key":"sb_publishable_[^"]+"\}$`).MatchString(settings.Body.String()) {
		t.Errorf("in development: %d %s", settings.Code, settings.Body)
	}
	if w := apptest.Do(t, h, http.MethodPost, "/rest/v1/-/settings", "{}"); w.Code < 400 {
		t.Errorf("POST: %d", w.Code)
	}
	if w := apptest.Ask(t, h, http.MethodGet, "http://evil.example/rest/v1/-/settings", ""); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("with another Host: %d %s", w.Code, w.Body)
	}

	production := apptest.Served(t)
	production.PublicURL += "/"
	key := auth.NewPublishableKey()
	production.Keys.Publishable = []string{key, auth.NewPublishableKey()}
	app := apptest.New(t, production)
	if err := app.DB().Close(); err != nil || app.SiteURL() != "https://notes.example" {
		t.Errorf("the URL for links: %s, %v", app.SiteURL(), err)
	}
	w := apptest.Do(t, open(production), http.MethodGet, "/rest/v1/-/settings", "")
	if want := `{"url":"https://notes.example","publishable_key":"` + key + `"}`; w.Body.String() != want {
		t.Errorf("in production: %d %s", w.Code, w.Body)
	}
}

// TestOwnWorkByTheClock: schedules trim the change log and the records of idempotency keys, and
// sweep the tables of accounts.
func TestOwnWorkByTheClock(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "app.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := apptest.WithAccounts(t, url(t))
			config.Retention.MaxRows = 2
			app := apptest.New(t, config)
			app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
			t.Cleanup(func() { _ = app.DB().Close() })
			if _, err := app.Handler(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				if err := store.For[apptest.Task](app.DB()).Insert(t.Context(), &apptest.Task{OwnerID: store.NewID(), Title: "a"}); err != nil {
					t.Fatal(err)
				}
			}
			exec := func(text string, args ...any) {
				t.Helper()
				if _, err := (store.SQL{Text: text, Args: args, Writes: true}).Exec(t.Context(), app.DB()); err != nil {
					t.Fatal(err)
				}
			}
			count := func(table string) (n string) {
				t.Helper()
				q := store.SQL{Text: "select count(*) from " + table, Columns: []store.Kind{store.KindInt}}
				if err := q.Rows(t.Context(), app.DB(), func(v [][]byte) error { n = string(v[0]); return nil }); err != nil {
					t.Fatal(err)
				}
				return n
			}
			past := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
			exec("insert into plinth_idempotency (scope, key, caller, fingerprint, answer, size, expires_at) values ($1, $1, $1, $1, $1, 1, $2)", []byte("a"), past)
			exec("insert into auth_failures (key, count, since, expires_at) values ('old', 1, $1, $1)", past)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan bool)
			go func() {
				app.RunBackground(ctx)
				close(ended)
			}()
			programtest.Until(t, 20*time.Second, "there are schedules", func() bool { return count("plinth_schedules") == "4" })
			exec("update plinth_schedules set due_at = $1", past)
			programtest.Until(t, time.Minute, "old rows are removed", func() bool { // PostgreSQL keeps changes while transactions of other tests run
				return count("plinth_changes") == "2" && count("plinth_idempotency") == "0" && count("auth_failures") == "0"
			})
			stop()
			<-ended
		})
	}
}

// TestLiveChanges follows a list through the chain of a running application, as a user who then
// signs out.
func TestLiveChanges(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.DrainDelay = -1
	app := apptest.New(t, config)
	app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
	end := apptest.Run(t, app, config.Addr)
	base := "http://" + config.Addr
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ann := apptest.SignUp(t, handler)
	get := func(path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+ann.Access)
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	live := get("/rest/v1/-/live/tasks?snapshot=true&select=title")
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(live.Body)
		for scan.Scan() {
			lines <- scan.Text()
		}
	}()
	expect := func(part string) {
		t.Helper()
		timeout := time.After(10 * time.Second)
		for {
			select {
			case line, ok := <-lines:
				if !ok {
					t.Fatalf("the stream has ended without %q", part)
				}
				if strings.Contains(line, part) {
					return
				}
			case <-timeout:
				t.Fatalf("no %q", part)
			}
		}
	}
	expect("data: []")
	apptest.Do(t, handler, http.MethodPost, "/rest/v1/tasks", `{"title":"Milk"}`, "Authorization", "Bearer "+ann.Access)
	expect(`"op":"insert"`)
	if live.Header.Get("Content-Type") != "text/event-stream" || live.Header.Get("Content-Encoding") != "" || live.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", live.Header)
	}
	if page, err := io.ReadAll(get("/rest/v1/-/changes?tables=tasks").Body); err != nil || !strings.Contains(string(page), `"next":"`) {
		t.Errorf("the cursor of now: %s, %v", page, err)
	}
	for kind, want := range map[auth.Kind]int{auth.Anonymous: 3, auth.User: 4} { // tickets are for users
		document, err := app.API().OpenAPI(auth.Principal{Kind: kind})
		if got := strings.Count(string(document), `"operationId":"realtime.`); err != nil || got != want {
			t.Errorf("the document has %d operations of streams, want %d: %v", got, want, err)
		}
	}
	apptest.Do(t, handler, http.MethodPost, "/auth/v1/logout", "", "Authorization", "Bearer "+ann.Access)
	began := time.Now()
	for range lines {
	}
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("the stream ended %s after the sign-out", d)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}
