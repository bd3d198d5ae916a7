package wire

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

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
