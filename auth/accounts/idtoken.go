package accounts

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// grantIDToken exchanges an ID token, which an app got from a provider by itself, for a
// session, or links it to the account of the caller.
func (x *exchange) grantIDToken(body object) (*issued, error) {
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
	if err := x.drawMany("providers", netaddr.Name(x.address())); err != nil {
		return nil, err // the same token may come as often as it likes
	}
	ctx, from := x.r.Context(), x.device()
	u, err := x.receiveOrLink(ctx, v, linked, in["current_password"])
	if err != nil {
		return nil, err
	}
	return x.a.enter(ctx, u, v.method(), from)
}

// judgeIDToken asks the provider's keys about an ID token.
func (x *exchange) judgeIDToken(in map[string]string) (*externalIdentity, error) {
	if in["id_token"] == "" || in["provider"] == "" {
		return nil, failf(problem.AuthValidation, "provider and id_token are required")
	}
	p, err := x.a.provider(in["provider"])
	if err != nil {
		return nil, err
	}
	judge, ok := p.(idTokenVerifier)
	if !ok {
		return nil, failf(problem.AuthValidation, "The provider has no ID tokens")
	}
	who, err := judge.VerifyIDToken(x.r.Context(), in["id_token"], auth.IDTokenOptions{Nonce: in["nonce"], AccessToken: in["access_token"]})
	if errors.Is(err, auth.ErrInvalid) {
		x.a.config.Logger.InfoContext(x.r.Context(), "accounts: an ID token was rejected", "provider", p.Name(), "error", err)
		return nil, failf(problem.AuthInvalidCredentials, "Bad ID token")
	}
	if err != nil {
		return nil, err
	}
	return externalIdentityOf(p, who)
}

// receiveOrLink finds the account of a externalIdentity, or gives them to that of the caller. The nonce
// of the request is that of the ID token, so only a password can stand beside it.
func (x *exchange) receiveOrLink(ctx context.Context, v *externalIdentity, linked bool, entered string) (*user, error) {
	if !linked {
		return x.a.receive(ctx, v, x.device())
	}
	u, s, err := x.linker(map[string]string{"current_password": entered})
	if err != nil {
		return nil, err
	}
	return x.a.linkIdentity(ctx, &linking{User: u.ID, Session: s.ID}, v, x.device())
}
