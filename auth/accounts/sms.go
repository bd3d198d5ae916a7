package accounts

import (
	"context"
	"net/url"
	"strings"
)

// SMSSender sends text messages to phones. In development package api/mail has one,
// which writes them into a folder. It must be safe for concurrent use, as a [Mailer].
type SMSSender interface {
	// SendSMS sends the message of a template to a number of E.164, as "+4930123456",
	// in the language that locale, a BCP 47 tag that may be empty, asks for. values are
	// what the message shows:
	//
	//	text     all of it in English: who wants it in other words or languages makes it of the rest
	//	code     the six digits to type
	//	site     Config.SiteURL
	//	expires  how long the code is good, as "10m0s"
	//
	// It is called again later after an error or a panic, for as long as the code is
	// good, unless the error has a method Permanent() bool that says true: a number that
	// cannot be called, a country that the application does not send to. ctx ends after
	// 30 seconds: a message that takes longer than a minute may be sent twice.
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
