package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// upgrade is the metadata that Config.BeforeSignUp returned for an anonymous user who gets an
// account: members to set, and null for members to remove. The codes of a change keep it.
type upgrade struct{ app, user store.JSON }

// admitGuest is admit for an anonymous user, with the account that they are to get. So
// anonymous users do not get around the hook or Config.DisableSignup.
func (a *Accounts) admitGuest(ctx context.Context, guest user, how string, from device) (up upgrade, err error) {
	if a.config.DisableSignup {
		return up, errSignupClosed
	}
	before := guest
	if _, err := a.admit(ctx, &guest, how, from); err != nil {
		return up, err
	}
	if len(guest.AppMetadata) > maxMetadata || len(guest.UserMetadata) > maxMetadata {
		return up, errMetadata
	}
	return upgradeOf(&before, &guest)
}

// upgradeOf is what makes the metadata of one user those of another.
func upgradeOf(before, after *user) (up upgrade, err error) {
	if up.app, err = changes(before.AppMetadata, after.AppMetadata); err != nil {
		return up, err
	}
	up.user, err = changes(before.UserMetadata, after.UserMetadata)
	return up, err
}

// admitChange runs BeforeSignUp for a change by which an anonymous user gets an account. As
// with a sign-up the change has an e-mail address or a phone number, not both: a decision about
// both would hold when only one of them is confirmed.
func (x *exchange) admitChange(u *user, c *userChange) (err error) {
	if !u.IsAnonymous || c.email == "" && c.phone == "" {
		return nil
	}
	if c.email != "" && c.phone != "" {
		return errBothContacts
	}
	guest, how := *u, "otp"
	if c.email != "" {
		guest.Email = &c.email
	}
	if c.phone != "" {
		guest.Phone = &c.phone
	}
	if c.hash != nil {
		how = methodPassword
	}
	if c.data.Kind() == strictjson.Object {
		if guest.UserMetadata, err = merged(u.UserMetadata, store.JSON(c.data.Raw())); err != nil {
			return err
		}
	}
	c.upgrade, err = x.a.admitGuest(x.r.Context(), guest, how, x.device())
	return err
}

// admitLink runs BeforeSignUp for an identity by which an anonymous user gets an account.
func (a *Accounts) admitLink(ctx context.Context, to *linking, v *externalIdentity, from device) (upgrade, error) {
	u, err := a.linked(ctx, a.db, to)
	if err != nil || !u.IsAnonymous {
		return upgrade{}, err
	}
	guest := *u
	if u.Email == nil && v.Proven {
		guest.Email = v.Email
	}
	if guest.UserMetadata, err = v.fillMetadata(u.UserMetadata); err != nil {
		return upgrade{}, err
	}
	return a.admitGuest(ctx, guest, v.Provider, from)
}

// admitBy runs BeforeSignUp for a change by an admin by which an anonymous user gets an e-mail
// address or a phone number.
func (a *Accounts) admitBy(ctx context.Context, by authority, u *user, c *change) error {
	if !u.IsAnonymous || c.email == "" && c.phone == "" {
		return nil
	}
	guest := *u
	if err := a.apply(by, &guest, *c); err != nil {
		return err
	}
	if _, err := a.admit(ctx, &guest, "admin", by.from); err != nil {
		return err
	}
	up, err := upgradeOf(u, &guest)
	c.app, c.user = up.app, up.user
	return err
}

// upgrade writes the admitted metadata when an anonymous user gets an account.
func (a *Accounts) upgrade(ctx context.Context, tx *store.Tx, u *user, up upgrade) (err error) {
	if u.AppMetadata, err = merged(u.AppMetadata, up.app); err != nil {
		return err
	}
	if u.UserMetadata, err = merged(u.UserMetadata, up.user); err != nil {
		return err
	}
	if err := a.syncProviders(ctx, tx, u); err != nil {
		return err
	}
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("app_metadata", u.AppMetadata), store.SetTo("user_metadata", u.UserMetadata))
	return err
}

// upgradeBy writes the metadata that were admitted when an anonymous user asked for the e-mail
// address or phone number that is confirmed now. A code without them is rejected unless an
// admin has made it, since the hook did not run.
func (a *Accounts) upgradeBy(ctx context.Context, tx *store.Tx, guest *user, c *mailedCode) error {
	switch {
	case !guest.IsAnonymous || c.Session == nil:
		return nil
	case c.AppMetadata == "":
		return errOTP
	}
	return a.upgrade(ctx, tx, guest, upgrade{app: c.AppMetadata, user: c.Metadata})
}
