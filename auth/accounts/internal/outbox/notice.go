package outbox

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

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
