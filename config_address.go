package plinth

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/loopback"
	"github.com/seed-7694ebf6/plinth/store/postgres"
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

// isLoopbackPostgres reports whether a database is on this machine, all of its servers. The
// driver is asked, since a URL can name others than the one that meets the eye. A socket
// may be anybody's: that of a proxy to a server elsewhere, too.
func isLoopbackPostgres(databaseURL string) bool {
	hosts, err := postgres.Hosts(databaseURL)
	return err == nil && !slices.ContainsFunc(hosts, func(host string) bool { return !loopback.Host(host) })
}
