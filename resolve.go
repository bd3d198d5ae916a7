package plinth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/internal/environment"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// resolved is a configuration with its defaults and mode.
type resolved struct {
	Config
	development bool
	mails       string // the folder for mails, "" for none
}

// resolve applies defaults and reports every mistake at once.
func (c Config) resolve() (resolved, error) {
	r := resolved{Config: c}
	if r.Addr == "" {
		r.Addr = "127.0.0.1:8090"
	}
	if r.DatabaseURL == "" {
		r.DatabaseURL = "plinth.db"
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	errs := slices.Concat(c.invalid, c.checkAPI(), c.checkAccounts(), c.checkServer())
	local := isLoopbackAddr(r.Addr)
	noKeys := len(c.Keys.Publishable)+len(c.Keys.Secret) == 0
	r.development = c.InsecureDevelopment || local && noKeys && c.PublicURL == ""
	r.serverDefaults()
	if c.InsecureDevelopment && !local {
		errs = append(errs, fmt.Errorf("plinth: InsecureDevelopment needs a loopback address (Addr, PLINTH_ADDR), not %s", r.Addr))
	}
	if c.InsecureDevelopment && c.PublicURL != "" {
		errs = append(errs, errors.New("plinth: InsecureDevelopment (PLINTH_INSECURE_DEVELOPMENT) and PublicURL (PLINTH_PUBLIC_URL) exclude each other"))
	}
	if r.Schema == "" {
		r.Schema = SchemaVerify
		if r.development && (!isPostgresURL(r.DatabaseURL) || isLoopbackPostgres(r.DatabaseURL)) {
			r.Schema = SchemaAuto
		}
	}
	switch r.Schema {
	case SchemaVerify, SchemaOff:
	case SchemaAuto:
		if !r.development {
			errs = append(errs, errors.New("plinth: Schema auto (PLINTH_SCHEMA) is for development; outside of it apply migrations and use verify"))
		}
	default:
		errs = append(errs, fmt.Errorf("plinth: Schema (PLINTH_SCHEMA) is %q, want auto, verify or off", r.Schema))
	}
	if !r.development {
		errs = append(errs, c.checkProduction(noKeys)...)
		errs = append(errs, c.checkProductionAccounts()...)
	}
	errs = append(errs, r.setMailer())
	if errors.Join(errs...) == nil {
		errs = append(errs, r.validateAccounts())
	}
	return r, errors.Join(errs...)
}

// setMailer gives the mail server of the environment and the folder of development the
// application's templates.
func (r *resolved) setMailer() (err error) {
	var templates *mail.Templates
	if r.MailTemplates.Files != nil || r.MailTemplates.Locale != "" {
		if templates, err = mail.NewTemplates(r.MailTemplates); err != nil {
			return fmt.Errorf("plinth: MailTemplates: %w", err)
		}
	}
	switch {
	case templates != nil && r.smtpSender != nil && r.Accounts.Mailer == r.smtpSender:
		smtp := *r.smtp
		smtp.Templates = templates
		r.Accounts.Mailer, err = mail.NewSMTP(smtp)
	case templates != nil && takesTemplates(r.Accounts.Mailer) != nil:
		r.Accounts.Mailer = takesTemplates(r.Accounts.Mailer)(templates)
	case templates != nil && r.Accounts.Mailer != nil:
		return errors.New("plinth: MailTemplates has no effect on Accounts.Mailer: set the Templates of that sender")
	case r.development:
		r.mails, err = development.UseFolder(&r.Accounts, templates)
	}
	return err
}

// takesTemplates returns the method of a mailer that writes mails with the templates of an
// application, as the mailbox of package plinthtest does, or nil.
func takesTemplates(m accounts.Mailer) func(*mail.Templates) accounts.Mailer {
	if t, ok := m.(interface {
		WithTemplates(t *mail.Templates) accounts.Mailer
	}); ok {
		return t.WithTemplates
	}
	return nil
}

// checkAPI reports settings of the API that are the application's to make: two
// places could say two things.
func (c Config) checkAPI() []error {
	return leaveOut("API",
		ownSetting{c.API.Authenticator != nil, "Authenticator", "set Keys, Verifier and Authenticator"},
		ownSetting{c.API.BasePath != "", "BasePath", "resources are below " + restPath},
		ownSetting{c.API.Explain, "Explain", "development sets it"},
		ownSetting{c.API.Logger != nil, "Logger", "set Logger"},
		ownSetting{c.API.PublicURL != "", "PublicURL", "set PublicURL"},
	)
}

// ownSetting is a setting of a part that the application makes itself, and what to do in
// its place.
type ownSetting struct {
	set       bool
	name, use string
}

// leaveOut reports those of a part of [Config] that are set.
func leaveOut(part string, settings ...ownSetting) (errs []error) {
	for _, own := range settings {
		if own.set {
			errs = append(errs, fmt.Errorf("plinth: Config.%s.%s must be left out: %s", part, own.name, own.use))
		}
	}
	return errs
}

// checkProduction reports what is missing outside development.
func (c Config) checkProduction(noKeys bool) []error {
	var errs []error
	if !isHTTPS(c.PublicURL) {
		errs = append(errs, fmt.Errorf("plinth: outside development PublicURL must be https://host[/path] as browsers send it, with a name beyond ASCII as xn--, not %q (set PLINTH_PUBLIC_URL)", c.PublicURL))
	}
	if noKeys {
		errs = append(errs, errors.New("plinth: outside development keys are required (set PLINTH_PUBLISHABLE_KEYS)"))
	}
	return errs
}

// checkServer reports invalid settings of the server.
func (c Config) checkServer() []error {
	errs := slices.Concat(c.Rates.check(), c.checkChain())
	if err := server.TLS(c.TLS).Validate(); err != nil {
		errs = append(errs, err)
	}
	if !server.TLS(c.TLS).Off() && c.PublicURL == "" {
		errs = append(errs, errors.New("plinth: TLS needs PublicURL (set PLINTH_PUBLIC_URL)"))
	}
	if c.OpsHandler != nil && c.OpsAddr == "" {
		errs = append(errs, errors.New("plinth: OpsHandler needs OpsAddr (set PLINTH_OPS_ADDR)"))
	}
	if min(c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller) < 0 || c.MaxBody < 0 || c.RequestTimeout < 0 {
		errs = append(errs, errors.New("plinth: MaxBody, MaxConnections, MaxConnectionsPerClient, MaxRequests, MaxRequestsPerCaller and RequestTimeout must not be negative (PLINTH_MAX_REQUESTS, PLINTH_REQUEST_TIMEOUT)"))
	}
	return errs
}

// checkChain reports settings that the constructors of the chain would reject.
func (c Config) checkChain() (errs []error) {
	headers := c.Headers
	headers.HSTS = max(headers.HSTS, 0)
	for name, options := range map[string]interface{ Validate() error }{
		"ForwardedHeader (PLINTH_FORWARDED_HEADER)": middleware.ClientAddressOptions{Header: c.ForwardedHeader},
		"TrustedProxies (PLINTH_TRUSTED_PROXIES)":   middleware.RequestIDOptions{Proxies: c.TrustedProxies},
		"Headers":                              headers,
		"Accounts.CookieOrigins and PublicURL": middleware.CSRFOptions{TrustedOrigins: resolved{Config: c}.trustedOrigins()},
		"CORS (PLINTH_CORS_ORIGINS)":           c.CORS,
	} {
		if err := options.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("plinth: %s: %w", name, err))
		}
	}
	return errs
}

// serverDefaults sets the defaults of the server.
func (r *resolved) serverDefaults() {
	if r.DrainDelay == 0 && !r.development {
		r.DrainDelay = 5 * time.Second
	}
	r.DrainDelay = max(r.DrainDelay, 0)
	r.DrainTimeout = max(cmp.Or(r.DrainTimeout, 10*time.Second), 0)
	r.Rates = r.Rates.withDefaults(r.development)
	r.MaxRequests = cmp.Or(r.MaxRequests, bounds.Requests())
	r.MaxRequestsPerCaller = cmp.Or(r.MaxRequestsPerCaller, max(1, r.MaxRequests/2))
	if r.Headers.HSTS == 0 && !r.development {
		r.Headers.HSTS = 365 * 24 * time.Hour
	}
	r.Headers.HSTS = max(r.Headers.HSTS, 0)
	if r.Headers.HTTPS == nil && !r.development {
		// Outside development the public URL is https, also behind a proxy that terminates TLS.
		r.Headers.HTTPS = func(*http.Request) bool { return true }
	}
	r.MaxConnections = cmp.Or(r.MaxConnections, 10_000)
	r.MaxConnectionsPerClient = cmp.Or(r.MaxConnectionsPerClient, 1_000)
	if r.OpsHandler == nil {
		r.OpsHandler = http.NotFoundHandler()
	}
}

// Health runs the command health of [App.Main] if the arguments of the program name it, and
// returns its exit code; otherwise asked is false. It opens no database. A program that
// calls it before [New] can therefore report its health while its database is down:
//
//	if code, asked := config.Health(ctx, os.Args[1:]); asked {
//		os.Exit(code)
//	}
func (c Config) Health(ctx context.Context, args []string) (code int, asked bool) {
	if len(args) == 0 || args[0] != command.HealthName {
		return 0, false
	}
	r, err := c.resolve()
	if err == nil {
		err = r.health().Run(ctx, args[1:], os.Stdout)
	}
	return command.ExitCode(err), true
}

// health returns the running server of the configuration.
func (r resolved) health() command.Health {
	return command.Health{Addr: r.Addr, OpsAddr: r.OpsAddr, TLS: !server.TLS(r.TLS).Off(), ServerName: r.serverName()}
}

// serverName returns the name for which the server has a certificate.
func (r resolved) serverName() string {
	if len(r.TLS.ACMEDomains) > 0 {
		return r.TLS.ACMEDomains[0]
	}
	u, err := url.Parse(r.PublicURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// withDefaults sets the defaults.
func (r Rates) withDefaults(development bool) Rates {
	for _, d := range []struct {
		rate     *Rate
		requests int
	}{{&r.Address, 30_000}, {&r.Caller, 6_000}} {
		if *d.rate == (Rate{}) && development {
			d.rate.Requests = -1
		}
		d.rate.Requests = cmp.Or(d.rate.Requests, d.requests)
		d.rate.Per = cmp.Or(d.rate.Per, time.Minute)
	}
	return r
}

func (r Rates) check() (errs []error) {
	r = r.withDefaults(false)
	for name, rate := range map[string]Rate{"Address": r.Address, "Caller": r.Caller} {
		if rate.Per < 0 || rate.Per > 24*time.Hour || rate.Per < time.Duration(rate.Requests) {
			errs = append(errs, fmt.Errorf("plinth: Rates.%s.Per (PLINTH_RATE_%s) is %s, want up to a day, and a nanosecond or more for each request",
				name, strings.ToUpper(name), rate.Per))
		}
	}
	return errs
}

// checkAccounts reports settings of Accounts that belong to the application or have no
// effect.
func (c Config) checkAccounts() []error {
	return leaveOut("Accounts",
		ownSetting{len(c.Accounts.Keys.Publishable)+len(c.Accounts.Keys.Secret) > 0, "Keys", "set Keys"},
		ownSetting{c.Accounts.Jobs != nil, "Jobs", "jobs are those of App.Jobs"},
		ownSetting{c.Accounts.Logger != nil, "Logger", "set Logger"},
		ownSetting{c.Accounts.PublicURL != "", "PublicURL", "set PublicURL; accounts are below " + authPath},
	)
}

// checkProductionAccounts reports what accounts lack, or must not have, outside
// development.
func (c Config) checkProductionAccounts() []error {
	if c.DisableAccounts {
		return nil
	}
	var errs []error
	if len(c.Accounts.MasterKeys) == 0 && len(c.invalid) == 0 {
		errs = append(errs, errors.New("plinth: outside development accounts need Accounts.MasterKeys (set PLINTH_MASTER_KEYS, or PLINTH_DISABLE_ACCOUNTS=1 to go without accounts)"))
	}
	if c.Accounts.Autoconfirm {
		errs = append(errs, errors.New("plinth: Accounts.Autoconfirm is for development: it lets a client sign up with an e-mail address of another person"))
	}
	if site := c.Accounts.SiteURL; site != "" && !isHTTPS(site) {
		errs = append(errs, fmt.Errorf("plinth: outside development Accounts.SiteURL must be https://host[/path], not %q (set PLINTH_SITE_URL)", site))
	}
	for _, target := range c.Accounts.RedirectURLs {
		// Codes and tokens are sent there. The user's own machine needs no encryption
		// (RFC 8252 section 7.3), and apps have schemes of their own (section 7.1).
		if u, err := url.Parse(target); err != nil || u.Scheme == "" || u.Scheme == "http" && !netaddr.IsLoopback(u.Hostname()) {
			errs = append(errs, fmt.Errorf("plinth: outside development Accounts.RedirectURLs must begin with https:// or the scheme of an app, not %q (set PLINTH_REDIRECT_URLS)", target))
		}
	}
	return errs
}

// validateAccounts reports settings that accounts.New would reject.
func (r resolved) validateAccounts() error {
	if r.DisableAccounts {
		return nil
	}
	c := r.accounts()
	if r.development && len(c.MasterKeys) == 0 {
		c.MasterKeys = [][]byte{environment.NewKey()} // in place of the one in the database
	}
	return c.Validate()
}

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

func openDatabase(ctx context.Context, r resolved) (*store.DB, error) {
	if isPostgresURL(r.DatabaseURL) {
		opts := r.Postgres
		opts.Store = r.store(opts.Store)
		return postgres.Open(ctx, r.DatabaseURL, &opts)
	}
	opts := r.SQLite
	opts.Store = r.store(opts.Store)
	path := strings.TrimPrefix(strings.TrimPrefix(r.DatabaseURL, "sqlite:"), "file:")
	return sqlite.Open(ctx, path, &opts)
}

// store fills in what the application gives its store.
func (r resolved) store(opts store.Options) store.Options {
	if opts.Logger == nil {
		opts.Logger = r.Logger
	}
	if r.SlowStatement >= 0 {
		opts.Tracers = append(slices.Clone(opts.Tracers), store.LogStatements(r.Logger, store.LogStatementsOptions{
			RequestID: middleware.RequestIDFrom, Slow: r.SlowStatement,
		}))
	}
	if opts.Validator == nil {
		opts.Validator = validate.New()
	}
	return opts
}
