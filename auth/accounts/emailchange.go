package accounts

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
func (x *exchange) resendEmailChange(in asked) error {
	a := x.a
	if a.config.Mailer == nil {
		return fail.ErrNoMailer
	}
	return x.mailWithin(in.Contact, store.ID{}, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := data.ByEmail(ctx, tx, in.Email)
		if err != nil {
			return 0, err
		}
		if u == nil || u.NewEmail == nil || a.sessions.MayEnter(u) != nil {
			return a.throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodeEmailOld, data.CodeEmailNew)
		if err != nil {
			return 0, err
		}
		still, err := account.StillAsked(ctx, tx, &asked)
		if err == nil && still {
			still, err = a.changes.HalfHolds(ctx, tx, u)
		}
		switch {
		case err != nil:
			return 0, err
		case !still:
			return a.throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked.Flow = in.flow
		return a.changes.MailEmailChange(ctx, tx, u, asked, x.locale(u))
	})
}
