package throttle

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// MailTurn counts a message to a contact, unless the contact has to wait for it. See
// MailTurnOf.
func (th *Throttle) MailTurn(ctx context.Context, tx *store.Tx, kind data.CodeKind, at data.Contact) (wait time.Duration, err error) {
	if at.Phone != "" {
		return th.interval(ctx, tx, data.CodeSMS, at.Phone)
	}
	return th.MailTurnOf(ctx, tx, kind, at.Text())
}

// MailTurnOf counts a mail to an e-mail address, unless one of the same kind is younger
// than Config.MailInterval or Limits.Mails is spent. Then it returns how long to wait.
// Addresses without an account are counted in the same way, so that they are answered alike.
func (th *Throttle) MailTurnOf(ctx context.Context, tx *store.Tx, kind data.CodeKind, email string) (wait time.Duration, err error) {
	if wait, err = th.interval(ctx, tx, kind, email); err != nil || wait > 0 || th.Limits.Mails.Count < 0 {
		return wait, err
	}
	var full *data.Failures
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		full, err = th.spendOne(ctx, tx, th.Budget("mails", email, th.Limits.Mails))
		return err
	})
	switch {
	case errors.Is(err, errSpent):
		return max(full.ExpiresAt.Sub(th.Now()), time.Second), nil
	case errors.Is(err, errBegun) || data.IsTaken(err):
		return time.Second, nil // a concurrent request was faster
	}
	return 0, err
}

// interval returns how long to wait for the next message of a kind, and 0 where it may be
// sent now. That is recorded.
func (th *Throttle) interval(ctx context.Context, tx *store.Tx, kind data.CodeKind, to string) (wait time.Duration, err error) {
	wait = th.MailInterval
	if wait < 0 {
		return 0, nil
	}
	now := th.Now()
	sum := th.Keys.HashName("mail " + string(kind) + " " + to)
	subject := hex.EncodeToString(sum[:])
	recorded, known, err := data.RecordMail(ctx, tx, subject, now.Add(-wait), now)
	switch {
	case err != nil || recorded:
		return 0, err
	case known:
		return wait, nil
	}
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return data.Insert(ctx, tx, &data.MailTime{Subject: subject, SentAt: now})
	})
	if data.IsTaken(err) {
		return wait, nil // a concurrent request was faster
	}
	return 0, err
}

// OverMailLimit is the error for a contact that has to wait for its next message.
func OverMailLimit(at data.Contact, wait time.Duration) error {
	if at.Phone != "" {
		return OverSMSLimit(wait)
	}
	return &problem.Error{Code: problem.AuthOverEmailLimit, RetryAfter: wait}
}
