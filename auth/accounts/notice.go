package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// Changes that users are notified of. The first three end sessions.
const (
	changePassword = "password"
	changeEmail    = "email"
	changePhone    = "phone"

	changeFactorAdded   = "factor_added"
	changeFactorRemoved = "factor_removed"

	changeIdentityAdded   = "identity_added"
	changeIdentityRemoved = "identity_removed"

	changeKeyAdded = "key_added"
)

// notice notifies the owner of an account of a change, at the e-mail address before the change.
// It does nothing without a confirmed address or without a Mailer.
func (a *Accounts) notice(ctx context.Context, tx *store.Tx, u *user, change string) error {
	if a.config.Mailer == nil || u.Email == nil || u.EmailConfirmedAt == nil {
		return nil
	}
	return a.mail(ctx, tx, mail{
		to: *u.Email, template: MailNotice, locale: u.locale(),
		values: map[string]string{"email": *u.Email, "site": a.config.SiteURL, "change": change},
	})
}

// locale returns the language a user has asked for, the member locale of their
// metadata (as of OpenID Connect Core section 5.1), empty without one.
func (u *user) locale() string {
	var metadata struct {
		Locale any `json:"locale"`
	}
	if u.UserMetadata.Decode(&metadata) != nil {
		return ""
	}
	tag, _ := metadata.Locale.(string)
	return languageTag(tag)
}

// languageTag returns a text that can be a BCP 47 tag, and otherwise nothing.
func languageTag(text string) string {
	if len(text) > 35 {
		return ""
	}
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	return text
}
