package accounts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// outgoing is a mail or a text message that waits to be sent. It is written by the transaction that
// has reason to send it, and deleted when the mail has been handed over. What it says
// is sealed, since links and digits are in it.
type outgoing struct {
	bun.BaseModel `bun:"table:auth_mails"`
	store.Untracked
	ID        store.ID  `bun:",pk"`
	Sealed    []byte    `bun:",notnull" plinth:"secret"` // a mail
	CreatedAt time.Time `bun:",notnull"`
	ExpiresAt time.Time `bun:",notnull"` // of no use after
	DueAt     time.Time `bun:",notnull"` // when to send it; while one sends, when another may
	Attempts  int64     `bun:",notnull"`
}

// mail is a mail to be sent, or a text message.
type mail struct {
	id       store.ID // of the row; the zero ID is a new one
	to       string   // canonical; empty is not sent, see addressee
	sms      bool     // a text message
	template string
	locale   string
	values   map[string]string // see Mailer and SMSSender
	life     time.Duration     // how long it is of use; zero is a day
}

const mailLife = 24 * time.Hour

// reaches reports why nothing can be sent by mail, or as a text message.
func (a *Accounts) reaches(sms bool) error {
	switch {
	case sms && a.config.SMS == nil:
		return errNoSMS
	case !sms && a.config.Mailer == nil:
		return errNoMailer
	}
	return nil
}

// mail puts a mail into the outbox. It is sent if the transaction commits. It fails without a
// Mailer or an SMSSender.
func (a *Accounts) mail(ctx context.Context, tx *store.Tx, m mail) error {
	if err := a.reaches(m.sms); err != nil {
		return err
	}
	raw, err := json.Marshal(sealedMail{m.to, m.sms, m.template, m.locale, m.values})
	if err != nil {
		return err
	}
	if m.life == 0 {
		m.life = mailLife
	}
	now := a.now()
	row := &outgoing{ID: cmp.Or(m.id, store.NewID()), CreatedAt: now, DueAt: now, ExpiresAt: now.Add(m.life)}
	row.Sealed = a.keys.seal(row.place(), raw)
	tx.OnCommit(func(context.Context) { a.outbox.wake() })
	return store.For[outgoing](tx).Insert(ctx, row)
}

// sealedMail is a mail as the outbox keeps it.
type sealedMail struct {
	To       string            `json:"to"`
	SMS      bool              `json:"sms,omitempty"`
	Template string            `json:"template"`
	Locale   string            `json:"locale"`
	Values   map[string]string `json:"values"`
}

func (o *outgoing) place() string { return "auth_mails " + o.ID.String() }

const (
	mailSenders = 4                // of each instance
	mailTimeout = 30 * time.Second // for one mail
	mailLease   = time.Minute      // longer than that: how long others keep off
	mailPoll    = 5 * time.Second  // to find what other instances have left
	mailBackoff = 10 * time.Minute // the longest wait for the next attempt
)

// outbox wakes the senders of this instance.
type outbox chan struct{}

func newOutbox() outbox { return make(outbox, mailSenders) }

// wake wakes one sleeping sender. A running one looks again before it sleeps.
func (o outbox) wake() {
	select {
	case o <- struct{}{}:
	default:
	}
}

// sendMails sends what the outbox holds until ctx ends. Failures are logged and tried
// again.
func (a *Accounts) sendMails(ctx context.Context) error {
	if a.config.Mailer == nil && a.config.SMS == nil {
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.outbox:
		case <-timer.C:
		}
		if err := a.sendDue(ctx); err != nil && ctx.Err() == nil {
			a.config.Logger.WarnContext(ctx, "accounts: the outbox cannot be read", "error", err)
		}
		timer.Reset(mailPoll)
	}
}

// sendDue sends mails until none is due.
func (a *Accounts) sendDue(ctx context.Context) error {
	for {
		row, err := a.claimMail(ctx)
		if err != nil || row == nil {
			return err
		}
		if err := a.deliver(ctx, row); err != nil {
			return err
		}
	}
}

// claimMail takes a mail that is due, nil if there is none. The row count of the
// update decides which of several senders has it, and until the lease is over no
// other takes it.
func (a *Accounts) claimMail(ctx context.Context) (*outgoing, error) {
	rows := store.For[outgoing](a.db)
	for {
		now := a.now()
		due, err := rows.List(ctx, store.Query{
			Where: store.Compare("due_at", store.OpLte, now), Order: []store.Order{{Column: "due_at"}}, Limit: store.Limit(mailSenders),
		})
		if err != nil || len(due) == 0 {
			return nil, err
		}
		for _, row := range due {
			n, err := rows.PatchWhere(ctx, row.unchanged(), store.SetTo("due_at", now.Add(mailLease)), store.SetTo("attempts", row.Attempts+1))
			if err != nil {
				return nil, err
			}
			if n == 1 {
				row.Attempts++
				return row, nil
			}
		}
	}
}

// unchanged selects a row while no other sender has claimed it.
func (o *outgoing) unchanged() store.Cond {
	return store.And(store.Eq("id", o.ID), store.Eq("attempts", o.Attempts))
}

// deliver hands a mail over and deletes it. One that cannot be sent is tried again
// later, after longer and longer waits, until it is of no use any more.
func (a *Accounts) deliver(ctx context.Context, row *outgoing) error {
	rows := store.For[outgoing](a.db)
	var m sealedMail
	raw, err := a.keys.open(row.place(), row.Sealed)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	switch late := a.now().After(row.ExpiresAt); {
	case err == nil && late:
		err = errLate
	case err == nil:
		err = a.send(ctx, &m)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the next one to run tries when the lease is over
	}
	// A mail that has gone must not go again because this instance is stopped.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), mailLease-mailTimeout)
	defer stop()
	wait := min(5*time.Second<<min(row.Attempts, 10), mailBackoff)
	next := a.now().Add(wait)
	hopeless := errors.Is(err, errSealed) || permanent(err) || next.After(row.ExpiresAt)
	if err != nil {
		a.config.Logger.WarnContext(ctx, "accounts: a mail was not sent",
			"id", row.ID, "sms", m.SMS, "template", m.Template, "attempts", row.Attempts, "given_up", hopeless, "error", err)
	}
	if err == nil || hopeless {
		_, err = rows.DeleteWhere(ctx, row.unchanged())
		return err
	}
	_, err = rows.PatchWhere(ctx, row.unchanged(), store.SetTo("due_at", next))
	return err
}

// errLate is the error of a mail that could not be sent in time.
var errLate = errors.New("accounts: the mail has expired")

// permanent reports whether a Mailer says that trying again is of no use.
func permanent(err error) bool {
	refusal, ok := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return ok && refusal.Permanent()
}

// send calls the Mailer or the SMSSender. A panic of it is an error.
func (a *Accounts) send(ctx context.Context, m *sealedMail) (err error) {
	if m.To == "" {
		return nil
	}
	if err := a.reaches(m.SMS); err != nil {
		return err // another instance can
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("accounts: the Mailer or SMSSender panicked: %v", p)
		}
	}()
	ctx, stop := context.WithTimeout(ctx, mailTimeout)
	defer stop()
	if m.SMS {
		m.Values["text"] = smsText(m.Template, m.Values)
		return a.config.SMS.SendSMS(ctx, "+"+m.To, m.Template, m.Locale, m.Values)
	}
	return a.config.Mailer.Send(ctx, m.To, m.Template, m.Locale, m.Values)
}
