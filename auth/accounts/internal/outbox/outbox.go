// Package outbox queues mails and text messages in the transaction that has reason to send them.
// Jobs send them.
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
	"github.com/seed-7694ebf6/plinth/store/jobs"
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
	Jobs    *jobs.Jobs
	Keys    *seal.Keyring
	Now     func() time.Time
	Logger  *slog.Logger
	Mailer  Mailer
	SMS     SMSSender
	SiteURL string
}

// Outbox queues mails and messages, which jobs send. Make one with [New].
type Outbox struct {
	Config
	kind *jobs.Kind[queued]
}

// Kind is the name of the jobs, and queue that of their queue.
const (
	Kind  = "accounts.mail"
	queue = "mail"
)

const (
	mailTimeout = 30 * time.Second // for one mail
	mailBackoff = 10 * time.Minute // the longest pause before the next attempt
	maxAttempts = 200              // more than fit into the life of a mail
)

// New returns an outbox. Without a Mailer and an SMSSender the jobs of other processes wait.
func New(cfg Config) *Outbox {
	ob := &Outbox{Config: cfg}
	opts := &jobs.Options[queued]{
		Queue: queue, Priority: 1, Secret: true, Timeout: mailTimeout, MaxAttempts: maxAttempts,
		Backoff: func(attempts int) time.Duration { return min(5*time.Second<<min(attempts-1, 10), mailBackoff) },
	}
	if cfg.Mailer == nil && cfg.SMS == nil {
		ob.kind = jobs.Declare(cfg.Jobs, Kind, opts)
	} else {
		ob.kind = jobs.Register(cfg.Jobs, Kind, ob.deliver, opts)
	}
	return ob
}

// Mail is a mail to be sent, or a text message.
type Mail struct {
	To       string // canonical; empty is not sent
	SMS      bool   // a text message
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

// Queue queues a mail, which is sent if the transaction commits, and returns the id of its job.
// It fails without a Mailer or an SMSSender.
func (ob *Outbox) Queue(ctx context.Context, tx *store.Tx, m Mail) (store.ID, error) {
	if err := ob.Reaches(m.SMS); err != nil {
		return store.ID{}, err
	}
	q := queued{m.To, m.SMS, m.Template, m.Locale, m.Values, ob.Now().Add(cmp.Or(m.Life, mailLife))}
	return ob.kind.Enqueue(ctx, tx, q)
}

// queued is a mail as the arguments of its job, which are encrypted.
type queued struct {
	To        string            `json:"to"`
	SMS       bool              `json:"sms,omitempty"`
	Template  string            `json:"template"`
	Locale    string            `json:"locale"`
	Values    map[string]string `json:"values"`
	ExpiresAt time.Time         `json:"expires_at"`
}

// deliver sends a mail. The job is dead when trying again is of no use.
func (ob *Outbox) deliver(ctx context.Context, job jobs.Job[queued]) error {
	m := &job.Args
	if m.To == "" {
		return nil
	}
	err := ob.send(ctx, m)
	switch {
	case err == nil:
		return nil
	case m.SMS:
		err = fmt.Errorf("accounts: the text message %s was not sent: %w", m.Template, err)
	default:
		err = fmt.Errorf("accounts: the mail %s was not sent: %w", m.Template, err)
	}
	if errors.Is(err, errLate) || permanent(err) {
		return jobs.Cancel(err)
	}
	return err
}

// errLate is the error of a mail that could not be sent in time.
var errLate = errors.New("it has expired")

// send calls the Mailer or the SMSSender.
func (ob *Outbox) send(ctx context.Context, m *queued) error {
	if ob.Now().After(m.ExpiresAt) {
		return errLate
	}
	if err := ob.Reaches(m.SMS); err != nil {
		return err // another process can
	}
	if m.SMS {
		m.Values["text"] = smsText(m.Template, m.Values)
		return ob.SMS.SendSMS(ctx, "+"+m.To, m.Template, m.Locale, m.Values)
	}
	return ob.Mailer.Send(ctx, m.To, m.Template, m.Locale, m.Values)
}

// permanent reports whether a Mailer says that trying again is of no use.
func permanent(err error) bool {
	refusal, ok := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return ok && refusal.Permanent()
}

// carryBatch is how many mails one transaction moves.
const carryBatch = 100

// CarryOver moves mails that an earlier version has queued in a table of its own to jobs. A mail
// that an instance of that version is sending stays, since it is due later.
func (ob *Outbox) CarryOver(ctx context.Context) error {
	for {
		var rows []*data.Outgoing
		err := ob.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			if rows, err = data.DueMails(ctx, tx, ob.Now(), carryBatch); err != nil {
				return err
			}
			for _, row := range rows {
				if err := ob.carry(ctx, tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(rows) < carryBatch {
			return err
		}
	}
}

// carry moves one mail.
func (ob *Outbox) carry(ctx context.Context, tx *store.Tx, row *data.Outgoing) error {
	if dropped, err := data.DropMail(ctx, tx, row); err != nil || !dropped {
		return err
	}
	m := queued{ExpiresAt: row.ExpiresAt}
	raw, err := ob.Keys.Open(row.Place(), row.Sealed)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		ob.Logger.WarnContext(ctx, "accounts: a mail of an earlier version cannot be read and is lost", "id", row.ID, "error", err)
		return nil
	}
	_, err = ob.kind.Enqueue(ctx, tx, m)
	return err
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
	_, err := ob.Queue(ctx, tx, Mail{
		To: *u.Email, Template: MailNotice, Locale: u.Locale(),
		Values: map[string]string{"email": *u.Email, "site": ob.SiteURL, "change": change},
	})
	return err
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
