package plinth

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// FromEnv returns the configuration of the environment:
//
//	PLINTH_ADDR                  address to listen on, 127.0.0.1:8090 by default: a container needs :8090
//	PLINTH_DATABASE_URL          postgres://... or the path of a SQLite file; plinth.db
//	PLINTH_PUBLIC_URL            https://... , what the outside calls this server
//	PLINTH_PUBLISHABLE_KEYS      API keys for clients, separated by commas, the newest first
//	PLINTH_SECRET_KEYS           API keys for servers, separated by commas, the newest first
//	PLINTH_MASTER_KEYS           what seals the secrets of accounts: 32 random bytes or more in base64
//	                             or hexadecimal, separated by commas, the one in use first;
//	                             docs/accounts-production.md says how to change one
//	PLINTH_SITE_URL              https://... , where links of mails lead in the end; else the public URL
//	PLINTH_REDIRECT_URLS         where else links of mails may lead, separated by commas: exactly, or below
//	                             a final /*
//	PLINTH_SMTP_URL              mail server, smtp://user:password@host:587 (STARTTLS) or smtps://... , with
//	                             PLINTH_MAIL_FROM
//	PLINTH_MAIL_FROM             sender of mails, as "Notes <accounts@notes.example>"
//	PLINTH_DISABLE_ACCOUNTS      1 leaves the accounts out
//	PLINTH_JWT_SECRET            secret of another issuer's bearer tokens (HS256, typ at+jwt), with
//	                             PLINTH_JWT_ISSUER and PLINTH_JWT_AUDIENCE
//	PLINTH_JWT_ISSUER            iss that tokens of PLINTH_JWT_SECRET must have
//	PLINTH_JWT_AUDIENCE          aud that tokens of PLINTH_JWT_SECRET must have
//	PLINTH_INSECURE_JWT_UNTYPED  1 accepts those with typ JWT or none too, see Config.InsecureJWTUntyped
//	PLINTH_SCHEMA                auto, verify or off; verify by default, in development auto on SQLite or a
//	                             PostgreSQL at a loopback address
//	PLINTH_CORS_ORIGINS          https://... , other origins that browsers may call from, separated by commas
//	PLINTH_LOG                   text (the default), json, or ecs: json with the names of the Elastic Common
//	                             Schema
//	PLINTH_SLOW_STATEMENT        how long a statement takes that is logged, 200ms by default, or off
//	PLINTH_TRUSTED_PROXIES       addresses and networks (10.0.0.0/8) of the proxies in front, separated by commas
//	PLINTH_FORWARDED_HEADER      header in which trusted proxies name the client's address, X-Forwarded-For by
//	                             default
//	PLINTH_RATE_ADDRESS          how many requests one address may make in a time, 30000/1m by default, or off
//	PLINTH_RATE_CALLER           how many requests one user may make from all addresses, 6000/1m by default, or off
//	PLINTH_MAX_REQUESTS          how many requests are served at a time, 64 for each processor by default
//	PLINTH_REQUEST_TIMEOUT       how long a request may take, 30s by default
//	PLINTH_TLS_CERT_FILE         chain of certificates in PEM, for connections that are encrypted here, with
//	                             PLINTH_TLS_KEY_FILE; both are read again when they change
//	PLINTH_TLS_KEY_FILE          key of that chain
//	PLINTH_ACME_DOMAINS          names to get certificates for by ACME, separated by commas, with
//	                             PLINTH_ACME_CACHE
//	PLINTH_ACME_CACHE            folder that keeps those certificates
//	PLINTH_ACME_EMAIL            e-mail address for the authority's warnings
//	PLINTH_ACME_DIRECTORY        the authority, if it is not Let's Encrypt
//	PLINTH_HTTP_ADDR             address that sends clients of plain http to https, where certificates are here
//	PLINTH_OPS_ADDR              address for operators, plain http and no login: probes, and what the program
//	                             adds, as metrics
//	PLINTH_DRAIN_DELAY           how long clients are still let in while /readyz says no, 5s by default, in
//	                             development not at all
//	PLINTH_DRAIN_TIMEOUT         how long requests may go on after that, 10s by default
//	PLINTH_HIDE_DOCUMENTS        1 answers 404 where the API would describe itself
//	PLINTH_INSECURE_DEVELOPMENT  1 forces development on a loopback address
//
// It is the only place of the library that reads variables of its own; a value that
// cannot be read is an error of [New], and one that begins with PLINTH_ and is none of
// these is in the log when the application starts. Libraries read theirs: PGHOST,
// PGPASSWORD, PGSERVICE and the like for what a postgres:// URL leaves out, HTTPS_PROXY and
// the like for requests to a certificate authority, and SSL_CERT_FILE for trusted roots.
func FromEnv() Config {
	var c Config
	c.Addr = c.getenv("PLINTH_ADDR")
	c.DatabaseURL = c.getenv("PLINTH_DATABASE_URL")
	c.PublicURL = c.getenv("PLINTH_PUBLIC_URL")
	c.JWTSecret = c.getenv("PLINTH_JWT_SECRET")
	c.JWTIssuer = c.getenv("PLINTH_JWT_ISSUER")
	c.JWTAudience = c.getenv("PLINTH_JWT_AUDIENCE")
	c.Schema = Schema(c.getenv("PLINTH_SCHEMA"))
	c.Keys = auth.Keys{
		Publishable: splitList(c.getenv("PLINTH_PUBLISHABLE_KEYS")),
		Secret:      splitList(c.getenv("PLINTH_SECRET_KEYS")),
	}
	c.Accounts.SiteURL = c.getenv("PLINTH_SITE_URL")
	c.Accounts.RedirectURLs = splitList(c.getenv("PLINTH_REDIRECT_URLS"))
	c.Accounts.Mailer = c.readMailer()
	c.Accounts.MasterKeys = c.readMasterKeys("PLINTH_MASTER_KEYS")
	c.DisableAccounts = c.readSwitch("PLINTH_DISABLE_ACCOUNTS")
	c.API.HideDocuments = c.readSwitch("PLINTH_HIDE_DOCUMENTS")
	c.InsecureDevelopment = c.readSwitch("PLINTH_INSECURE_DEVELOPMENT")
	c.InsecureJWTUntyped = c.readSwitch("PLINTH_INSECURE_JWT_UNTYPED")
	c.readServer()
	c.ignored, c.asked = c.unread(os.Environ()), nil
	return c
}

// getenv returns a variable and records that it was read.
func (c *Config) getenv(name string) string {
	if c.asked == nil {
		c.asked = map[string]bool{}
	}
	c.asked[name] = true
	return os.Getenv(name)
}

var notOurs = regexp.MustCompile(`^PLINTH_TEST_|_SERVICE_(HOST|PORT)|_PORT_\d+_|_PORT$`)

// unread returns the library's variables that were not read, so that a misspelt one is
// reported. It skips the variables of the library's tests, and those that Kubernetes sets
// for a service of the library's name.
func (c *Config) unread(environment []string) (names []string) {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PLINTH_") && value != "" && !c.asked[name] && !notOurs.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readServer reads how clients reach the server.
func (c *Config) readServer() {
	c.CORS.Origins = splitList(c.getenv("PLINTH_CORS_ORIGINS"))
	c.readLog()
	c.SlowStatement = c.readTimeOrOff("PLINTH_SLOW_STATEMENT")
	c.TrustedProxies = c.readPrefixes("PLINTH_TRUSTED_PROXIES")
	c.ForwardedHeader = c.getenv("PLINTH_FORWARDED_HEADER")
	c.Rates.Address, c.Rates.Caller = c.readRate("PLINTH_RATE_ADDRESS"), c.readRate("PLINTH_RATE_CALLER")
	c.MaxRequests = c.readNumber("PLINTH_MAX_REQUESTS")
	c.RequestTimeout = c.readDuration("PLINTH_REQUEST_TIMEOUT")
	c.TLS = TLS{
		CertFile:      c.getenv("PLINTH_TLS_CERT_FILE"),
		KeyFile:       c.getenv("PLINTH_TLS_KEY_FILE"),
		ACMEDomains:   splitList(c.getenv("PLINTH_ACME_DOMAINS")),
		ACMECache:     c.getenv("PLINTH_ACME_CACHE"),
		ACMEDirectory: c.getenv("PLINTH_ACME_DIRECTORY"),
		ACMEEmail:     c.getenv("PLINTH_ACME_EMAIL"),
		HTTPAddr:      c.getenv("PLINTH_HTTP_ADDR"),
	}
	c.OpsAddr = c.getenv("PLINTH_OPS_ADDR")
	c.DrainDelay = c.readDuration("PLINTH_DRAIN_DELAY")
	c.DrainTimeout = c.readDuration("PLINTH_DRAIN_TIMEOUT")
}

// readLog reads how lines are written. Text is the default.
func (c *Config) readLog() {
	switch form := c.getenv("PLINTH_LOG"); form {
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
		return logging.Attr(a)
	}
	return a
}

// readSwitch reads a variable that is 1 or nothing.
func (c *Config) readSwitch(name string) bool {
	switch v := c.getenv(name); v {
	case "", "0", "false":
	case "1", "true":
		return true
	default:
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want 1 or nothing", name, v))
	}
	return false
}

// readNumber reads a number above zero.
func (c *Config) readNumber(name string) int {
	text := c.getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want a number above zero", name, text))
	}
	return n
}

// readDuration reads a time such as 5s. None at all is written 0s.
func (c *Config) readDuration(name string) time.Duration {
	text := c.getenv(name)
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

// readTimeOrOff reads a time above zero, or off, which is less than zero.
func (c *Config) readTimeOrOff(name string) time.Duration {
	text := c.getenv(name)
	if text == "" {
		return 0
	}
	if text == "off" {
		return -1
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want a time such as 200ms, or off", name, text))
	}
	return d
}

// readPrefixes reads a list of networks; a single address is a network of one.
func (c *Config) readPrefixes(name string) (list []netip.Prefix) {
	for _, text := range splitList(c.getenv(name)) {
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

func splitList(s string) []string {
	var list []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
