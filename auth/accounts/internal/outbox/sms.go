package outbox

import (
	"net/url"
	"strings"
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
