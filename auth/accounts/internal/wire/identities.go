package wire

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
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

// grantIDToken exchanges an ID token, which an app got from a provider by itself, for a
// session, or links it to the account of the caller.
func (x loginHandler) grantIDToken(body object) (*session.Issued, error) {
	in, err := body.texts("provider", "id_token", "access_token", "nonce", "current_password")
	if err != nil {
		return nil, err
	}
	linked, err := body.flag("link_identity", false)
	if err != nil {
		return nil, err
	}
	v, err := x.judgeIDToken(in)
	if err != nil {
		return nil, err
	}
	if err := x.budgets().drawMany("providers", netaddr.Name(x.address())); err != nil {
		return nil, err // the same token may come as often as it likes
	}
	ctx, from := x.r.Context(), x.device()
	u, err := x.receiveOrLink(ctx, v, linked, in["current_password"])
	if err != nil {
		return nil, err
	}
	return x.Sessions.Enter(ctx, u, v.Method(), from)
}

// judgeIDToken asks the provider's keys about an ID token.
func (x loginHandler) judgeIDToken(in map[string]string) (*data.ExternalIdentity, error) {
	if in["id_token"] == "" || in["provider"] == "" {
		return nil, fail.New(problem.AuthValidation, "provider and id_token are required")
	}
	p, err := x.Federation.Provider(in["provider"])
	if err != nil {
		return nil, err
	}
	judge, ok := p.(federation.IDTokenVerifier)
	if !ok {
		return nil, fail.New(problem.AuthValidation, "The provider has no ID tokens")
	}
	who, err := judge.VerifyIDToken(x.r.Context(), in["id_token"], auth.IDTokenOptions{Nonce: in["nonce"], AccessToken: in["access_token"]})
	if errors.Is(err, auth.ErrInvalid) {
		x.Logger.InfoContext(x.r.Context(), "accounts: an ID token was rejected", "provider", p.Name(), "error", err)
		return nil, fail.New(problem.AuthInvalidCredentials, "Bad ID token")
	}
	if err != nil {
		return nil, err
	}
	return federation.ExternalIdentityOf(p, who)
}

// receiveOrLink finds the account of a externalIdentity, or gives them to that of the caller. The nonce
// of the request is that of the ID token, so only a password can stand beside it.
func (x loginHandler) receiveOrLink(ctx context.Context, v *data.ExternalIdentity, linked bool, entered string) (*data.User, error) {
	if !linked {
		return x.Federation.Receive(ctx, v, x.device())
	}
	u, s, err := x.linker(map[string]string{"current_password": entered})
	if err != nil {
		return nil, err
	}
	return x.Federation.LinkIdentity(ctx, &data.Linking{User: u.ID, Session: s.ID}, v, x.device())
}
