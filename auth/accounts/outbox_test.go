package accounts_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

func (w *world) queue(to string, life time.Duration) {
	w.t.Helper()
	if err := w.a.QueueMail(w.t.Context(), to, life); err != nil {
		w.t.Fatal(err)
	}
}

// queued counts the mails that wait or are being sent.
func (w *world) queued() int {
	w.t.Helper()
	n := 0
	for _, state := range []jobs.State{jobs.Waiting, jobs.Running} {
		list, err := w.a.Mails(w.t.Context(), state)
		if err != nil {
			w.t.Fatal(err)
		}
		n += len(list)
	}
	return n
}

// again makes the mails due that wait for another attempt, and returns the shortest of their
// pauses.
func (w *world) again() time.Duration {
	w.t.Helper()
	due, err := w.a.MailsAgain(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return due
}

// wantMails checks the number of mails in a state.
func (w *world) wantMails(state jobs.State, n int) []jobs.Info {
	w.t.Helper()
	list, err := w.a.Mails(w.t.Context(), state)
	if err != nil || len(list) != n {
		w.t.Fatalf("%d mails are %s, want %d: %v", len(list), state, n, err)
	}
	return list
}

func TestOutbox(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		log := new(bytes.Buffer)
		w.cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		a, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.a = a
		w.queue("ann@example.org", 0)
		w.queue("", 0)
		if n := w.queued(); n != 2 {
			t.Fatalf("%d rows", n)
		}
		var sealed []string
		if err := w.db.Bun().NewRaw("select args from plinth_jobs").Scan(t.Context(), &sealed); err != nil {
			t.Fatal(err)
		}
		for _, args := range sealed {
			raw, err := base64.StdEncoding.DecodeString(args)
			if err != nil || bytes.Contains(raw, []byte("secret")) || bytes.Contains(raw, []byte("ann")) {
				t.Errorf("the database shows what the mail says: %q, %v", raw, err)
			}
		}
		m := w.mail(accounts.MailNotice, "ann@example.org")
		if m.values["code"] != "a secret" || w.queued() != 0 {
			t.Errorf("%v, %d left", m.values, w.queued())
		}

		w.mailbox.setDown(true)
		w.queue("bob@example.org", time.Hour)
		if mails := w.mails(); len(mails) != 0 || w.queued() != 1 {
			t.Fatal("a mail that was not sent is lost")
		}
		w.mailbox.setDown(false)
		if mails := w.mails(); len(mails) != 0 {
			t.Error("tried again without a pause")
		}
		if pause := w.again(); pause < 2*time.Second || pause > 5*time.Second {
			t.Errorf("the first pause ends in %v, want up to 5 seconds", pause)
		}
		w.mail(accounts.MailNotice, "bob@example.org")

		w.mailbox.setDown(true)
		w.queue("cat@example.org", time.Hour)
		pauses := []time.Duration{}
		for range 10 {
			w.mails()
			pauses = append(pauses, w.again().Round(5*time.Second))
			w.advance(5 * time.Minute)
		}
		if got, want := fmt.Sprint(pauses), "[5s 10s 20s 40s 1m20s 2m40s 5m20s 10m0s 10m0s 10m0s]"; got != want {
			t.Errorf("pauses %s, want %s", got, want)
		}
		w.advance(15 * time.Minute) // the mail is of no use any more
		w.mails()
		if dead := w.wantMails(jobs.Dead, 1); dead[0].Attempts != 11 || strings.Contains(dead[0].LastError, "notice") {
			t.Errorf("the late mail: %+v", dead[0])
		}
		if text := log.String(); !strings.Contains(text, "state=dead") || !strings.Contains(text, "it has expired") || strings.Contains(text, "a secret") {
			t.Errorf("log: %s", text)
		}
	})
}

// TestOutboxLate: a mail that could not be sent in time is dropped when its code has
// expired.
func TestOutboxLate(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.queue("ann@example.org", time.Hour)
		w.advance(time.Hour + time.Second)
		if mails := w.mails(); len(mails) != 0 || w.queued() != 0 {
			t.Errorf("%d mails, %d left", len(mails), w.queued())
		}
		w.wantMails(jobs.Dead, 1)
	})
}

// TestCarryOver: mails of an earlier version become jobs, except those that one of its instances
// is sending. One that cannot be read is logged and removed.
func TestCarryOver(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		now := time.Unix(0, w.now.Load()).UTC()
		add := func(to string, due time.Time) {
			t.Helper()
			if err := w.a.QueueAsBefore(t.Context(), to, due); err != nil {
				t.Fatal(err)
			}
		}
		rows := func() (n int) {
			t.Helper()
			if err := w.db.Bun().NewRaw("select count(*) from auth_mails").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		add("lost@example.org", now)
		w.sql(`update "auth_mails" set "sealed" = "sealed" || "sealed"`)
		for i := range 120 { // more than a batch
			add(fmt.Sprintf("user%d@example.org", i), now.Add(-time.Duration(i)*time.Second))
		}
		add("ann@example.org", now.Add(time.Minute)) // is being sent
		if err := w.a.Sweep(t.Context()); err != nil || rows() != 1 || w.queued() != 120 {
			t.Fatalf("%v, %d rows left, %d jobs", err, rows(), w.queued())
		}
		for _, m := range w.mails() {
			if m.template != accounts.MailNotice || m.locale != "de" || m.values["code"] != "a secret" || !strings.HasPrefix(m.to, "user") {
				t.Errorf("mail %+v", m)
			}
		}
		w.advance(2 * time.Minute) // the instance was killed
		if err := w.a.Sweep(t.Context()); err != nil || rows() != 0 {
			t.Errorf("%v, %d rows left", err, rows())
		}
		w.mail(accounts.MailNotice, "ann@example.org")

		add("late@example.org", now)
		if err := w.a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.advance(2 * time.Hour)
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d late mails are sent", len(mails))
		}
	})
}

// lastWords is a Mailer that sends a mail while the instance is stopped.
type lastWords struct {
	stop context.CancelFunc
	sent int
}

func (l *lastWords) Send(context.Context, string, string, string, map[string]string) error {
	l.stop()
	l.sent++
	return nil
}

// TestOutboxStopped: a mail that was sent is not sent again if its instance is stopped at
// that moment.
func TestOutboxStopped(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.queue("ann@example.org", 0)
		ctx, stop := context.WithCancel(t.Context())
		mailer := &lastWords{stop: stop}
		w.cfg.Mailer = mailer
		a, err := accounts.New(w.db, w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.SendDue(ctx) // ends by the context
		if mailer.sent != 1 || w.queued() != 0 || len(w.wantMails(jobs.Done, 1)) != 1 {
			t.Errorf("sent %d times, %d left", mailer.sent, w.queued())
		}
	})
}

// TestOutboxOfInstances: of several instances one sends a mail.
func TestOutboxOfInstances(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		const mails = 40
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			a, err := accounts.New(w.db, w.cfg)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				if err := a.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := w.a.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for range mails {
			w.queue("ann@example.org", 0)
		}
		programtest.Until(t, 20*time.Second, "the queue is empty", func() bool { return w.queued() == 0 })
		stop()
		wg.Wait()
		if got, tries := w.mailbox.take(); len(got) != mails || tries != mails {
			t.Errorf("%d mails sent in %d tries, want %d", len(got), tries, mails)
		}
	})
}

// TestNoMailer: without a Mailer nothing is queued, and who needs a mail is told so.
// noSuchUser is a Mailer's word that a recipient does not exist.
type noSuchUser struct{}

func (noSuchUser) Error() string   { return "no such user" }
func (noSuchUser) Permanent() bool { return true }

type refusing struct{ tries int }

func (r *refusing) Send(context.Context, string, string, string, map[string]string) error {
	r.tries++
	return fmt.Errorf("mail: %w", noSuchUser{})
}

// TestOutboxPermanent: a mail that the server rejects for good is not sent again.
func TestOutboxPermanent(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Mailer = new(refusing) }, func(t *testing.T, w *world) {
		w.queue("ann@example.org", 0)
		if err := w.a.SendDue(t.Context()); err != nil || w.queued() != 0 {
			t.Errorf("%v, %d wait", err, w.queued())
		}
		if tries := w.cfg.Mailer.(*refusing).tries; tries != 1 {
			t.Errorf("%d tries", tries)
		}
		w.wantMails(jobs.Dead, 1)
	})
}

func TestNoMailer(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Mailer = nil }, func(t *testing.T, w *world) {
		if err := w.a.QueueMail(t.Context(), "ann@example.org", 0); err == nil {
			t.Error("a mail that nobody sends was queued")
		}
		w.must(200, w.do("POST /signup", "", ann))
	})
}

// TestJobsOfTheApplication: with Config.Jobs the application runs them, and Run does not. Jobs
// without a Sealer, and those of other accounts, are rejected.
func TestJobsOfTheApplication(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		sealer, err := jobs.NewSealer(w.cfg.MasterKeys...)
		if err != nil {
			t.Fatal(err)
		}
		js, err := jobs.New(w.db, &jobs.Config{Sealer: sealer})
		if err != nil {
			t.Fatal(err)
		}
		w.cfg.Jobs = js
		if w.a, err = accounts.New(w.db, w.cfg); err != nil {
			t.Fatal(err)
		}
		w.queue("ann@example.org", 0)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- w.a.Run(ctx) }()
		time.Sleep(100 * time.Millisecond) // long enough for jobs that run
		if n := w.queued(); n != 1 {
			t.Errorf("%d mails wait, want 1", n)
		}
		go func() { ended <- js.Run(ctx) }()
		programtest.Until(t, 20*time.Second, "the mail is sent", func() bool { return w.queued() == 0 })
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}

		if _, err := accounts.New(w.db, w.cfg); err == nil || !strings.Contains(err.Error(), "registered already") {
			t.Errorf("a second time: %v", err)
		}
		if w.cfg.Jobs, err = jobs.New(w.db, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := accounts.New(w.db, w.cfg); err == nil || !strings.Contains(err.Error(), "Sealer") {
			t.Errorf("without a Sealer: %v", err)
		}
	})
}
