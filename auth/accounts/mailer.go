package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
)

// Mailer sends mail. Package api/mail has one. It must be safe for concurrent use: each
// instance of an application sends up to four mails and messages at a time.
type Mailer interface {
	// Send sends the mail of a template to an e-mail address, in the language of
	// locale, a BCP 47 tag that may be empty. values are the values of the template:
	//
	//	link      URL of the confirmation, for most templates
	//	code      digits for the same, for most templates
	//	email     e-mail address of the account
	//	new_email its new address, for email_change
	//	site      Config.SiteURL
	//	expires   lifetime of link and code, such as "1h0m0s"
	//	change    what has happened, for notice: password, email, phone, factor_added,
	//	          factor_removed, identity_added, identity_removed, key_added
	//
	// After an error or a panic it is called again until the mail expires, unless the
	// error has a method Permanent() bool that returns true. ctx ends after 30 seconds.
	// A mail that takes longer than a minute may be sent twice.
	Send(ctx context.Context, to, template, locale string, values map[string]string) error
}

// The templates of mails.
const (
	MailConfirmation     = outbox.MailConfirmation     // of the address of a new account
	MailExisting         = outbox.MailExisting         // a sign-up with the address of an existing account
	MailInvite           = outbox.MailInvite           // to an account that was made for the reader
	MailMagicLink        = outbox.MailMagicLink        // a login
	MailRecovery         = outbox.MailRecovery         // for a forgotten password
	MailEmailChange      = outbox.MailEmailChange      // to both addresses of a change
	MailReauthentication = outbox.MailReauthentication // a code before a password is changed
	MailNotice           = outbox.MailNotice           // of a change of the account that its owner must know of
)
