// Package outbox queues mails and text messages in the transaction that has reason to send them,
// and sends them.
package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/store"
)

// Mailer sends mails, see accounts.Mailer.
type Mailer interface {
	Send(ctx context.Context, to, template, locale string, values map[string]string) error
}

// SMSSender sends text messages, see accounts.SMSSender.
type SMSSender interface {
	SendSMS(ctx context.Context, to, template, locale string, values map[string]string) error
}

// Config is what an Outbox needs. Mailer and SMS may be nil.
type Config struct {
	DB      *store.DB
	Keys    *seal.Keyring
	Now     func() time.Time
	Logger  *slog.Logger
	Mailer  Mailer
	SMS     SMSSender
	SiteURL string
}

// Outbox holds the mails and messages to be sent. Make one with [New].
type Outbox struct {
	Config
	waker waker
}

// New returns an outbox.
func New(cfg Config) *Outbox { return &Outbox{cfg, newWaker()} }

// Mail is a mail to be sent, or a text message.
type Mail struct {
	ID       store.ID // of the row; the zero ID is a new one
	To       string   // canonical; empty is not sent
	SMS      bool     // a text message
	Template string
	Locale   string
	Values   map[string]string // see Mailer and SMSSender
	Life     time.Duration     // how long it is of use; zero is a day
}

const mailLife = 24 * time.Hour

// Reaches reports why nothing can be sent by mail, or as a text message.
func (ob *Outbox) Reaches(sms bool) error {
	switch {
	case sms && ob.SMS == nil:
		return fail.ErrNoSMS
	case !sms && ob.Mailer == nil:
		return fail.ErrNoMailer
	}
	return nil
}

// Queue puts a mail into the outbox. It is sent if the transaction commits. It fails without a
// Mailer or an SMSSender.
func (ob *Outbox) Queue(ctx context.Context, tx *store.Tx, m Mail) error {
	if err := ob.Reaches(m.SMS); err != nil {
		return err
	}
	raw, err := json.Marshal(sealedMail{m.To, m.SMS, m.Template, m.Locale, m.Values})
	if err != nil {
		return err
	}
	if m.Life == 0 {
		m.Life = mailLife
	}
	now := ob.Now()
	row := &data.Outgoing{ID: cmp.Or(m.ID, store.NewID()), CreatedAt: now, DueAt: now, ExpiresAt: now.Add(m.Life)}
	row.Sealed = ob.Keys.Seal(row.Place(), raw)
	tx.OnCommit(func(context.Context) { ob.waker.wake() })
	return data.Insert(ctx, tx, row)
}

// sealedMail is a mail as the outbox keeps it.
type sealedMail struct {
	To       string            `json:"to"`
	SMS      bool              `json:"sms,omitempty"`
	Template string            `json:"template"`
	Locale   string            `json:"locale"`
	Values   map[string]string `json:"values"`
}

const (
	Senders     = 4                // of each instance
	mailTimeout = 30 * time.Second // for one mail
	mailLease   = time.Minute      // longer than that: how long others keep off
	mailPoll    = 5 * time.Second  // to find what other instances have left
	mailBackoff = 10 * time.Minute // the longest wait for the next attempt
)

// waker wakes the senders of this instance.
type waker chan struct{}

func newWaker() waker { return make(waker, Senders) }

// wake wakes one sleeping sender. A running one looks again before it sleeps.
func (o waker) wake() {
	select {
	case o <- struct{}{}:
	default:
	}
}

// SendMails sends what the outbox holds until ctx ends. Failures are logged and tried
// again.
func (ob *Outbox) SendMails(ctx context.Context) error {
	if ob.Mailer == nil && ob.SMS == nil {
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ob.waker:
		case <-timer.C:
		}
		if err := ob.SendDue(ctx); err != nil && ctx.Err() == nil {
			ob.Logger.WarnContext(ctx, "accounts: the outbox cannot be read", "error", err)
		}
		timer.Reset(mailPoll)
	}
}

// SendDue sends mails until none is due.
func (ob *Outbox) SendDue(ctx context.Context) error {
	for {
		row, err := ob.claimMail(ctx)
		if err != nil || row == nil {
			return err
		}
		if err := ob.deliver(ctx, row); err != nil {
			return err
		}
	}
}

// claimMail takes a mail that is due, nil if there is none. The row count of the
// update decides which of several senders has it, and until the lease is over no
// other takes it.
func (ob *Outbox) claimMail(ctx context.Context) (*data.Outgoing, error) {
	for {
		now := ob.Now()
		due, err := data.DueMails(ctx, ob.DB, now, Senders)
		if err != nil || len(due) == 0 {
			return nil, err
		}
		for _, row := range due {
			claimed, err := data.ClaimMail(ctx, ob.DB, row, now.Add(mailLease))
			if err != nil {
				return nil, err
			}
			if claimed {
				return row, nil
			}
		}
	}
}

// deliver hands a mail over and deletes it. One that cannot be sent is tried again
// later, after longer and longer waits, until it is of no use any more.
func (ob *Outbox) deliver(ctx context.Context, row *data.Outgoing) error {
	var m sealedMail
	raw, err := ob.Keys.Open(row.Place(), row.Sealed)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	switch late := ob.Now().After(row.ExpiresAt); {
	case err == nil && late:
		err = errLate
	case err == nil:
		err = ob.send(ctx, &m)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the next one to run tries when the lease is over
	}
	// A mail that has gone must not go again because this instance is stopped.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), mailLease-mailTimeout)
	defer stop()
	wait := min(5*time.Second<<min(row.Attempts, 10), mailBackoff)
	next := ob.Now().Add(wait)
	hopeless := errors.Is(err, fail.ErrSealed) || permanent(err) || next.After(row.ExpiresAt)
	if err != nil {
		ob.Logger.WarnContext(ctx, "accounts: a mail was not sent",
			"id", row.ID, "sms", m.SMS, "template", m.Template, "attempts", row.Attempts, "given_up", hopeless, "error", err)
	}
	if err == nil || hopeless {
		return data.DropMail(ctx, ob.DB, row)
	}
	return data.DelayMail(ctx, ob.DB, row, next)
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
func (ob *Outbox) send(ctx context.Context, m *sealedMail) (err error) {
	if m.To == "" {
		return nil
	}
	if err := ob.Reaches(m.SMS); err != nil {
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
		return ob.SMS.SendSMS(ctx, "+"+m.To, m.Template, m.Locale, m.Values)
	}
	return ob.Mailer.Send(ctx, m.To, m.Template, m.Locale, m.Values)
}

// Changes that users are notified of. The first three end sessions.
const (
	ChangePassword = "password"
	ChangeEmail    = "email"
	ChangePhone    = "phone"

	ChangeFactorAdded   = "factor_added"
	ChangeFactorRemoved = "factor_removed"

	ChangeIdentityAdded   = "identity_added"
	ChangeIdentityRemoved = "identity_removed"

	ChangeKeyAdded = "key_added"
)

// Notice notifies the owner of an account of a change, at the e-mail address before the change.
// It does nothing without a confirmed address or without a Mailer.
func (ob *Outbox) Notice(ctx context.Context, tx *store.Tx, u *data.User, change string) error {
	if ob.Mailer == nil || u.Email == nil || u.EmailConfirmedAt == nil {
		return nil
	}
	return ob.Queue(ctx, tx, Mail{
		To: *u.Email, Template: MailNotice, Locale: u.Locale(),
		Values: map[string]string{"email": *u.Email, "site": ob.SiteURL, "change": change},
	})
}

// The templates of mails.
const (
	MailConfirmation     = "confirmation"     // of the address of a new account
	MailExisting         = "existing"         // a sign-up with the address of an existing account
	MailInvite           = "invite"           // to an account that was made for the reader
	MailMagicLink        = "magic_link"       // a login
	MailRecovery         = "recovery"         // for a forgotten password
	MailEmailChange      = "email_change"     // to both addresses of a change
	MailReauthentication = "reauthentication" // a code before a password is changed
	MailNotice           = "notice"           // of a change of the account that its owner must know of
)

// The templates of text messages.
const (
	SMSConfirmation     = "confirmation"     // of the number of a new account
	SMSLogin            = "login"            // a login
	SMSPhoneChange      = "phone_change"     // to the number that an account is to have
	SMSReauthentication = "reauthentication" // a code before a password is changed
	SMSFactor           = "factor"           // a second factor
)

// smsTexts are the messages. They say what the code is for, so that a user who is asked for it
// by another person can notice.
var smsTexts = map[string]string{
	SMSConfirmation:     "confirms your new account at",
	SMSLogin:            "is your code to log in to",
	SMSPhoneChange:      "confirms this number for your account at",
	SMSReauthentication: "confirms a change of your account at",
	SMSFactor:           "is the second code to log in to",
}

// smsText is a message in English, which fits into one. Phones offer the code of the
// last line on pages of the site only.
func smsText(template string, values map[string]string) string {
	host := values["site"]
	if site, err := url.Parse(host); err == nil {
		host = site.Hostname()
	}
	words := []string{values["code"], smsTexts[template], host + ".", "Tell nobody."}
	return strings.Join(words, " ") + "\n\n@" + host + " #" + values["code"]
}
