package accounts

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// resendPhoneChange sends the code of a change once more. The number is the one that the
// account has, or is to have.
func (x *exchange) resendPhoneChange(in asked) error {
	a, ctx := x.a, x.r.Context()
	to := in.Contact
	u, err := data.ChangerOf(ctx, a.db, in.Contact)
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
		if u == nil || *u.NewPhone != to.Phone || a.sessions.MayEnter(u) != nil {
			return a.throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodePhone)
		if err != nil {
			return 0, err
		}
		switch still, err := account.StillAsked(ctx, tx, &asked); {
		case err != nil:
			return 0, err
		case !still:
			return a.throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		return a.changes.SendPhoneChange(ctx, tx, u, account.Mailing{Id: id, Locale: x.locale(u), Code: asked})
	})
}
