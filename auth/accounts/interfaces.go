package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
)

// Mailer sends mail. Package api/mail has one. It must be safe for concurrent use: jobs call it,
// several at a time.
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
	// A mail that takes much longer may be sent twice.
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

// SMSSender sends text messages. Package api/mail has one for development, which
// writes them into a folder. It must be safe for concurrent use, like a [Mailer].
type SMSSender interface {
	// SendSMS sends the message of a template to a number in E.164 form, such as
	// "+4930123456", in the language of locale, a BCP 47 tag that may be empty. values
	// are the values of the template:
	//
	//	text     the whole message in English; make other texts from the rest
	//	code     the six digits
	//	site     Config.SiteURL
	//	expires  lifetime of the code, such as "10m0s"
	//
	// After an error or a panic it is called again until the code expires, unless the
	// error has a method Permanent() bool that returns true, for example for a number
	// that cannot be called. ctx ends after 30 seconds. A message that takes much longer
	// may be sent twice.
	SendSMS(ctx context.Context, to, template, locale string, values map[string]string) error
}

// The templates of text messages.
const (
	SMSConfirmation     = outbox.SMSConfirmation     // of the number of a new account
	SMSLogin            = outbox.SMSLogin            // a login
	SMSPhoneChange      = outbox.SMSPhoneChange      // to the number that an account is to have
	SMSReauthentication = outbox.SMSReauthentication // a code before a password is changed
	SMSFactor           = outbox.SMSFactor           // a second factor
)

// Passkeys runs the ceremonies of passkeys (W3C Web Authentication Level 3).
// passkey.Plain of package auth/passkey does. It keeps nothing: options are for the
// browser, ceremonies and credentials are JSON that is stored and given back. A
// response that does not hold is auth.ErrInvalid.
type Passkeys interface {
	// BeginRegistration begins to register a passkey in a session. credentials are
	// those that the user has.
	BeginRegistration(handle []byte, name, session string, credentials [][]byte) (options, ceremony []byte, err error)

	// FinishRegistration returns the new credential and its id.
	FinishRegistration(ceremony, handle []byte, session string, response []byte) (id, credential []byte, err error)

	// BeginLogin begins a login in which the passkey names the user.
	BeginLogin() (options, ceremony []byte, err error)

	// FinishLogin returns the credential as it is to be kept from now on. find
	// returns the one of an id, nil where there is none. verified says whether the
	// person was verified and not only there, regressed with an error whether the
	// counter did not go forward, as happens when an authenticator was copied.
	FinishLogin(ctx context.Context, ceremony []byte, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)

	// BeginStepUp asks a session for one of the credentials.
	BeginStepUp(handle []byte, session string, credentials [][]byte) (options, ceremony []byte, err error)

	// FinishStepUp is FinishLogin for it.
	FinishStepUp(ctx context.Context, ceremony []byte, session string, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error)
}
