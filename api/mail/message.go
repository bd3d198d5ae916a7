package mail

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// Message is a mail of the application's own. Package api/mail/outbox sends it durably.
type Message struct {
	// ID makes the Message-ID header, "<ID@domain of the sender>", so that mail servers
	// recognize a mail that is sent again. It has up to 100 letters, digits, '.' and '-'.
	//
	// Defaults to a random one.
	ID string `json:"-"`

	// To is the recipient's e-mail address, without a name.
	To string `json:"to"`

	// ReplyTo is the e-mail address for replies, without a name.
	//
	// Defaults to none, so that replies go to the sender.
	ReplyTo string `json:"reply_to,omitempty"`

	// Template is the name of the mail, see [Templates].
	Template string `json:"template"`

	// Locale is the recipient's language, a BCP 47 tag or an Accept-Language header.
	//
	// Defaults to that of the templates.
	Locale string `json:"locale,omitempty"`

	// Values are the values of the template. They may have several lines, except those
	// that the subject uses. The values link and site are http or https URLs.
	Values map[string]string `json:"values,omitempty"`
}

var messageID = regexp.MustCompile(`^[A-Za-z0-9.-]{1,100}$`)

// normalized returns the message with the line ends of RFC 5322 in its values as "\n", such as
// those of a form. It returns an error for what would add a header or mislead a reader's program.
func (m Message) normalized() (Message, error) {
	if err := checkAddress(m.To); err != nil {
		return m, err
	}
	if m.ReplyTo != "" && checkAddress(m.ReplyTo) != nil {
		return m, errors.New("mail: ReplyTo is not a plain e-mail address")
	}
	if m.ID != "" && !messageID.MatchString(m.ID) {
		return m, errors.New("mail: ID must have up to 100 letters, digits, '.' and '-'")
	}
	m.Values = maps.Clone(m.Values)
	for name, value := range m.Values {
		value = strings.ReplaceAll(value, "\r\n", "\n")
		m.Values[name] = value
		if len(value) > maxText || !line(strings.NewReplacer("\n", "", "\t", "").Replace(value)) {
			return m, fmt.Errorf("mail: the value %q is too long or has a control character", name)
		}
	}
	return m, checkLinks(m.Values)
}
