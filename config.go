package plinth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// Schema selects how the database's schema is prepared at start.
type Schema string

// The treatments of the schema.
const (
	// SchemaAuto applies migrations and adds tables and columns of the structs that the
	// database lacks. It is for development only, and the default there for SQLite and for
	// a PostgreSQL on this machine.
	SchemaAuto Schema = "auto"

	// SchemaVerify fails at start if migrations are missing or the database does not fit
	// the structs. It is the default outside development.
	SchemaVerify Schema = "verify"

	// SchemaOff checks nothing.
	SchemaOff Schema = "off"
)

// Config configures an [App]. The zero value runs in development on a SQLite file in the
// working directory.
type Config struct {
	// Accounts configures the accounts below /auth/v1: who may sign up, how long sessions
	// last, allowed redirect targets, and the mailer. Outside development MasterKeys is
	// required, see [accounts.Config]. SiteURL defaults to PublicURL.
	//
	// In development the master key is generated once and kept in the database, and
	// sign-ups are not counted. Without a Mailer, e-mail addresses count as confirmed.
	// Mails and text messages without a configured sender are written into the folder
	// plinth-mails.
	//
	// Keys, Logger and PublicURL must be left out: the application sets them.
	Accounts accounts.Config

	// API configures the REST API below /rest/v1: its limits, its documents and how long
	// responses are cached. Authenticator, BasePath, Explain, Logger and PublicURL must be
	// left out: the application sets them.
	API api.Config

	// Addr is the address to listen on. A port of 0 takes a free one.
	//
	// Defaults to "127.0.0.1:8090".
	Addr string

	// Authenticator authenticates callers by something other than API keys, sessions and
	// tokens, such as a client certificate or a header set by a gateway that no request can
	// bypass. It is asked if those find no caller; its error rejects the request. Its
	// principals have no account.
	//
	// Browsers may send what it looks at with requests of other origins too. With an
	// Authenticator the REST API therefore gets the cross-origin checks of own routes, see
	// [middleware.CSRF]. Accepted are requests of Accounts.CookieOrigins, and requests with
	// a bearer token or an API key and no cookie.
	Authenticator auth.Authenticator

	// CORS configures which other origins may use the server. In development, if it is
	// empty, the usual origins of front-end development servers on this machine may.
	//
	// Defaults to none.
	CORS cors.Options

	// DatabaseURL is "postgres://..." or the path of a SQLite file.
	//
	// Defaults to "plinth.db".
	DatabaseURL string

	// DisableAccessLog leaves out the line that Logger gets for every request.
	DisableAccessLog bool

	// DisableAccounts disables the accounts: their tables and /auth/v1 do not exist.
	// Callers use API keys or tokens of other issuers.
	DisableAccounts bool

	// DrainDelay is how long connections are still accepted after the context of Run has
	// ended, while /readyz answers 503. Set it to the time a balancer needs to notice: its
	// interval times its failure threshold. Negative means no delay.
	//
	// Defaults to 5 seconds, in development to no delay.
	DrainDelay time.Duration

	// DrainTimeout is how long running requests may continue after DrainDelay, and after
	// them the background work ([App.Background]). Then their connections are closed.
	// Negative means no time.
	//
	// Defaults to 10 seconds.
	DrainTimeout time.Duration

	// ForwardedHeader is the header into which TrustedProxies write the client's IP
	// address, see [middleware.ClientAddressOptions].
	//
	// Defaults to X-Forwarded-For.
	ForwardedHeader string

	// Headers are the security headers of every response that does not set its own.
	// Handlers that answer with pages must set their own Content-Security-Policy. HSTS
	// defaults to a year outside development; negative disables it.
	Headers middleware.SecureHeadersOptions

	// InsecureDevelopment forces development mode with configured keys. It is rejected
	// unless the listen address is a loopback address, since development trusts every
	// client that can reach the port.
	InsecureDevelopment bool

	// InsecureJWTUntyped also accepts tokens of JWTIssuer with a typ of JWT or without one,
	// as most libraries and Supabase write them. It is a hole if the issuer signs anything
	// else for JWTAudience with JWTSecret, such as ID tokens or links in mails: those would
	// pass as access tokens.
	//
	// Defaults to false: typ must be at+jwt.
	InsecureJWTUntyped bool

	// JWTSecret, JWTIssuer and JWTAudience accept bearer tokens of another issuer beside
	// those of the accounts, signed with HS256. They are the secret, of 32 bytes or more,
	// and the required iss and aud. Set all three or none. The typ in the header must be
	// at+jwt, the type of access tokens in RFC 9068; see InsecureJWTUntyped for others. The
	// reason of a rejection is logged at level debug, and is the hint of the response in
	// development.
	//
	// For an issuer that publishes its keys as a JWK Set, set Verifier with [jwt.New] and
	// [jwt.NewRemote].
	JWTSecret, JWTIssuer, JWTAudience string

	// Keys are the API keys of client libraries. Development generates a publishable key.
	Keys auth.Keys

	// Listen opens the listeners of Addr, OpsAddr and TLS.HTTPAddr. Set it to serve on a
	// listener that exists already, such as one of systemd or of a test, or on a Unix socket.
	//
	// Defaults to the Listen method of a [net.ListenConfig].
	Listen func(ctx context.Context, network, addr string) (net.Listener, error)

	// LogECS names the fields of the access log by the Elastic Common Schema.
	LogECS bool

	// Logger receives the log. Nil writes text to standard error.
	Logger *slog.Logger

	// MaxBody is the greatest size in bytes of a request body on own routes; a larger one
	// gets 413 with PL413. A route with a smaller limit uses [http.MaxBytesReader]. The
	// REST API has API.Limits.Body, and the accounts have a limit of their own.
	// RequestTimeout limits the time to read a body.
	//
	// Defaults to 1 MiB.
	MaxBody int64

	// MaxConnections limits the open connections of all clients, and
	// MaxConnectionsPerClient those of one IP address. Connections of this machine and of
	// TrustedProxies count only towards MaxConnections. A connection over a limit is closed
	// at once. Requests of the classes [Upload] and [Stream] have the same limits, in all and
	// for each caller; one over a limit gets 503 or 429.
	//
	// Default to 10,000 and 1,000.
	MaxConnections, MaxConnectionsPerClient int

	// MaxRequests is the number of requests that are served at a time, and
	// MaxRequestsPerCaller that of one caller. Further requests wait for up to 500 ms and
	// are then answered 503, see [middleware.Admission].
	//
	// Default to 64 for each processor that Go uses, and half of MaxRequests.
	MaxRequests, MaxRequestsPerCaller int

	// Middleware is middleware that sees every request and every response, refusals too, such
	// as metrics and traces. The first is outermost. Middleware for own routes belongs to
	// the Router.
	Middleware []func(http.Handler) http.Handler

	// OpsAddr is a listen address for operators, such as "127.0.0.1:9090", with plain HTTP
	// and without authentication. It answers /livez and /readyz, as the main address does,
	// and passes other requests to OpsHandler, for metrics and profiles.
	//
	// Defaults to none.
	OpsAddr string

	// OpsHandler answers requests at OpsAddr other than the probes. Nil answers 404.
	OpsHandler http.Handler

	// Postgres and SQLite configure the database; DatabaseURL selects one. Their Store
	// defaults to Logger and to the validation of package store/validate.
	Postgres postgres.Options
	SQLite   sqlite.Options

	// Proofs add claims to the caller of a request, also if API keys, sessions or tokens
	// authenticate it. An example is the token of a share link. Rules compare them as
	// principal.claims. An error of a proof rejects the request. As with Authenticator, the
	// REST API then gets the cross-origin checks of own routes.
	Proofs []auth.Proof

	// PublicURL is the URL of this server for clients, "https://...". It is required
	// outside development; links begin with it. A name beyond ASCII must begin with xn--,
	// as browsers send it.
	PublicURL string

	// Rates limit the requests of each IP address and each caller.
	Rates Rates

	// RequestTimeout is the deadline of a request. Then its statements end, and the answer
	// is 504. The body must be read within the same time, or 30 seconds if that is longer.
	// The response must be written within 30 seconds more, or 60 seconds if that is longer.
	//
	// Defaults to 30 seconds; negative is rejected. A longer one needs longer statement
	// timeouts (API.Limits.Statement, Postgres.StatementTimeout, SQLite.StatementTimeout)
	// and longer timeouts of proxies.
	RequestTimeout time.Duration

	// Retention configures how much of the change log is kept while Run serves.
	Retention store.RetentionOptions

	// Schema selects how the database's schema is prepared.
	//
	// Defaults to SchemaAuto in development, on SQLite or a PostgreSQL at a loopback
	// address, and to SchemaVerify otherwise. A development database on another host or
	// behind a Unix socket gets SchemaVerify too.
	Schema Schema

	// SlowStatement is the duration from which a statement is logged, with its text and
	// placeholders and never with its values. At level debug all statements are logged.
	// Negative disables both.
	//
	// Defaults to 200 milliseconds.
	SlowStatement time.Duration

	// TLS encrypts connections. The zero value leaves that to a proxy.
	TLS TLS

	// TrustedProxies are the networks of all proxies in front of this server.
	// ForwardedHeader is read only from them; the address of any other peer is that of the
	// connection. Accounts count by the same addresses unless they have a ClientAddress.
	// The X-Request-Id of a proxy is accepted, so proxies should not pass on that of a
	// client.
	TrustedProxies []netip.Prefix

	// Verifier verifies bearer tokens in place of the JWT settings. Its ids are taken as
	// they are, so it must not return the id of an account's user for another subject. Use
	// Accounts.Verifiers for issuers that are trusted less.
	Verifier auth.Verifier

	// Set by FromEnv: the variables it could not read, and the library's others.
	invalid []error
	ignored []string
}

// resolved is a configuration with its defaults and mode.
type resolved struct {
	Config
	development bool
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
	if len(errs) == 0 {
		errs = append(errs, r.validateAccounts())
	}
	return r, errors.Join(errs...)
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

// rest returns the configuration of the REST API.
func (r resolved) rest(who auth.Authenticator) api.Config {
	c := r.API
	c.Authenticator, c.BasePath, c.Explain, c.Logger = who, restPath, r.development, r.Logger
	if r.PublicURL != "" {
		c.PublicURL = strings.TrimSuffix(r.PublicURL, "/") + restPath
	}
	title, version := programName()
	c.Title, c.Version = cmp.Or(c.Title, title), cmp.Or(c.Version, version)
	if !r.DisableAccounts {
		c.Routes = slices.Concat(c.Routes, accountRoutes())
	}
	return c
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
