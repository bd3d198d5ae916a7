package plinth

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logname"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// readServer reads how clients reach the server.
func (c *Config) readServer() {
	c.CORS.Origins = splitList(os.Getenv("PLINTH_CORS_ORIGINS"))
	c.readLog()
	if c.SlowStatement = -1; os.Getenv("PLINTH_SLOW_STATEMENT") != "off" {
		c.SlowStatement = c.readDuration("PLINTH_SLOW_STATEMENT")
	}
	c.TrustedProxies = c.readPrefixes("PLINTH_TRUSTED_PROXIES")
	c.ForwardedHeader = os.Getenv("PLINTH_FORWARDED_HEADER")
	c.Rates.Address, c.Rates.Caller = c.readRate("PLINTH_RATE_ADDRESS"), c.readRate("PLINTH_RATE_CALLER")
	c.MaxRequests = c.readNumber("PLINTH_MAX_REQUESTS")
	c.RequestTimeout = c.readDuration("PLINTH_REQUEST_TIMEOUT")
	c.TLS = TLS{
		CertFile:      os.Getenv("PLINTH_TLS_CERT_FILE"),
		KeyFile:       os.Getenv("PLINTH_TLS_KEY_FILE"),
		ACMEDomains:   splitList(os.Getenv("PLINTH_ACME_DOMAINS")),
		ACMECache:     os.Getenv("PLINTH_ACME_CACHE"),
		ACMEDirectory: os.Getenv("PLINTH_ACME_DIRECTORY"),
		ACMEEmail:     os.Getenv("PLINTH_ACME_EMAIL"),
		HTTPAddr:      os.Getenv("PLINTH_HTTP_ADDR"),
	}
	c.OpsAddr = os.Getenv("PLINTH_OPS_ADDR")
	c.DrainDelay = c.readDuration("PLINTH_DRAIN_DELAY")
	c.DrainTimeout = c.readDuration("PLINTH_DRAIN_TIMEOUT")
}

// readLog reads how lines are written. Text is the default.
func (c *Config) readLog() {
	switch form := os.Getenv("PLINTH_LOG"); form {
	case "", "text":
	case "json":
		c.Logger = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	case "ecs":
		c.LogECS = true
		c.Logger = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: nameECS}))
	default:
		c.invalid = append(c.invalid, fmt.Errorf("plinth: PLINTH_LOG is %q, want text, json or ecs", form))
	}
}

// nameECS names the fields of lines as the Elastic Common Schema does.
func nameECS(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		a.Key = logname.ECS(a.Key)
	}
	return a
}

// readPrefixes reads a list of networks; a single address is a network of one.
func (c *Config) readPrefixes(name string) (list []netip.Prefix) {
	for _, text := range splitList(os.Getenv(name)) {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			c.invalid = append(c.invalid, fmt.Errorf("plinth: %s has %q, which is neither an address nor a network such as 10.0.0.0/8", name, text))
			continue
		}
		list = append(list, prefix.Masked())
	}
	return list
}

// readDuration reads a time such as 5s. None at all is written 0s.
func (c *Config) readDuration(name string) time.Duration {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want a time such as 5s", name, text))
	}
	if d == 0 {
		return -1 // zero is the default
	}
	return d
}

// readNumber reads a number above zero.
func (c *Config) readNumber(name string) int {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want a number above zero", name, text))
	}
	return n
}

// checkServer reports what cannot be.
func (c Config) checkServer() []error {
	errs := slices.Concat(c.TLS.check(), c.Rates.check(), c.checkChain())
	if !c.TLS.off() && c.PublicURL == "" {
		errs = append(errs, errors.New("plinth: TLS needs PublicURL (set PLINTH_PUBLIC_URL)"))
	}
	if err := middleware.CheckProxies(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("plinth: TrustedProxies (PLINTH_TRUSTED_PROXIES): %w", err))
	}
	if err := c.CORS.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("plinth: CORS (PLINTH_CORS_ORIGINS): %w", err))
	}
	if c.OpsHandler != nil && c.OpsAddr == "" {
		errs = append(errs, errors.New("plinth: OpsHandler needs OpsAddr (set PLINTH_OPS_ADDR)"))
	}
	if min(c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller) < 0 || c.RequestTimeout < 0 {
		errs = append(errs, errors.New("plinth: MaxConnections, MaxConnectionsPerClient, MaxRequests, MaxRequestsPerCaller and RequestTimeout must not be negative (PLINTH_MAX_REQUESTS, PLINTH_REQUEST_TIMEOUT)"))
	}
	return errs
}

// checkChain reports what the middleware of the chain would refuse, which panics.
func (c Config) checkChain() (errs []error) {
	headers := c.Headers
	headers.HSTS = max(headers.HSTS, 0)
	for name, construct := range map[string]func(){
		"ForwardedHeader (PLINTH_FORWARDED_HEADER)": func() { middleware.ClientAddress(middleware.ClientAddressOptions{Header: c.ForwardedHeader}) },
		"Headers": func() { middleware.SecureHeaders(headers) },
		"Accounts.CookieOrigins and PublicURL": func() {
			middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: resolved{Config: c}.trustedOrigins()})
		},
	} {
		if why := refusal(construct); why != nil {
			errs = append(errs, fmt.Errorf("plinth: %s: %v", name, why))
		}
	}
	return errs
}

// refusal returns what a constructor panics with, nil if it does not.
func refusal(construct func()) (why any) {
	defer func() { why = recover() }()
	construct()
	return nil
}

// serverDefaults fills in what was left out.
func (r *resolved) serverDefaults() {
	if r.DrainDelay == 0 && !r.development {
		r.DrainDelay = 5 * time.Second
	}
	r.DrainDelay = max(r.DrainDelay, 0)
	r.DrainTimeout = max(cmp.Or(r.DrainTimeout, 10*time.Second), 0)
	r.Rates = r.Rates.withDefaults(r.development)
	r.MaxRequests = cmp.Or(r.MaxRequests, 32*runtime.GOMAXPROCS(0))
	r.MaxRequestsPerCaller = cmp.Or(r.MaxRequestsPerCaller, max(1, r.MaxRequests/2))
	if r.Headers.HSTS == 0 && !r.development {
		r.Headers.HSTS = 365 * 24 * time.Hour
	}
	r.Headers.HSTS = max(r.Headers.HSTS, 0)
	if r.Headers.HTTPS == nil && !r.development {
		// Outside of development the public address is https, whoever ends TLS.
		r.Headers.HTTPS = func(*http.Request) bool { return true }
	}
	r.MaxConnections = cmp.Or(r.MaxConnections, 10_000)
	r.MaxConnectionsPerClient = cmp.Or(r.MaxConnectionsPerClient, 1_000)
	if r.OpsHandler == nil {
		r.OpsHandler = http.NotFoundHandler()
	}
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
