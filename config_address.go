package plinth

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/store/postgres"
)

// isHTTPS reports whether a text is an https URL of a site. The host must be in the form
// that browsers send, for the comparison with origins and redirects: names beyond ASCII
// begin with xn--.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil &&
		!strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf })
}

func isLoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && netaddr.IsLoopback(host)
}

func isPostgresURL(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// isLoopbackPostgres reports whether all servers of a database are on this machine. The
// driver parses the URL, because parameters can name further hosts. A Unix socket does not
// count: a proxy to another machine may listen on it.
func isLoopbackPostgres(databaseURL string) bool {
	hosts, err := postgres.Hosts(databaseURL)
	return err == nil && !slices.ContainsFunc(hosts, func(host string) bool { return !netaddr.IsLoopback(host) })
}
