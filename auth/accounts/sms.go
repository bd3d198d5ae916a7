package accounts

import (
	"context"
	"net/url"
	"strings"
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
