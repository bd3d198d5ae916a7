package mail

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// authentication shows user name and password by the best way that a server offers.
type authentication struct {
	username, password, host string

	shown bool // something of them was sent
	way   smtp.Auth
}

// Start implements smtp.Auth.
func (a *authentication) Start(server *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	if !server.TLS && !netaddr.IsLoopback(a.host) {
		return "", nil, errors.New("the connection is not encrypted")
	}
	switch offers := func(name string) bool { return slices.Contains(server.Auth, name) }; {
	case offers("SCRAM-SHA-256"):
		a.way = smtp.ScramSHA256Auth(a.username, a.password)
	case offers("PLAIN"):
		a.way = smtp.PlainAuth("", a.username, a.password, a.host, true)
	case offers("LOGIN"):
		a.way = smtp.LoginAuth(a.username, a.password, a.host, true)
	default:
		return "", nil, errors.New("the server offers no supported authentication mechanism")
	}
	a.shown = true
	return a.way.Start(server)
}

// Next implements smtp.Auth.
func (a *authentication) Next(server []byte, more bool) ([]byte, error) {
	return a.way.Next(server, more)
}
