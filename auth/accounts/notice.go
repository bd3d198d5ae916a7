package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// Changes that a notice tells of. By the first three sessions end.
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

// notice tells the owner of an account what has been changed, at the address the
// account had until then. It is of no account without a confirmed address, and
// nothing without a Mailer.
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
