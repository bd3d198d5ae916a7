package cors

import (
	"net/netip"
	"strconv"
	"strings"
)

// checkOrigin returns why browsers never send an origin (RFC 6454 section 6.1), or "".
func checkOrigin(origin string, insecureHTTP bool) (why string) {
	switch {
	case origin == "*":
		return "is not an origin: set AnyOrigin for public data"
	case origin == "null":
		return "is what every sandboxed frame sends"
	case strings.Contains(origin, "*"):
		return "has a wildcard: origins are named one by one"
	}
	scheme, rest, found := strings.Cut(origin, "://")
	switch {
	case !found || !isScheme(scheme):
		return "does not begin with a scheme in lower case and ://"
	case scheme == "file" || scheme == "data" || scheme == "blob" || scheme == "about":
		return "is sent as null"
	case strings.ContainsAny(rest, "/?#"):
		return "has a path: an origin ends after host and port"
	case strings.Contains(rest, "@"):
		return "has a user"
	}
	host, why := checkPort(scheme, rest)
	if why != "" {
		return why
	}
	loopback, why := checkHost(host)
	if why == "" && scheme == "http" && !loopback && !insecureHTTP {
		return "is http, which an attacker on the network can rewrite: use https, or set InsecureHTTP"
	}
	return why
}

// isScheme reports whether a text is a scheme in lower case (RFC 3986 section 3.1).
func isScheme(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// checkPort splits off the port.
func checkPort(scheme, authority string) (host, why string) {
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", "has an invalid port"
		}
	}
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return "", "has the port of its scheme, which browsers leave out"
	}
	return host, ""
}

// checkHost validates that a name or an IP address has the form in which browsers write it.
func checkHost(host string) (loopback bool, why string) {
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" || addr.Is4In6() || addr.String() != inner {
			return false, "has an IPv6 address that browsers write in another way"
		}
		return addr.IsLoopback(), ""
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false, "has a host that browsers write in another way, as without capitals and, beyond ASCII, as xn--"
		}
	}
	if len(host) > 253 {
		return false, "has a host that is too long"
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" { // a browser reads such a host as an IPv4 address, or not at all
		addr, err := netip.ParseAddr(host)
		if err != nil || addr.String() != host {
			return false, "has an IPv4 address that browsers write in another way"
		}
		return addr.IsLoopback(), ""
	}
	return host == "localhost" || last == "localhost", ""
}
