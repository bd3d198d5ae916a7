package accounts

import "context"

// Mailer sends mail. Package api/mail has one. It must be safe for concurrent use: each
// instance of an application sends up to four mails and messages at a time.
type Mailer interface {
	// Send sends the mail of a template to an address, in the language that
	// locale, a BCP 47 tag that may be empty, asks for. values are what the mail
	// shows:
	//
	//	link      where the reader confirms, for most templates
	//	code      the digits that do the same, for most templates
	//	email     the address of the account
	//	new_email the address it is to have, for email_change
	//	site      Config.SiteURL
	//	expires   how long link and code are good, as "1h0m0s"
	//	change    what has happened, for notice: password, email, phone, factor_added,
	//	          factor_removed, identity_added, identity_removed, key_added
	//
	// It is called again later after an error or a panic, for as long as the mail is of
	// use, unless the error has a method Permanent() bool that says true. ctx ends after
	// 30 seconds: a mail that takes longer than a minute may be sent twice.
	Send(ctx context.Context, to, template, locale string, values map[string]string) error
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
