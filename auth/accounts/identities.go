package accounts

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// authorizeLink answers GET /user/identities/authorize: the user links an identity of a
// provider.
func (x *exchange) authorizeLink() error {
	if err := x.noHead(); err != nil {
		return err
	}
	u, s, err := x.linker(x.nonce())
	if err == nil {
		err = x.drawBegun(u)
	}
	if err != nil {
		return err
	}
	return x.leave(&data.Linking{User: u.ID, Session: s.ID})
}

// nonce returns the digits of GET /reauthenticate that a request without a body brings. They
// are good once, so it does no harm that addresses are logged; a password is not taken there.
func (x *exchange) nonce() map[string]string {
	return map[string]string{"nonce": x.r.URL.Query().Get("nonce")}
}

// linker returns the user who may link and unlink identities: where that is switched on, and at
// level 2 if they have a second factor. Without one the request may have to prove the user's
// identity, see proveSelf, since an identity outlasts the session.
func (x *exchange) linker(in map[string]string) (*data.User, *data.Session, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, err
	}
	if !x.a.config.ManualLinking {
		return nil, nil, &problem.Error{Code: problem.AuthLinkingDisabled}
	}
	if err := x.a.sessions.MayEnter(u); err != nil {
		return nil, nil, err
	}
	if err := x.needsSecondFactor(u, s); err != nil {
		return nil, nil, err
	}
	level, err := x.assurance(s)
	if err == nil && level < 2 {
		err = x.proveSelf(u, s, in)
	}
	return u, s, err
}

// unlink answers DELETE /user/identities/{identity}.
func (x *exchange) unlink() error {
	_, s, err := x.linker(x.nonce())
	if err != nil {
		return err
	}
	id, err := store.ParseID(x.params["identity"])
	if err != nil {
		return &problem.Error{Code: problem.AuthIdentityNotFound}
	}
	if err := x.a.federation.UnlinkIdentity(x.r.Context(), s, id, x.device()); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}
