package accounts

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// mailTime records when a kind of mail was last requested for an e-mail address, or a text
// message for a number, whether there is an account or not.
type mailTime struct {
	bun.BaseModel `bun:"table:auth_mail_times"`
	store.Untracked
	Subject string    `bun:",pk"` // a keyed hash of kind and address, in hexadecimal
	SentAt  time.Time `bun:",notnull"`
}

// mailTurn counts a message to a contact, unless the contact has to wait for it. See
// mailTurnOf.
func (a *Accounts) mailTurn(ctx context.Context, tx *store.Tx, kind codeKind, at contact) (wait time.Duration, err error) {
	if at.phone != "" {
		return a.interval(ctx, tx, codeSMS, at.phone)
	}
	return a.mailTurnOf(ctx, tx, kind, at.text())
}

// mailTurnOf counts a mail to an e-mail address, unless one of the same kind is younger
// than Config.MailInterval or Limits.Mails is spent. Then it returns how long to wait.
// Addresses without an account are counted in the same way, so that they are answered alike.
func (a *Accounts) mailTurnOf(ctx context.Context, tx *store.Tx, kind codeKind, email string) (wait time.Duration, err error) {
	if wait, err = a.interval(ctx, tx, kind, email); err != nil || wait > 0 || a.limits.Mails.Count < 0 {
		return wait, err
	}
	var full *failures
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		full, err = a.spendOne(ctx, tx, a.budget("mails", email, a.limits.Mails))
		return err
	})
	switch {
	case errors.Is(err, errSpent):
		return max(full.ExpiresAt.Sub(a.now()), time.Second), nil
	case errors.Is(err, errBegun) || isTaken(err):
		return time.Second, nil // a concurrent request was faster
	}
	return 0, err
}

// interval returns how long to wait for the next message of a kind, and 0 where it may be
// sent now. That is recorded.
func (a *Accounts) interval(ctx context.Context, tx *store.Tx, kind codeKind, to string) (wait time.Duration, err error) {
	wait = a.config.MailInterval
	if wait < 0 {
		return 0, nil
	}
	now := a.now()
	sum := a.keys.hashName("mail " + string(kind) + " " + to)
	times := store.For[mailTime](tx)
	subject := hex.EncodeToString(sum[:])
	this := store.Eq("subject", subject)
	n, err := times.PatchWhere(ctx, store.And(this, store.Compare("sent_at", store.OpLte, now.Add(-wait))), store.SetTo("sent_at", now))
	if err != nil || n == 1 {
		return 0, err
	}
	if n, err := times.Count(ctx, this); err != nil || n > 0 {
		return wait, err
	}
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return store.For[mailTime](tx).Insert(ctx, &mailTime{Subject: subject, SentAt: now})
	})
	if isTaken(err) {
		return wait, nil // a concurrent request was faster
	}
	return 0, err
}

// overMailLimit is the error for a contact that has to wait for its next message.
func overMailLimit(at contact, wait time.Duration) error {
	if at.phone != "" {
		return overSMSLimit(wait)
	}
	return &problem.Error{Code: problem.AuthOverEmailLimit, RetryAfter: wait}
}
