package environment

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// Mailer returns a sender of mails through the server of one variable, from the sender of
// another, and its configuration. Both are nil if the first variable is empty.
func (r *Reader) Mailer(server, from string) (*mail.SMTP, *mail.SMTPConfig) {
	text := r.Text(server)
	config, err := smtpConfig(text)
	config.From = r.Text(from)
	switch {
	case text == "":
		return nil, nil
	case err == nil && config.From == "":
		err = fmt.Errorf("plinth: %s needs %s, the sender of mails", server, from)
	}
	var sender *mail.SMTP
	if err == nil {
		if sender, err = mail.NewSMTP(config); err != nil {
			err = fmt.Errorf("plinth: %s and %s: %w", server, from, err)
		}
	}
	if err != nil {
		r.errs = append(r.errs, err)
		return nil, nil
	}
	return sender, &config
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
