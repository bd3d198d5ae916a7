package mail

import (
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
	content, err := w.templates.render(to, template, locale, values)
	if err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(w.from)
	m.ToMailAddress(&netmail.Address{Address: to})
	m.Subject(content.Subject)
	m.SetDateWithValue(w.now())
	m.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + domain(w.from.Address))
	// Suppress automatic replies (RFC 3834 section 5; the second header is the one that
	// Exchange reads).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader("Content-Language", content.Locale)
	m.SetBodyString(gomail.TypeTextPlain, content.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, content.HTML)
	return &letter{from: w.from.Address, to: to, msg: m}, nil
}

// writeTo writes the letter as it is sent (RFC 5322).
func (l *letter) writeTo(w io.Writer) error {
	_, err := l.msg.WriteTo(w)
	return err
}
