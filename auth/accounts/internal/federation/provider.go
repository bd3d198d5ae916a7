// Package federation lets users log in at providers, and links their identities to accounts.
package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Provider is a login provider, see accounts.Provider.
type Provider interface {
	Name() string
	Begin(ctx context.Context, opts auth.LoginOptions) (to string, flow auth.Flow, err error)
	Finish(ctx context.Context, flow auth.Flow, answer url.Values) (auth.Identity, auth.ProviderTokens, error)
}

// Federation connects accounts with the users of providers.
type Federation struct {
	*account.SignUps
	Providers []Provider
}

// IDTokenVerifier is a Provider that judges ID tokens, which apps on phones get by
// themselves.
type IDTokenVerifier interface {
	VerifyIDToken(ctx context.Context, raw string, opts auth.IDTokenOptions) (auth.Identity, error)
}

// OwnProviders are names that identities have without a provider.
var OwnProviders = map[string]bool{"email": true, "phone": true, "anonymous_users": true}

// Provider returns the provider that a client names.
func (fd *Federation) Provider(name string) (Provider, error) {
	for _, p := range fd.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fail.New(problem.AuthValidation, "Unsupported provider: provider is not enabled")
}

// CallbackURL is where a provider sends browsers back. Each has one of its own, so
// that the answer of one cannot be taken for another's (RFC 9700 section 4.4.2).
func (fd *Federation) CallbackURL(p Provider) string {
	return strings.TrimSuffix(fd.PublicURL, "/") + "/callback/" + p.Name()
}

// ProviderResultPlace is where what a provider gave to a user is sealed.
func ProviderResultPlace(user store.ID) string { return "auth_codes flow " + user.String() }

// SealProviderResult encrypts what a provider gave to a user, nil for nothing.
func (fd *Federation) SealProviderResult(user store.ID, e *data.ProviderResult) ([]byte, error) {
	if *e == (data.ProviderResult{}) {
		return nil, nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return fd.Keys.Seal(ProviderResultPlace(user), raw), nil
}

// Limits of kept claims. User metadata are in every access token, which must be short.
const (
	MaxClaim   = 255 // bytes
	maxPicture = 512
)

// ExternalIdentityOf returns the verified identity of a login. An identity without a subject is
// rejected, since two of them could not be distinguished.
func ExternalIdentityOf(p Provider, who auth.Identity) (*data.ExternalIdentity, error) {
	if who.Subject == "" {
		return nil, fmt.Errorf("accounts: the provider %s returned an identity without a Subject", p.Name())
	}
	v := &data.ExternalIdentity{Provider: p.Name(), Issuer: who.Issuer, Subject: who.Subject, Data: map[string]any{
		"iss": who.Issuer, "sub": who.Subject, "provider_id": who.Subject, "email_verified": false, "phone_verified": false,
	}}
	if email, ok := data.CanonicalEmail(who.Email); ok {
		v.Email, v.Proven = &email, who.EmailVerified
		v.Data["email"], v.Data["email_verified"] = email, v.Proven
	}
	set := func(text string, limit int, names ...string) {
		if text == "" || len(text) > limit || data.HasControl(text) {
			return
		}
		for _, name := range names {
			v.Data[name] = text
		}
	}
	set(who.Name, MaxClaim, "name", "full_name")
	set(who.Picture, maxPicture, "picture", "avatar_url")
	set(data.LanguageTag(who.Locale), MaxClaim, "locale")
	for _, name := range data.NamesOf {
		text, _ := who.Claims[name].(string)
		set(text, MaxClaim, name)
	}
	if text, ok := v.Data["preferred_username"]; ok {
		v.Data["user_name"] = text
	}
	return v, nil
}

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
		e := from.Event("identity_linked", &u.ID)
		e.SessionID = &to.Session
		guest := u.IsAnonymous
		if err := fd.link(ctx, tx, u, v, e); err != nil || !guest {
			return err
		}
		return account.Upgrade(ctx, tx, u, up)
	})
	if data.IsTaken(err) {
		return nil, fail.New(problem.AuthIdentityExists, "Identity is already linked to another user")
	}
	return u, err
}

// LinkBy gives an account an identity on behalf of the application.
func (fd *Federation) LinkBy(ctx context.Context, tx *store.Tx, by role.Authority, id store.ID, v *data.ExternalIdentity) error {
	u, err := data.UserByID(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case u.IsAnonymous || u.RemovedAt != nil:
		return fail.New(problem.AuthValidation, "a user without an account cannot have identities")
	}
	e := by.Event("identity_linked", &u.ID)
	return fd.link(ctx, tx, u, v, e)
}

// link gives an account an identity that no account has yet.
func (fd *Federation) link(ctx context.Context, tx *store.Tx, u *data.User, v *data.ExternalIdentity, e *data.Event) error {
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
	return fd.join(ctx, tx, u, v, e)
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
