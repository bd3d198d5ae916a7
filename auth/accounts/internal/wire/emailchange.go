package wire

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// resendEmailChange mails the addresses of a change once more. The address is the one
// that the account has.
func (x mailHandler) resendEmailChange(in asked) error {
	a := x.Handler
	if a.Outbox.Mailer == nil {
		return fail.ErrNoMailer
	}
	return x.mailWithin(in.Contact, store.ID{}, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := data.ByEmail(ctx, tx, in.Email)
		if err != nil {
			return 0, err
		}
		if u == nil || u.NewEmail == nil || a.Sessions.MayEnter(u) != nil {
			return a.Throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodeEmailOld, data.CodeEmailNew)
		if err != nil {
			return 0, err
		}
		still, err := account.StillAsked(ctx, tx, &asked)
		if err == nil && still {
			still, err = a.Changes.HalfHolds(ctx, tx, u)
		}
		switch {
		case err != nil:
			return 0, err
		case !still:
			return a.Throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked.Flow = in.flow
		return a.Changes.MailEmailChange(ctx, tx, u, asked, x.locale(u))
	})
}

// resendPhoneChange sends the code of a change once more. The number is the one that the
// account has, or is to have.
func (x mailHandler) resendPhoneChange(in asked) error {
	a, ctx := x.Handler, x.r.Context()
	to := in.Contact
	u, err := data.ChangerOf(ctx, a.DB, in.Contact)
	if err != nil {
		return err
	}
	if u != nil {
		to.Phone = *u.NewPhone // which is asked about, and gets the message
	}
	id := store.NewID()
	return x.mailWithin(to, id, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := data.ChangerOf(ctx, tx, in.Contact)
		if err != nil {
			return 0, err
		}
		if u == nil || *u.NewPhone != to.Phone || a.Sessions.MayEnter(u) != nil {
			return a.Throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodePhone)
		if err != nil {
			return 0, err
		}
		switch still, err := account.StillAsked(ctx, tx, &asked); {
		case err != nil:
			return 0, err
		case !still:
			return a.Throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		return a.Changes.SendPhoneChange(ctx, tx, u, account.Mailing{ID: id, Locale: x.locale(u), Code: asked})
	})
}
