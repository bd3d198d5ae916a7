package outbound

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A URLError says why a URL is not asked.
type URLError struct{ Reason string }

// Error returns the reason. It does not repeat the URL, which may hold secrets.
func (e *URLError) Error() string { return "outbound: the URL " + e.Reason }

// Check parses a URL and rejects what the client would not request, as far as the text
// shows. It is for validating settings early. IP addresses are checked with each
// connection.
func (c *Client) Check(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, &URLError{"cannot be read"}
	}
	return u, c.checkURL(u)
}

func (c *Client) checkURL(u *url.URL) error {
	port, known := c.cfg.ports(u.Scheme)
	switch {
	case !known:
		return &URLError{"must begin with " + strings.Join(c.cfg.schemes(), " or ")}
	case u.Opaque != "" || u.Host == "":
		return &URLError{"has no host"}
	case u.User != nil:
		return &URLError{"must not have a user"}
	}
	if text := u.Port(); text != "" || strings.HasSuffix(u.Host, ":") {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return &URLError{"has no port behind the colon"}
		}
		port = uint16(n)
	}
	return c.checkHost(strings.TrimSuffix(u.Hostname(), "."), port)
}

// checkHost refuses addresses that are not public, in every spelling that some
// resolver takes for an address, and the names of this machine.
func (c *Client) checkHost(host string, port uint16) error {
	addr, err := netip.ParseAddr(host)
	if err == nil {
		return c.checkAddr(netip.AddrPortFrom(addr, port))
	}
	name := strings.ToLower(host)
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case !slices.Contains(c.cfg.Ports, port) && c.cfg.Allow == nil:
		return &URLError{fmt.Sprintf("has the port %d, which is not asked", port)}
	case last == "" || strings.ContainsAny(name, ":%[]"):
		return &URLError{"has no host name"}
	case numeric(last):
		return &URLError{"has an address in an unusual form as host"}
	case last == "localhost" && c.cfg.Allow == nil:
		return &URLError{"leads to this machine"}
	}
	return nil
}

// numeric reports whether the last label of a host makes it an IPv4 address to
// those who read it as the URL standard of browsers does.
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// checkAddr refuses an address that must not be asked.
func (c *Client) checkAddr(to netip.AddrPort) error {
	if c.cfg.Allow != nil && c.cfg.Allow(netip.AddrPortFrom(to.Addr().Unmap(), to.Port())) {
		return nil
	}
	if !Public(to.Addr()) {
		return &URLError{"leads to an address that is not public"}
	}
	if !slices.Contains(c.cfg.Ports, to.Port()) {
		return &URLError{fmt.Sprintf("has the port %d, which is not asked", to.Port())}
	}
	return nil
}
