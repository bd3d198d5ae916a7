package passkey

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// localhost is the only domain with pages that are trusted without TLS (Secure Contexts section
// 3.1).
const localhost = "localhost"

// android is the form of the origin of an Android application: the SHA-256 of its
// certificate in base64url.
var android = regexp.MustCompile(`^android:apk-key-hash:[A-Za-z0-9_-]{43}$`)

// domain is a name of letters, digits and hyphens in lower case.
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// maxDomain is the longest domain (RFC 1035 section 2.3.4).
const maxDomain = 253

func checkRPID(id string) error {
	switch {
	case id == "":
		return errors.New("it is required")
	case net.ParseIP(id) != nil:
		return errors.New("it must be a domain, not an address")
	case len(id) > maxDomain || !domain.MatchString(id):
		return errors.New("it must be a domain in lower case, without scheme, port or path")
	}
	return nil
}

// checkOrigin refuses what no browser would ever send for a page below id.
func checkOrigin(origin, id string) error {
	if android.MatchString(origin) {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !domain.MatchString(u.Hostname()) || origin != serialized(u) {
		return errors.New(`must be written as browsers do, as "https://example.org" or "https://example.org:8443"`)
	}
	if u.Hostname() != id && !strings.HasSuffix(u.Hostname(), "."+id) {
		return errors.New("must be of the domain RPID or of one below it")
	}
	if u.Scheme == "http" && id != localhost {
		return errors.New("must be https: only localhost may do without")
	}
	return nil
}

// serialized is the origin of a URL in its only form (RFC 6454 section 6.2): a
// default port is left out.
func serialized(u *url.URL) string {
	host := u.Hostname()
	if u.Port() == "" {
		return u.Scheme + "://" + host
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 || u.Scheme == "https" && port == 443 || u.Scheme == "http" && port == 80 {
		return u.Scheme + "://" + host
	}
	return u.Scheme + "://" + host + ":" + strconv.FormatUint(port, 10)
}
