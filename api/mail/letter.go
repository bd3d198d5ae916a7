package mail

import (
	"cmp"
	"crypto/rand"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// letter is a mail that is ready to go.
type letter struct {
	from, to string // plain addresses
	msg      *gomail.Msg
}

// writer makes letters.
type writer struct {
	from      *netmail.Address
	templates *Templates
	now       func() time.Time
}

func newWriter(from string, templates *Templates, now func() time.Time) (*writer, error) {
	address, err := sender(from)
	if err != nil {
		return nil, err
	}
	if templates == nil {
		if templates, err = NewTemplates(TemplatesConfig{}); err != nil {
			return nil, err
		}
	}
	if now == nil {
		now = time.Now
	}
	return &writer{address, templates, now}, nil
}

// write makes the letter of a template.
func (w *writer) write(to, template, locale string, values map[string]string) (*letter, error) {
	if err := checkAddress(to); err != nil {
		return nil, err
	}
	if err := checkValues(values); err != nil {
		return nil, err
	}
	return w.compose(Message{To: to, Template: template, Locale: locale, Values: values})
}

// writeMessage makes the letter of a message.
func (w *writer) writeMessage(m Message) (*letter, error) {
	m, err := m.normalized()
	if err != nil {
		return nil, err
	}
	return w.compose(m)
}

// compose makes the letter of a message that was checked.
func (w *writer) compose(msg Message) (*letter, error) {
	content, err := w.templates.render(msg.To, msg.Template, msg.Locale, msg.Values)
	if err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(w.from)
	m.ToMailAddress(&netmail.Address{Address: msg.To})
	if msg.ReplyTo != "" {
		m.ReplyToMailAddress(&netmail.Address{Address: msg.ReplyTo})
	}
	m.Subject(content.Subject)
	m.SetDateWithValue(w.now())
	m.SetMessageIDWithValue(cmp.Or(msg.ID, strings.ToLower(rand.Text())) + "@" + domain(w.from.Address))
	// Suppress automatic replies (RFC 3834 section 5; the second header is the one that
	// Exchange reads).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader("Content-Language", content.Locale)
	m.SetBodyString(gomail.TypeTextPlain, content.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, content.HTML)
	return &letter{from: w.from.Address, to: msg.To, msg: m}, nil
}

// writeTo writes the letter as it is sent (RFC 5322).
func (l *letter) writeTo(w io.Writer) error {
	_, err := l.msg.WriteTo(w)
	return err
}
