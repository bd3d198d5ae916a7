package mail

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// SMTPConfig tunes [SMTP]. Host and From are required.
type SMTPConfig struct {
	// Host is the server that takes the mails, by the name that its certificate has.
	Host string

	// Port is the server's.
	//
	// Defaults to 587, 465 with ImplicitTLS and 25 with InsecurePlain.
	Port int

	// ImplicitTLS encrypts from the first byte (RFC 8314) instead of by STARTTLS.
	ImplicitTLS bool

	// InsecurePlain sends mails and the password unencrypted. It is for a server on
	// the same machine, and refused for any other.
	InsecurePlain bool

	// RootCAs are the certificate authorities for the server.
	//
	// Defaults to those of the system.
	RootCAs *x509.CertPool

	// Username and Password are shown to the server, unless both are empty. The
	// server must offer SCRAM-SHA-256, PLAIN or LOGIN.
	Username, Password string

	// From is the sender of the mails, such as "Example <accounts@example.org>". Bounces
	// go there, and its domain is used in the Message-ID.
	From string

	// Hello is the name by which the program introduces itself to the server.
	//
	// Defaults to the domain of From.
	Hello string

	// Templates are the mails.
	//
	// Defaults to the package's own.
	Templates *Templates

	// Timeout is how long sending one mail may take, from the connection to the
	// server's word that it has it.
	//
	// Defaults to 30 seconds.
	Timeout time.Duration

	// KeepAlive is how long a connection waits for the next mail.
	//
	// Defaults to 20 seconds; at most 4 minutes, since servers may end those that
	// wait for 5 (RFC 5321 section 4.5.3.2.7). Negative keeps none.
	KeepAlive time.Duration

	// Now returns the time for the Date header.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns the mistake that [NewSMTP] would report. No server is asked.
func (c SMTPConfig) Validate() error {
	_, err := NewSMTP(c)
	return err
}

func (c SMTPConfig) withDefaults() (SMTPConfig, error) {
	port := 587
	switch {
	case c.ImplicitTLS:
		port = 465
	case c.InsecurePlain:
		port = 25
	}
	c.Port = cmp.Or(c.Port, port)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.KeepAlive = cmp.Or(c.KeepAlive, 20*time.Second)
	var wrong []error
	if c.Host == "" || !line(c.Host) {
		wrong = append(wrong, errors.New("mail: Host is required"))
	}
	if c.Port < 1 || c.Port > 65535 || c.Timeout < 0 || c.KeepAlive > 4*time.Minute {
		wrong = append(wrong, errors.New("mail: Port, Timeout or KeepAlive is out of range"))
	}
	if c.ImplicitTLS && c.InsecurePlain {
		wrong = append(wrong, errors.New("mail: ImplicitTLS and InsecurePlain exclude each other"))
	}
	if c.InsecurePlain && !netaddr.IsLoopback(c.Host) {
		wrong = append(wrong, errors.New("mail: InsecurePlain is for a server on the same machine"))
	}
	if (c.Username == "") != (c.Password == "") {
		wrong = append(wrong, errors.New("mail: Username and Password belong together"))
	}
	from, err := sender(c.From)
	wrong = append(wrong, err)
	if err == nil {
		c.Hello = cmp.Or(c.Hello, domain(from.Address))
	}
	if !line(c.Hello) {
		wrong = append(wrong, errors.New("mail: Hello must be a name"))
	}
	return c, errors.Join(wrong...)
}

// SMTP sends mails to a server, one after the other over one connection, which is kept
// for the next one. It is safe for concurrent use.
type SMTP struct {
	config SMTPConfig
	writer *writer
	slot   chan *link // the right to send, with the connection that waits or nil
}

// NewSMTP returns a sender. It does not connect: a server that is away is known by the
// first mail.
func NewSMTP(cfg SMTPConfig) (*SMTP, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	w, err := newWriter(cfg.From, cfg.Templates, cfg.Now)
	if err != nil {
		return nil, err
	}
	s := &SMTP{config: cfg, writer: w, slot: make(chan *link, 1)}
	s.slot <- nil
	return s, nil
}

// Send sends the mail of a template. A nil error means that the server has taken
// responsibility for it. A refusal of the server is an [*Error]; after the end of ctx
// or the time that sending may take it is not known whether the server has the mail.
func (s *SMTP) Send(ctx context.Context, to, template, locale string, values map[string]string) error {
	l, err := s.writer.write(to, template, locale, values)
	if err != nil {
		return err
	}
	return s.deliver(ctx, l)
}

// Check returns the error of a message that Deliver would not send: an unknown template,
// values that it lacks or that are invalid, an invalid e-mail address.
func (s *SMTP) Check(m Message) error {
	_, err := s.writer.writeMessage(m)
	return err
}

// Deliver sends a message. Errors are those of [SMTP.Send].
func (s *SMTP) Deliver(ctx context.Context, m Message) error {
	l, err := s.writer.writeMessage(m)
	if err != nil {
		return err
	}
	return s.deliver(ctx, l)
}

func (s *SMTP) deliver(ctx context.Context, l *letter) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	var c *link
	select {
	case c = <-s.slot:
	case <-ctx.Done():
		return waited(ctx.Err())
	}
	keep, err := s.send(ctx, c, l)
	s.slot <- keep
	switch {
	case err != nil && ctx.Err() != nil:
		return waited(ctx.Err()) // the connection was closed for it, which is all that err says
	case errors.Is(err, os.ErrDeadlineExceeded):
		return waited(context.DeadlineExceeded) // the connection's own, which is as long
	}
	return err
}

func waited(err error) error { return fmt.Errorf("mail: sending: %w", err) }

// send sends a letter over a connection, or a new one if there is no living one, and returns
// the connection to keep.
func (s *SMTP) send(ctx context.Context, c *link, l *letter) (keep *link, err error) {
	if c != nil && !c.wake(ctx) {
		c.drop()
		c = nil
	}
	if c == nil {
		if c, err = s.connect(ctx); err != nil {
			return nil, err
		}
	}
	release := c.bind(ctx)
	err = c.deliver(l)
	if alive := release(); err != nil || !alive || s.config.KeepAlive < 0 {
		c.quit()
		return nil, err
	}
	c.rest(s.config.KeepAlive, func() { s.giveUp(c) })
	return c, nil
}

// giveUp closes an idle connection.
func (s *SMTP) giveUp(c *link) {
	select {
	case waiting := <-s.slot:
		if waiting == c {
			c.quit()
			waiting = nil
		}
		s.slot <- waiting
	default: // a mail is being sent, which closes it
	}
}

// Close ends the connection that waits for the next mail. Send may be called again.
func (s *SMTP) Close() error {
	if c := <-s.slot; c != nil {
		c.quit()
	}
	s.slot <- nil
	return nil
}
