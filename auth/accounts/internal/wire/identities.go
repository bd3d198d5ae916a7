package wire

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// authorizeLink answers GET /user/identities/authorize: the user links an identity of a
// provider.
func (x loginHandler) authorizeLink() error {
	if err := x.noHead(); err != nil {
		return err
	}
	u, s, err := x.linker(x.nonce())
	if err == nil {
		err = x.budgets().drawBegun(u)
	}
	if err != nil {
		return err
	}
	return x.leave(&data.Linking{User: u.ID, Session: s.ID})
}

// nonce returns the digits of GET /reauthenticate that a request without a body brings. They
// are good once, so it does no harm that addresses are logged; a password is not taken there.
func (x loginHandler) nonce() map[string]string {
	return map[string]string{"nonce": x.r.URL.Query().Get("nonce")}
}

// linker returns the user who may link and unlink identities: where that is switched on, and at
// level 2 if they have a second factor. Without one the request may have to prove the user's
// identity, see proveSelf, since an identity outlasts the session.
func (x loginHandler) linker(in map[string]string) (*data.User, *data.Session, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, err
	}
	if !x.ManualLinking {
		return nil, nil, &problem.Error{Code: problem.AuthLinkingDisabled}
	}
	if err := x.Sessions.MayEnter(u); err != nil {
		return nil, nil, err
	}
	if err := x.factors().needsSecondFactor(u, s); err != nil {
		return nil, nil, err
	}
	level, err := x.factors().assurance(s)
	if err == nil && level < 2 {
		err = x.users().proveSelf(u, s, in)
	}
	return u, s, err
}

// unlink answers DELETE /user/identities/{identity}.
func (x loginHandler) unlink() error {
	_, s, err := x.linker(x.nonce())
	if err != nil {
		return err
	}
	id, err := store.ParseID(x.params["identity"])
	if err != nil {
		return &problem.Error{Code: problem.AuthIdentityNotFound}
	}
	if err := x.Federation.UnlinkIdentity(x.r.Context(), s, id, x.device()); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}
