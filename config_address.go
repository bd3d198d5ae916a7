package plinth

import (
	"net"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/loopback"
)

// isHTTPS reports whether a text is the address of a site that nobody can listen in on.
// Its host is as browsers send it, so that origins and redirects can be compared with it:
// names beyond ASCII begin with xn--.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil &&
		!strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf })
}

func isLoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopback.Host(host)
}

func isPostgresURL(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// isLoopbackURL reports whether an address leads to this machine.
func isLoopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && loopback.Host(u.Hostname())
}
