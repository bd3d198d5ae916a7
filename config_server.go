package plinth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/chain"
	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TLS configures encryption by the application itself, with TLS 1.2 and later. The zero
// value leaves it to a proxy. Certificates come from files or from an authority that speaks
// ACME (RFC 8555), not both. A certificate that expires within 14 days, or within a fifth
// of its life, is logged every hour.
type TLS struct {
	// CertFile and KeyFile are a certificate chain, the server's first, and its key, in
	// PEM. A change is noticed within ten seconds, without a restart. If the new files
	// cannot be read, that is logged and the old certificate stays.
	CertFile, KeyFile string

	// ACMEDomains are the names to get certificates for. Setting them agrees to the terms
	// of the authority. The authority must reach this server under each name at port 443
	// or, if HTTPAddr is set, at port 80.
	ACMEDomains []string

	// ACMECache is the folder that keeps certificates and keys, readable by the server
	// only. It must survive a restart, or the authority's rate limits are soon used up.
	// Instances must not share it: put several instances behind a balancer that holds the
	// certificates.
	ACMECache string

	// ACMEDirectory is the authority.
	//
	// Defaults to Let's Encrypt.
	ACMEDirectory string

	// ACMEEmail is the e-mail address for the authority's warnings. It may be empty.
	ACMEEmail string

	// HTTPAddr is a listen address for plain HTTP, such as ":80". It redirects clients to
	// PublicURL and answers the authority's challenges (RFC 8555 section 8.3).
	HTTPAddr string
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
	if err := middleware.CheckProxies(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("plinth: TrustedProxies (PLINTH_TRUSTED_PROXIES): %w", err))
	}
	if err := c.CORS.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("plinth: CORS (PLINTH_CORS_ORIGINS): %w", err))
	}
	if c.OpsHandler != nil && c.OpsAddr == "" {
		errs = append(errs, errors.New("plinth: OpsHandler needs OpsAddr (set PLINTH_OPS_ADDR)"))
	}
	if min(c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller) < 0 || c.MaxBody < 0 || c.RequestTimeout < 0 {
		errs = append(errs, errors.New("plinth: MaxBody, MaxConnections, MaxConnectionsPerClient, MaxRequests, MaxRequestsPerCaller and RequestTimeout must not be negative (PLINTH_MAX_REQUESTS, PLINTH_REQUEST_TIMEOUT)"))
	}
	return errs
}

// checkChain reports settings with which the constructors of the chain would panic.
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

// server returns the configuration of the server.
func (r resolved) server(probes *server.Probes, longLived *server.LongLived) server.Config {
	return server.Config{
		Addr: r.Addr, OpsAddr: r.OpsAddr, OpsHandler: r.OpsHandler, PublicURL: r.PublicURL, TLS: server.TLS(r.TLS), Listen: r.Listen, Logger: r.Logger,
		RequestTimeout: r.RequestTimeout, DrainDelay: r.DrainDelay, DrainTimeout: r.DrainTimeout,
		MaxConnections: r.MaxConnections, MaxConnectionsPerClient: r.MaxConnectionsPerClient, TrustedProxies: r.TrustedProxies,
		Probes: probes, LongLived: longLived,
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

// Rate is a limit of requests in a time. Requests is also the burst, which refills evenly
// over Per. Negative Requests disable the limit.
type Rate struct {
	// Requests is the number of requests in Per, and the greatest burst.
	//
	// Defaults to that of the rate, see [Rates].
	Requests int

	// Per is the time in which the burst refills.
	//
	// Defaults to a minute.
	Per time.Duration
}

// Rates limit requests. A request over a limit gets 429 with Retry-After. The accounts
// limit guesses at secrets separately.
type Rates struct {
	// Address limits one IPv4 address or one IPv6 network of 64 bits, for all callers. It is
	// checked before credentials, which cost more.
	//
	// Defaults to 30,000 in a minute, in development to no limit.
	Address Rate

	// Caller limits one user, across IP addresses and API keys, or one IP address for
	// unauthenticated requests. Servers with a secret key have no such limit.
	//
	// Defaults to 6,000 in a minute, in development to no limit.
	Caller Rate

	// Limiter counts for all instances together, such as the one of package cache/redis.
	//
	// Defaults to one in memory: each instance counts for itself.
	Limiter middleware.Limiter
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

// chain returns the options of an application's chain.
func (r resolved) chain(a *App) chain.Options {
	o := chain.Options{
		Surfaces: a.surfaces, Probes: a.probes, LongLived: a.longLived, Authenticator: a.access, Scope: a.api.WithScope,
		Logger: r.Logger, LogECS: r.LogECS, DisableAccessLog: r.DisableAccessLog, Middleware: r.Middleware,
		TrustedProxies: r.TrustedProxies, ForwardedHeader: r.ForwardedHeader, TrustedOrigins: r.trustedOrigins(), Headers: r.Headers, CORS: r.CORS,
		MaxQuery: r.API.Limits.Query, MaxBody: r.MaxBody, RequestTimeout: r.RequestTimeout,
		MaxRequests: r.MaxRequests, MaxRequestsPerCaller: r.MaxRequestsPerCaller,
		Address: chain.Rate(r.Rates.Address), Caller: chain.Rate(r.Rates.Caller), Limiter: r.Rates.Limiter,
	}
	if r.development {
		o.Admit, o.CORS = development.LocalOnly, development.CORS(r.CORS, r.Logger)
	}
	return o
}

// trustedOrigins returns the origins that CSRF treats as the application's own.
func (r resolved) trustedOrigins() []string {
	list := slices.Clone(r.Accounts.CookieOrigins)
	if own := crossorigin.Of(r.PublicURL); own != "" && !slices.Contains(list, own) {
		list = append(list, own)
	}
	return list
}
