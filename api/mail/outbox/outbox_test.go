package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	plinthmail "github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var template = storetest.NewTemplate(func(ctx context.Context, db *store.DB) error {
	_, err := migrate.Auto(ctx, db)
	return err
})

func engines(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), test, storetest.From(template))
}

// newJobs returns jobs with short leases, so that killed workers do not hold up the tests.
func newJobs(db *store.DB, log *slog.Logger) (*jobs.Jobs, error) {
	sealer, err := jobs.NewSealer([]byte("qX7vB2mK9tR4wZ8cN1pL6sD3fG5hJ0yA"))
	if err != nil {
		return nil, err
	}
	return jobs.New(db, &jobs.Config{Lease: time.Second, Sealer: sealer, Logger: log})
}

// folder returns the sender of development with a mail of the application.
func folder(dir string) (*plinthmail.Folder, error) {
	templates, err := plinthmail.NewTemplates(plinthmail.TemplatesConfig{Files: fstest.MapFS{
		"en/contact.txt":  {Data: []byte("Subject: Message of {{.name}}\n\n{{.text}}\n")},
		"en/contact.html": {Data: []byte(`<p>{{.text}}</p>`)},
	}})
	if err != nil {
		return nil, err
	}
	return plinthmail.NewFolder(dir, plinthmail.FolderConfig{Templates: templates})
}

// contact is a message that can be sent.
func contact() plinthmail.Message {
	return plinthmail.Message{
		To: "team@example.org", ReplyTo: "bob@example.net", Template: "contact", Values: map[string]string{"name": "Bob", "text": "sesame"},
	}
}

// failing returns its errors one after the other, and then sends.
type failing struct {
	*plinthmail.Folder
	mu   sync.Mutex
	errs []error
}

func (f *failing) Deliver(ctx context.Context, m plinthmail.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return err
	}
	return f.Folder.Deliver(ctx, m)
}

// post is an outbox that sends into a folder.
type post struct {
	*outbox.Outbox
	jobs *jobs.Jobs
	dir  string
	log  *bytes.Buffer // complete after stop
}

func newPost(t *testing.T, db *store.DB, errs ...error) *post {
	t.Helper()
	p := &post{dir: t.TempDir(), log: new(bytes.Buffer)}
	sender, err := folder(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	if p.jobs, err = newJobs(db, slog.New(slog.NewTextHandler(p.log, nil))); err != nil {
		t.Fatal(err)
	}
	p.Outbox = outbox.New(p.jobs, &failing{Folder: sender, errs: errs})
	return p
}

// run runs the jobs until stop is called.
func (p *post) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	go func() { ended <- p.jobs.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// await waits until the job of a mail has a state.
func (p *post) await(t *testing.T, id store.ID, state jobs.State) jobs.Info {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		list, err := p.jobs.List(t.Context(), jobs.Filter{IDs: []store.ID{id}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && list[0].State == state {
			return list[0]
		}
	}
	t.Fatalf("the mail was not %s within 20 seconds", state)
	return jobs.Info{}
}

// ids returns the Message-IDs of the mails in a folder.
func ids(t *testing.T, dir string) (list []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m.Header.Get("Message-Id"))
	}
	return list
}

// TestEnqueue: a mail is sent if its transaction commits, and is encrypted until then.
func TestEnqueue(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		p := newPost(t, db)
		changed := errors.New("changed my mind")
		err := db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := p.Enqueue(ctx, tx, contact()); err != nil {
				return err
			}
			return changed
		})
		if !errors.Is(err, changed) {
			t.Fatal(err)
		}
		var id store.ID
		err = db.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = p.Enqueue(ctx, tx, contact())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		q := store.SQL{Text: "select args from plinth_jobs", Columns: []store.Kind{store.KindText}}
		err = q.Rows(t.Context(), db, func(v [][]byte) error {
			for _, secret := range []string{"sesame", "team@", "contact"} {
				if bytes.Contains(v[0], []byte(secret)) {
					t.Errorf("the table has %q", secret)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := p.run(t)
		p.await(t, id, jobs.Done)
		stop()
		if got, want := ids(t, p.dir), "<"+id.String()+"@localhost>"; len(got) != 1 || got[0] != want {
			t.Errorf("Message-IDs %q, want one %q", got, want)
		}
	})
}

// refused is an error that says whether it is final.
type refused bool

func (r refused) Error() string   { return fmt.Sprintf("refused for good: %t, sesame", bool(r)) }
func (r refused) Permanent() bool { return bool(r) }

// TestFailures: a mail is tried again after a failure, and is dead after a final one. An
// operator can send it then.
func TestFailures(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		p := newPost(t, db, errors.New("connection refused"), refused(false), refused(true))
		id, err := p.Enqueue(t.Context(), db, contact())
		if err != nil {
			t.Fatal(err)
		}
		stop := p.run(t)
		attempts := func(n int) jobs.Info {
			for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
				if info := p.await(t, id, jobs.Waiting); info.Attempts == n {
					return info
				}
			}
			t.Fatalf("there was no attempt %d within 20 seconds", n)
			return jobs.Info{}
		}
		first := attempts(1)
		if pause := first.DueAt.Sub(first.EnqueuedAt); pause < 4*time.Second || pause > 20*time.Second {
			t.Errorf("the first pause is %s, want about 5 s", pause)
		}
		if strings.Contains(first.LastError, "refused") {
			t.Errorf("the table has the error: %q", first.LastError)
		}
		again := func() {
			if n, err := p.jobs.Retry(t.Context(), jobs.Filter{IDs: []store.ID{id}}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		again()
		attempts(2)
		again()
		if dead := p.await(t, id, jobs.Dead); dead.Attempts != 3 {
			t.Errorf("dead after %d attempts, want 3", dead.Attempts)
		}
		again()
		p.await(t, id, jobs.Done)
		stop()
		if got := ids(t, p.dir); len(got) != 1 {
			t.Errorf("%d mails, want 1", len(got))
		}
		if !strings.Contains(p.log.String(), "connection refused") {
			t.Errorf("the log lacks the failure: %s", p.log)
		}
	})
}

// TestMistakes: a mail that cannot be sent is an error when it is enqueued.
func TestMistakes(t *testing.T) {
	t.Parallel()
	db := storetest.New(t, storetest.From(template))
	p := newPost(t, db)
	for name, change := range map[string]func(*plinthmail.Message){
		"no such template": func(m *plinthmail.Message) { m.Template = "contakt" },
		"one of accounts":  func(m *plinthmail.Message) { m.Template, m.Values = "notice", map[string]string{"change": "email"} },
		"a value missing":  func(m *plinthmail.Message) { m.Values = nil },
		"no recipient":     func(m *plinthmail.Message) { m.To = "team" },
		"an ID":            func(m *plinthmail.Message) { m.ID = "a" },
	} {
		m := contact()
		change(&m)
		if _, err := p.Enqueue(t.Context(), db, m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	large := contact()
	large.Values = map[string]string{"name": "a", "text": strings.Repeat("a", 32<<10), "more": strings.Repeat("a", 32<<10)}
	if _, err := p.Enqueue(t.Context(), db, large); !errors.Is(err, jobs.ErrArgsTooLarge) {
		t.Errorf("a large message: %v", err)
	}
	js, err := newJobs(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.New(js, nil).Enqueue(t.Context(), db, contact()); !errors.Is(err, outbox.ErrNoSender) {
		t.Errorf("without a sender: %v", err)
	}
	if list, err := p.jobs.List(t.Context(), jobs.Filter{}, 10); len(list) != 0 || err != nil {
		t.Errorf("%d jobs, %v", len(list), err)
	}
}

// hanging is a sender that does not return after it has sent a mail.
type hanging struct{ *plinthmail.Folder }

func (h hanging) Deliver(ctx context.Context, m plinthmail.Message) error {
	if err := h.Folder.Deliver(ctx, m); err != nil {
		return err
	}
	select {}
}

func openURL(ctx context.Context, url string) (*store.DB, error) {
	if strings.HasPrefix(url, "postgres") {
		return postgres.Open(ctx, url, nil)
	}
	return sqlite.Open(ctx, url, nil)
}

// hang works on a database with a hanging sender.
func hang(ctx context.Context, url, dir string) error {
	db, err := openURL(ctx, url)
	if err != nil {
		return err
	}
	js, err := newJobs(db, nil)
	if err != nil {
		return err
	}
	sender, err := folder(dir)
	if err != nil {
		return err
	}
	outbox.New(js, hanging{sender})
	return js.Run(ctx)
}

// TestCrash kills a worker between sending a mail and completing its job. The next worker
// sends the mail again, with the same Message-ID, and once.
func TestCrash(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		testCrash(t, filepath.Join(t.TempDir(), "app.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		testCrash(t, pgtest.URL(t))
	})
}

func testCrash(t *testing.T, url string) {
	t.Helper()
	open := func() *store.DB {
		db, err := openURL(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	id, err := newPost(t, db).Enqueue(t.Context(), db, contact())
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	hangUntilSent(t, url, dir)

	db = open()
	t.Cleanup(func() { _ = db.Close() })
	p := newPost(t, db)
	if got := p.await(t, id, jobs.Running); got.Attempts != 1 {
		t.Errorf("the killed worker made %d attempts, want 1", got.Attempts)
	}
	stop := p.run(t)
	if got := p.await(t, id, jobs.Done); got.Attempts != 2 {
		t.Errorf("done after %d attempts, want 2", got.Attempts)
	}
	stop()
	want := "<" + id.String() + "@localhost>"
	if got := append(ids(t, dir), ids(t, p.dir)...); len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("Message-IDs %q, want twice %q", got, want)
	}
}

// hangUntilSent runs this program as a hanging worker, and kills it when it has sent a mail.
func hangUntilSent(t *testing.T, url, dir string) {
	t.Helper()
	worker := exec.Command(os.Args[0])
	worker.Env, worker.Stderr = append(os.Environ(), hangURL+"="+url, hangFolder+"="+dir), t.Output()
	worker.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = worker.Process.Kill()
		_ = worker.Wait()
	}()
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		if files, err := filepath.Glob(filepath.Join(dir, "*.eml")); err != nil || len(files) > 0 {
			time.Sleep(200 * time.Millisecond) // the file is complete
			return
		}
	}
	t.Fatal("the worker sent nothing within 20 seconds")
}
