package outbox

import (
	"context"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

// Changes that users are notified of. The first three end sessions.
const (
	ChangePassword = "password"
	ChangeEmail    = "email"
	ChangePhone    = "phone"

	ChangeFactorAdded   = "factor_added"
	ChangeFactorRemoved = "factor_removed"

	ChangeIdentityAdded   = "identity_added"
	ChangeIdentityRemoved = "identity_removed"

	ChangeKeyAdded = "key_added"
)

// Notice notifies the owner of an account of a change, at the e-mail address before the change.
// It does nothing without a confirmed address or without a Mailer.
func (ob *Outbox) Notice(ctx context.Context, tx *store.Tx, u *data.User, change string) error {
	if ob.Mailer == nil || u.Email == nil || u.EmailConfirmedAt == nil {
		return nil
	}
	return ob.Queue(ctx, tx, Mail{
		To: *u.Email, Template: MailNotice, Locale: u.Locale(),
		Values: map[string]string{"email": *u.Email, "site": ob.SiteURL, "change": change},
	})
}

// The templates of mails.
const (
	MailConfirmation     = "confirmation"     // of the address of a new account
	MailExisting         = "existing"         // a sign-up with the address of an existing account
	MailInvite           = "invite"           // to an account that was made for the reader
	MailMagicLink        = "magic_link"       // a login
	MailRecovery         = "recovery"         // for a forgotten password
	MailEmailChange      = "email_change"     // to both addresses of a change
	MailReauthentication = "reauthentication" // a code before a password is changed
	MailNotice           = "notice"           // of a change of the account that its owner must know of
)

// The templates of text messages.
const (
	SMSConfirmation     = "confirmation"     // of the number of a new account
	SMSLogin            = "login"            // a login
	SMSPhoneChange      = "phone_change"     // to the number that an account is to have
	SMSReauthentication = "reauthentication" // a code before a password is changed
	SMSFactor           = "factor"           // a second factor
)

// smsTexts are the messages. They say what the code is for, so that a user who is asked for it
// by another person can notice.
var smsTexts = map[string]string{
	SMSConfirmation:     "confirms your new account at",
	SMSLogin:            "is your code to log in to",
	SMSPhoneChange:      "confirms this number for your account at",
	SMSReauthentication: "confirms a change of your account at",
	SMSFactor:           "is the second code to log in to",
}

// smsText is a message in English, which fits into one. Phones offer the code of the
// last line on pages of the site only.
func smsText(template string, values map[string]string) string {
	host := values["site"]
	if site, err := url.Parse(host); err == nil {
		host = site.Hostname()
	}
	words := []string{values["code"], smsTexts[template], host + ".", "Tell nobody."}
	return strings.Join(words, " ") + "\n\n@" + host + " #" + values["code"]
}
