package accounts

import (
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// admitChange runs BeforeSignUp for a change by which an anonymous user gets an account. As
// with a sign-up the change has an e-mail address or a phone number, not both: a decision about
// both would hold when only one of them is confirmed.
func (x *exchange) admitChange(u *data.User, c *account.UserChange) (err error) {
	if !u.IsAnonymous || c.Email == "" && c.Phone == "" {
		return nil
	}
	if c.Email != "" && c.Phone != "" {
		return fail.ErrBothContacts
	}
	guest, how := *u, "otp"
	if c.Email != "" {
		guest.Email = &c.Email
	}
	if c.Phone != "" {
		guest.Phone = &c.Phone
	}
	if c.Hash != nil {
		how = data.MethodPassword
	}
	if c.Data.Kind() == strictjson.Object {
		if guest.UserMetadata, err = data.Merged(u.UserMetadata, store.JSON(c.Data.Raw())); err != nil {
			return err
		}
	}
	c.Upgrade, err = x.a.signUps.AdmitGuest(x.r.Context(), guest, how, x.device())
	return err
}
