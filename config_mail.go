package plinth

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// mailFolder is the folder for mails in development.
const mailFolder = "plinth-mails"

// readMailer returns the mailer of the environment, or nil without one.
func (c *Config) readMailer() accounts.Mailer {
	text := c.getenv("PLINTH_SMTP_URL")
	if text == "" {
		return nil
	}
	config, err := smtpConfig(text)
	if err == nil && c.getenv("PLINTH_MAIL_FROM") == "" {
		err = errors.New("plinth: PLINTH_SMTP_URL needs PLINTH_MAIL_FROM, the sender of mails")
	}
	config.From = c.getenv("PLINTH_MAIL_FROM")
	var sender *mail.SMTP
	if err == nil {
		if sender, err = mail.NewSMTP(config); err != nil {
			err = fmt.Errorf("plinth: PLINTH_SMTP_URL and PLINTH_MAIL_FROM: %w", err)
		}
	}
	if err != nil {
		c.invalid = append(c.invalid, err)
		return nil
	}
	return sender
}

// errSMTP does not repeat the address, which has a password in it.
var errSMTP = errors.New("plinth: PLINTH_SMTP_URL must be smtp://user:password@host:port, or smtps://... where TLS begins at once")

// smtpConfig parses the URL of a mail server. The scheme smtp uses STARTTLS, except to a
// server on this machine.
func smtpConfig(text string) (mail.SMTPConfig, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return mail.SMTPConfig{}, errSMTP
	}
	config := mail.SMTPConfig{Host: u.Hostname(), Username: u.User.Username()}
	config.Password, _ = u.User.Password()
	switch u.Scheme {
	case "smtps":
		config.ImplicitTLS = true
	case "smtp":
		config.InsecurePlain = netaddr.IsLoopback(config.Host)
	default:
		return mail.SMTPConfig{}, errSMTP
	}
	if port := u.Port(); port != "" {
		if config.Port, err = strconv.Atoi(port); err != nil {
			return mail.SMTPConfig{}, errSMTP
		}
	}
	return config, nil
}
