package accounts

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// mailTime is when a kind of mail was last asked for to an address, or a message to a
// number, whether there is an account or not.
type mailTime struct {
	bun.BaseModel `bun:"table:auth_mail_times"`
	store.Untracked
	Subject string    `bun:",pk"` // a keyed hash of kind and address, in hexadecimal
	SentAt  time.Time `bun:",notnull"`
}

// maySend takes the turn of a contact: of an address for a kind of mail, of a number for
// any message. See mayMail.
func (a *Accounts) maySend(ctx context.Context, tx *store.Tx, kind codeKind, at contact) (bool, error) {
	if at.phone != "" {
		kind = codeSMS
	}
	return a.mayMail(ctx, tx, kind, at.text())
}

// mayMail takes the turn of an address for a kind of mail. It is false while the last
// one is younger than Config.MailInterval: nobody fills a mailbox with our mails.
// Unknown addresses have turns as well, so that they are answered alike.
func (a *Accounts) mayMail(ctx context.Context, tx *store.Tx, kind codeKind, email string) (bool, error) {
	now := a.now()
	sum := a.keys.hashName("mail " + string(kind) + " " + email)
	times := store.For[mailTime](tx)
	subject := hex.EncodeToString(sum[:])
	this := store.Eq("subject", subject)
	n, err := times.PatchWhere(ctx, store.And(this, store.Compare("sent_at", store.OpLte, now.Add(-a.config.MailInterval))), store.SetTo("sent_at", now))
	if err != nil || n == 1 {
		return n == 1, err
	}
	if n, err := times.Count(ctx, this); err != nil || n > 0 {
		return false, err
	}
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return store.For[mailTime](tx).Insert(ctx, &mailTime{Subject: subject, SentAt: now})
	})
	if isTaken(err) {
		return false, nil // another request was faster
	}
	return err == nil, err
}

// overMailLimit is the answer to who asks for mails or messages to a contact too often.
func (a *Accounts) overMailLimit(at contact) error {
	if at.phone != "" {
		return overSMSLimit(a.config.MailInterval)
	}
	return &problem.Error{Code: problem.AuthOverEmailLimit, RetryAfter: a.config.MailInterval}
}
