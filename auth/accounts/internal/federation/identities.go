package federation

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// LinkIdentity gives an account an identity. The session that has asked for it must not have
// ended since.
func (fd *Federation) LinkIdentity(ctx context.Context, to *data.Linking, v *data.ExternalIdentity, from data.Device) (u *data.User, err error) {
	up, err := fd.SignUps.AdmitLink(ctx, to, v, from)
	if err != nil {
		return nil, err
	}
	err = fd.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if u, err = fd.SignUps.Linked(ctx, tx, to); err != nil {
			return err
		}
		i, err := data.IdentityOf(ctx, tx, v)
		switch {
		case err != nil:
			return err
		case i != nil && i.UserID == u.ID:
			return fail.New(problem.AuthIdentityExists, "Identity is already linked")
		case i != nil:
			return fail.New(problem.AuthIdentityExists, "Identity is already linked to another user")
		}
		if err := fd.Outbox.Notice(ctx, tx, u, outbox.ChangeIdentityAdded); err != nil {
			return err
		}
		if u.Email == nil && v.Proven {
			if err := fd.giveEmail(ctx, tx, u, v.Email); err != nil {
				return err
			}
		}
		e := from.Event("identity_linked", &u.ID)
		e.SessionID = &to.Session
		guest := u.IsAnonymous
		if err := fd.join(ctx, tx, u, v, e); err != nil || !guest {
			return err
		}
		return account.Upgrade(ctx, tx, u, up)
	})
	if data.IsTaken(err) {
		return nil, fail.New(problem.AuthIdentityExists, "Identity is already linked to another user")
	}
	return u, err
}

// giveEmail gives an account an address that its owner has proved, unless another one
// has it.
func (fd *Federation) giveEmail(ctx context.Context, s store.Session, u *data.User, email *string) error {
	if taken, err := data.EmailTaken(ctx, s, email); err != nil || taken {
		return err
	}
	now := fd.Now()
	u.Email, u.EmailConfirmedAt = email, &now
	return nil
}
