package plinth

import (
	"net"
	"net/url"
	"strings"
)

// isHTTPS reports whether a text is the address of a site that nobody can listen in on.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

func isLoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && isLoopbackHost(host)
}

// isLoopbackHost reports whether a name or address can only mean this machine.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

func isPostgresURL(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// isLoopbackURL reports whether an address leads to this machine.
func isLoopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isLoopbackHost(u.Hostname())
}

// origin returns the origin of an address as browsers write it, "" where there is none:
// scheme and host in lower case, and a port that is not the scheme's own.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	text := strings.ToLower(u.Scheme + "://" + u.Host)
	switch u.Scheme {
	case "https":
		text = strings.TrimSuffix(text, ":443")
	case "http":
		text = strings.TrimSuffix(text, ":80")
	}
	return text
}
