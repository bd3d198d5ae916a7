package accounts

import (
	"encoding/json"
	"fmt"
	"maps"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// externalIdentity is the verified result of a login at a provider, as far as it is kept.
type externalIdentity struct {
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`

	Email  *string `json:"email,omitempty"` // canonical
	Proven bool    `json:"proven,omitempty"`

	Data map[string]any `json:"data"` // what clients see of the identity

	identity store.ID // which that is, once they were received
}

// method is how a externalIdentity has come who was received.
func (v *externalIdentity) method() method {
	return method{Method: methodOAuth, Provider: v.Provider, Identity: v.identity}
}

// Limits of kept claims. User metadata are in every access token, which must be short.
const (
	maxClaim   = 255 // bytes
	maxPicture = 512
)

// namesOf are the claims that are kept beside the ones that an identity has fields
// for (OpenID Connect Core 1.0 section 5.1).
var namesOf = []string{"family_name", "given_name", "nickname", "preferred_username"}

// externalIdentityOf returns the externalIdentity of a login. An identity without a subject is
// rejected, since two of them could not be distinguished.
func externalIdentityOf(p Provider, who auth.Identity) (*externalIdentity, error) {
	if who.Subject == "" {
		return nil, fmt.Errorf("accounts: the provider %s returned an identity without a Subject", p.Name())
	}
	v := &externalIdentity{Provider: p.Name(), Issuer: who.Issuer, Subject: who.Subject, Data: map[string]any{
		"iss": who.Issuer, "sub": who.Subject, "provider_id": who.Subject, "email_verified": false, "phone_verified": false,
	}}
	if email, ok := canonicalEmail(who.Email); ok {
		v.Email, v.Proven = &email, who.EmailVerified
		v.Data["email"], v.Data["email_verified"] = email, v.Proven
	}
	set := func(text string, limit int, names ...string) {
		if text == "" || len(text) > limit || hasControl(text) {
			return
		}
		for _, name := range names {
			v.Data[name] = text
		}
	}
	set(who.Name, maxClaim, "name", "full_name")
	set(who.Picture, maxPicture, "picture", "avatar_url")
	set(languageTag(who.Locale), maxClaim, "locale")
	for _, name := range namesOf {
		text, _ := who.Claims[name].(string)
		set(text, maxClaim, name)
	}
	if text, ok := v.Data["preferred_username"]; ok {
		v.Data["user_name"] = text
	}
	return v, nil
}

func hasControl(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// fillMetadata adds to the metadata of a user what a provider says of them and they
// have not said themselves, if there is room for it.
func (v *externalIdentity) fillMetadata(metadata store.JSON) (store.JSON, error) {
	known := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(metadata), &known); err != nil {
		return "", err
	}
	said := maps.Clone(v.Data)
	if !v.Proven {
		delete(said, "email") // it would be taken for theirs
	}
	for name, value := range said {
		if _, ok := known[name]; ok {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return "", err
		}
		known[name] = raw
	}
	filled, err := store.JSONOf(known)
	if err != nil || len(filled) > maxMetadata {
		return metadata, err
	}
	return filled, nil
}
