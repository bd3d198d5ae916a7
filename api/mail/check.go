package mail

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxAddress = 254      // bytes, RFC 5321 section 4.5.3.1.3
	maxValue   = 4 << 10  // bytes, of one value of a mail of accounts
	maxText    = 32 << 10 // bytes, of one value of a [Message]
	maxSubject = 400      // bytes
)

// line reports whether a text is one line of something a person can read: valid
// UTF-8 without control characters and line separators.
func line(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// checkAddress refuses what is not one plain address, as "ann@example.org". The error
// does not repeat it: it may be anything.
func checkAddress(address string) error {
	parsed, err := netmail.ParseAddress(address)
	if err != nil || !line(address) || len(address) > maxAddress || parsed.Name != "" || parsed.Address != address {
		return fmt.Errorf("mail: the recipient is not a plain e-mail address")
	}
	return nil
}

// checkValues refuses values that could end a header or mislead a reader's program.
func checkValues(values map[string]string) error {
	for name, value := range values {
		if len(value) > maxValue || !line(value) {
			return fmt.Errorf("mail: the value %q is too long or has a control character", name)
		}
	}
	return checkLinks(values)
}

// checkLinks rejects URLs that are not of the web.
func checkLinks(values map[string]string) error {
	for _, name := range []string{"link", "site"} {
		if value := values[name]; value != "" && !webAddress(value) {
			return fmt.Errorf("mail: the value %q is not an http or https URL", name)
		}
	}
	return nil
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(text, " <>\"")
}

// sender reads an address that may have a name, as "Example <accounts@example.org>".
func sender(text string) (*netmail.Address, error) {
	from, err := netmail.ParseAddress(text)
	if err != nil || !line(text) || checkAddress(from.Address) != nil {
		return nil, fmt.Errorf("mail: From must be an e-mail address such as \"Example <accounts@example.org>\"")
	}
	return from, nil
}

// domain returns what stands behind the @.
func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// ascii reports whether an address can be sent to any server (RFC 6531).
func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
