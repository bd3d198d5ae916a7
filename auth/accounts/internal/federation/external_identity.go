package federation

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
)

// Limits of kept claims. User metadata are in every access token, which must be short.
const (
	MaxClaim   = 255 // bytes
	maxPicture = 512
)

// ExternalIdentityOf returns the externalIdentity of a login. An identity without a subject is
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
