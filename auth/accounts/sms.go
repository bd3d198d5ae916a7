package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
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
	// that cannot be called. ctx ends after 30 seconds. A message that takes longer than
	// a minute may be sent twice.
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
