package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/store"
)

// upgrade is the metadata that Config.BeforeSignUp returned for an anonymous user who gets an
// account: members to set, and null for members to remove. The codes of a change keep it.
type upgrade struct{ app, user store.JSON }

// AdmitGuest is admit for an anonymous user, with the account that they are to get. So
// anonymous users do not get around the hook or Config.DisableSignup.
func (su *SignUps) AdmitGuest(ctx context.Context, guest data.User, how string, from data.Device) (up upgrade, err error) {
	if su.DisableSignup {
		return up, fail.ErrSignupClosed
	}
	before := guest
	if _, err := su.Sessions.Admit(ctx, &guest, how, from); err != nil {
		return up, err
	}
	if len(guest.AppMetadata) > data.MaxMetadata || len(guest.UserMetadata) > data.MaxMetadata {
		return up, data.ErrMetadata
	}
	return upgradeOf(&before, &guest)
}

// upgradeOf is what makes the metadata of one user those of another.
func upgradeOf(before, after *data.User) (up upgrade, err error) {
	if up.app, err = data.Changes(before.AppMetadata, after.AppMetadata); err != nil {
		return up, err
	}
	up.user, err = data.Changes(before.UserMetadata, after.UserMetadata)
	return up, err
}

// AdmitLink runs BeforeSignUp for an identity by which an anonymous user gets an account.
func (su *SignUps) AdmitLink(ctx context.Context, to *data.Linking, v *data.ExternalIdentity, from data.Device) (upgrade, error) {
	u, err := su.Linked(ctx, su.DB, to)
	if err != nil || !u.IsAnonymous {
		return upgrade{}, err
	}
	guest := *u
	if u.Email == nil && v.Proven {
		guest.Email = v.Email
	}
	if guest.UserMetadata, err = v.FillMetadata(u.UserMetadata); err != nil {
		return upgrade{}, err
	}
	return su.AdmitGuest(ctx, guest, v.Provider, from)
}

// admitBy runs BeforeSignUp for a change by an admin by which an anonymous user gets an e-mail
// address or a phone number.
func (ch *Changes) admitBy(ctx context.Context, by role.Authority, u *data.User, c *Change) error {
	if !u.IsAnonymous || c.Email == "" && c.Phone == "" {
		return nil
	}
	guest := *u
	if err := ch.apply(by, &guest, *c); err != nil {
		return err
	}
	if _, err := ch.Sessions.Admit(ctx, &guest, "admin", by.From); err != nil {
		return err
	}
	up, err := upgradeOf(u, &guest)
	c.App, c.User = up.app, up.user
	return err
}

// Upgrade writes the admitted metadata when an anonymous user gets an account.
func Upgrade(ctx context.Context, tx *store.Tx, u *data.User, up upgrade) (err error) {
	if u.AppMetadata, err = data.Merged(u.AppMetadata, up.app); err != nil {
		return err
	}
	if u.UserMetadata, err = data.Merged(u.UserMetadata, up.user); err != nil {
		return err
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	return data.WriteMetadata(ctx, tx, u)
}

// upgradeBy writes the metadata that were admitted when an anonymous user asked for the e-mail
// address or phone number that is confirmed now. A code without them is rejected unless an
// admin has made it, since the hook did not run.
func upgradeBy(ctx context.Context, tx *store.Tx, guest *data.User, c *data.MailedCode) error {
	switch {
	case !guest.IsAnonymous || c.Session == nil:
		return nil
	case c.AppMetadata == "":
		return fail.ErrOTP
	}
	return Upgrade(ctx, tx, guest, upgrade{app: c.AppMetadata, user: c.Metadata})
}
