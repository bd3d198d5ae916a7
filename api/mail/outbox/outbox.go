// Package outbox sends the application's own mails by jobs: a mail is enqueued in the
// transaction that has the reason for it, and is sent if that transaction commits, also after
// a crash or while the mail server is down.
//
//	out := outbox.New(js, sender)
//
//	err := db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
//		...
//		_, err := out.Enqueue(ctx, tx, mail.Message{
//			To: "team@example.org", ReplyTo: from, Template: "contact", Values: map[string]string{"text": text},
//		})
//		return err
//	})
//
// # Delivery
//
// The id of the job makes the Message-ID header. A mail is sent again if the process dies
// after the mail server has accepted it and before that is recorded. It then has the same
// Message-ID, by which many mail servers drop the second copy.
//
// While the mail server cannot be reached, a mail is tried again after growing pauses of up to
// half an hour, for two days. Then it is dead. A mail that the server rejects for good
// ([mail.Error.Permanent]) is dead at once. Dead mails are kept for 14 days, and
// [jobs.Jobs.Retry] sends them.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// The kind of the jobs and its queue, for [jobs.Filter] and [jobs.Queue].
const (
	Kind  = "mail.send"
	Queue = "mail"
)

// Sender sends messages. [mail.SMTP] and [mail.Folder] do. It must be safe for concurrent use.
type Sender interface {
	// Check returns the error of a message that cannot be sent, such as one with an unknown
	// template.
	Check(m mail.Message) error

	// Deliver sends a message. It is called again after an error, unless the error has a
	// method Permanent() bool that returns true. The context ends after a minute.
	Deliver(ctx context.Context, m mail.Message) error
}

// Outbox enqueues and sends mails. Make one with [New]. It is safe for concurrent use.
type Outbox struct {
	sender Sender
	kind   *jobs.Kind[mail.Message]
}

// New returns the outbox of a database. Make it before [jobs.Jobs.Run], once for each
// [jobs.Jobs]. The jobs need a [jobs.Config].Sealer, because recipients and values are
// encrypted. Without a sender Enqueue fails, and the mails of other processes stay waiting.
func New(js *jobs.Jobs, sender Sender) *Outbox {
	o := &Outbox{sender: sender}
	opts := &jobs.Options[mail.Message]{Queue: Queue, Secret: true, Backoff: backoff, MaxAttempts: maxAttempts}
	if sender == nil {
		o.kind = jobs.Declare(js, Kind, opts)
	} else {
		o.kind = jobs.Register(js, Kind, o.send, opts)
	}
	return o
}

// ErrNoSender is the error of an outbox without a sender.
var ErrNoSender = errors.New("outbox: there is no mail sender; set PLINTH_SMTP_URL, or Config.Accounts.Mailer to a sender with Check and Deliver")

// Enqueue adds a mail in a transaction, or with a [store.DB] at once. It returns the id of the
// job. A message that cannot be sent is an error: an unknown template, values that it lacks, an
// invalid e-mail address, a template of accounts. Values and the rest take 64 KiB at most ([jobs.ErrArgsTooLarge]).
// The ID of the message must be empty.
func (o *Outbox) Enqueue(ctx context.Context, s store.Session, m mail.Message, opts ...jobs.EnqueueOption) (store.ID, error) {
	if o.sender == nil {
		return store.ID{}, ErrNoSender
	}
	if m.ID != "" {
		return store.ID{}, errors.New("outbox: the ID of the message must be empty: it is that of the job")
	}
	if mail.OfAccounts(m.Template) {
		return store.ID{}, fmt.Errorf("outbox: template %q is a mail of accounts; give your mail another name", m.Template)
	}
	if err := o.sender.Check(m); err != nil {
		return store.ID{}, fmt.Errorf("outbox: %w", err)
	}
	return o.kind.Enqueue(ctx, s, m, opts...)
}

// send sends the mail of a job.
func (o *Outbox) send(ctx context.Context, job jobs.Job[mail.Message]) error {
	m := job.Args
	m.ID = job.ID.String()
	err := o.sender.Deliver(ctx, m)
	if refusal, ok := errors.AsType[permanence](err); ok && refusal.Permanent() {
		return jobs.Cancel(err)
	}
	return err
}

// permanence is an error that may be final.
type permanence interface {
	error
	Permanent() bool
}

// Attempts with these pauses take two days.
const (
	maxAttempts = 105
	maxPause    = 30 * time.Minute
)

// backoff is five seconds, doubled with each attempt, and up to a quarter more.
func backoff(attempts int) time.Duration {
	pause := min(5*time.Second<<min(attempts-1, 10), maxPause)
	return pause + rand.N(pause/4)
}
