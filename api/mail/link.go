package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// link is a connection to a server that has let us in.
type link struct {
	conn    net.Conn // below TLS where it began by STARTTLS
	client  *smtp.Client
	timeout time.Duration
	idle    *time.Timer
}

// parting is how long a server has to say good-bye.
const parting = 2 * time.Second

// connect dials, encrypts and authenticates.
func (s *SMTP) connect(ctx context.Context) (*link, error) {
	c := &link{timeout: s.config.Timeout}
	var release func() bool
	dial := func(dialing context.Context, network, _ string) (_ net.Conn, err error) {
		if c.conn, err = s.dial(dialing, network); err == nil {
			release = c.bind(ctx) // dialing ends with the greeting
		}
		return c.conn, err
	}
	policy := gomail.TLSMandatory
	if s.config.ImplicitTLS || s.config.InsecurePlain {
		policy = gomail.NoTLS // that is, no STARTTLS
	}
	auth := &authentication{username: s.config.Username, password: s.config.Password, host: s.config.Host}
	options := []gomail.Option{
		gomail.WithDialContextFunc(dial), gomail.WithHELO(s.config.Hello), gomail.WithTimeout(s.config.Timeout),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tls()), gomail.WithPort(s.config.Port),
	}
	if auth.username != "" {
		options = append(options, gomail.WithSMTPAuthCustom(auth))
	}
	client, err := gomail.NewClient(s.config.Host, options...)
	if err != nil {
		return nil, refusal(opConnect, err)
	}
	c.client, err = client.DialToSMTPClientWithContext(ctx)
	if err == nil && !release() {
		err = ctx.Err()
	}
	if err != nil {
		if c.conn != nil {
			c.drop()
		}
		if auth.shown {
			return nil, refusal(opAuth, err)
		}
		return nil, refusal(opConnect, err)
	}
	return c, nil
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, RootCAs: s.config.RootCAs, MinVersion: tls.VersionTLS12}
}

// dial opens the connection. An unencrypted connection goes to a loopback address only, for any
// answer of the resolver.
func (s *SMTP) dial(ctx context.Context, network string) (net.Conn, error) {
	address := net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
	if s.config.ImplicitTLS {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, network, address)
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || !s.config.InsecurePlain {
		return conn, err
	}
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(errors.New("the server is not on this machine, and the connection is not encrypted"), conn.Close())
	}
	return conn, nil
}

// bind ends the connection with ctx: closing it is what ends a read or write at once.
// The function it returns takes that back, and reports whether the connection is as it
// was.
func (c *link) bind(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, c.drop)
}

// rest lets the connection wait, and calls giveUp when it has waited too long.
func (c *link) rest(d time.Duration, giveUp func()) { c.idle = time.AfterFunc(d, giveUp) }

// wake reports whether the connection still lives after a rest.
func (c *link) wake(ctx context.Context) bool {
	c.idle.Stop()
	release := c.bind(ctx)
	err := c.client.UpdateDeadline(c.timeout)
	if err == nil {
		err = c.client.Noop()
	}
	return release() && err == nil
}

// deliver hands a letter to the server.
func (c *link) deliver(l *letter) error {
	if err := c.client.UpdateDeadline(c.timeout); err != nil {
		return refusal(opConnect, err)
	}
	plain := ascii(l.from) && ascii(l.to)
	if international, _ := c.client.Extension("SMTPUTF8"); !plain && !international {
		return refusal(opTo, errors.New("the server supports ASCII e-mail addresses only"))
	}
	// A mail that does not need the extension must not demand it of every server on
	// its way.
	c.client.SkipSMTPUTF8(plain)
	if err := c.client.Mail("<" + l.from + ">"); err != nil {
		return refusal(opFrom, err)
	}
	if err := c.client.Rcpt("<" + l.to + ">"); err != nil {
		return refusal(opTo, err)
	}
	w, err := c.client.Data()
	if err != nil {
		return refusal(opContent, err)
	}
	if err := l.writeTo(w); err != nil {
		return refusal(opContent, err)
	}
	if err := w.Close(); err != nil {
		return refusal(opContent, err)
	}
	return nil
}

// quit ends the connection with a word to the server.
func (c *link) quit() {
	if c.client.UpdateDeadline(parting) == nil {
		_ = c.client.Quit() // what we wanted of it is done
	}
	c.drop()
}

// drop ends the connection.
func (c *link) drop() {
	_ = c.conn.Close() // the connection is closed in any case
}
