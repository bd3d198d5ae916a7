package accounts_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func (w *world) queue(to string, life time.Duration) {
	w.t.Helper()
	if err := w.a.QueueMail(w.t.Context(), to, life); err != nil {
		w.t.Fatal(err)
	}
}

// queued counts the rows of the outbox.
func (w *world) queued() int {
	w.t.Helper()
	var n int
	if err := w.db.Bun().NewRaw("select count(*) from auth_mails").Scan(w.t.Context(), &n); err != nil {
		w.t.Fatal(err)
	}
	return n
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
		var sealed []byte
		if err := w.db.Bun().NewRaw("select sealed from auth_mails limit 1").Scan(t.Context(), &sealed); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(sealed, []byte("secret")) || bytes.Contains(sealed, []byte("ann")) {
			t.Error("the database shows what the mail says")
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
		w.mails() // not due again at once
		w.mailbox.setDown(false)
		if mails := w.mails(); len(mails) != 0 {
			t.Error("tried again without a wait")
		}
		w.advance(time.Minute)
		w.mail(accounts.MailNotice, "bob@example.org")

		w.mailbox.setDown(true)
		w.queue("cat@example.org", time.Hour)
		for range 60 {
			w.advance(2 * time.Minute)
			w.mails()
		}
		if w.queued() != 0 {
			t.Error("a mail of no more use is still kept")
		}
		if text := log.String(); !strings.Contains(text, "given_up=true") || strings.Contains(text, "a secret") {
			t.Errorf("log: %s", text)
		}
	})
}

// TestOutboxLate: a mail that nobody was there to send is not sent when it is of no use
// any more.
func TestOutboxLate(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.queue("ann@example.org", time.Hour)
		w.advance(time.Hour + time.Second)
		if mails := w.mails(); len(mails) != 0 || w.queued() != 0 {
			t.Errorf("%d mails, %d left", len(mails), w.queued())
		}
	})
}

// lastWords is a Mailer whose mail is sent while the instance is stopped.
type lastWords struct {
	stop context.CancelFunc
	sent int
}

func (l *lastWords) Send(context.Context, string, string, string, map[string]string) error {
	l.stop()
	l.sent++
	return nil
}

// TestOutboxStopped: a mail that has gone does not go again because who sent it is
// stopped at that moment.
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
		if mailer.sent != 1 || w.queued() != 0 {
			t.Errorf("sent %d times, %d left", mailer.sent, w.queued())
		}
	})
}

// TestOutboxOfInstances: of several instances that look at once one sends.
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

// TestOutboxPermanent: a mail that is refused for good is not sent again.
func TestOutboxPermanent(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Mailer = new(refusing) }, func(t *testing.T, w *world) {
		w.queue("ann@example.org", 0)
		if err := w.a.SendDue(t.Context()); err != nil || w.queued() != 0 {
			t.Errorf("%v, %d wait", err, w.queued())
		}
		if tries := w.cfg.Mailer.(*refusing).tries; tries != 1 {
			t.Errorf("%d tries", tries)
		}
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
