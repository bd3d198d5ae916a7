package plinth

import (
	"errors"
	"fmt"
	"log/slog"
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

// Schema says what happens to the database's schema at start.
type Schema string

// The treatments of the schema.
const (
	// SchemaAuto applies migrations and adds what the structs have and the
	// database lacks. Development only, and there the default for SQLite and
	// for a PostgreSQL on this machine.
	SchemaAuto Schema = "auto"

	// SchemaVerify refuses to start when migrations are missing or the
	// database does not fit the structs. The default outside development.
	SchemaVerify Schema = "verify"

	// SchemaOff looks at nothing.
	SchemaOff Schema = "off"
)

// Config tunes an [App]. The zero value runs in development on a SQLite file in
// the working folder.
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

	// API tunes the REST API below /rest/v1: its limits, its documents, how
	// long answers are kept. What the application decides itself must be left
	// out: Authenticator, BasePath, Explain, which development switches on,
	// Logger and PublicURL.
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

	// CORS says which pages of other origins may use the server. In development those of
	// the usual development servers of this machine may, unless there is something here.
	//
	// Defaults to none.
	CORS cors.Options

	// DatabaseURL is "postgres://..." or the path of a SQLite file.
	//
	// Defaults to "plinth.db".
	DatabaseURL string

	// DisableAccessLog leaves out the line that Logger gets for every request.
	DisableAccessLog bool

	// DisableAccounts leaves the accounts out: there are no tables of theirs, nothing
	// is below /auth/v1, and callers come with API keys or with tokens of other
	// issuers.
	DisableAccounts bool

	// DrainDelay is how long clients are still let in after the context of Run has
	// ended, while /readyz answers 503: as long as the balancer needs to find out, which
	// is its interval times the failures it wants to see. Negative is not at all.
	//
	// Defaults to 5 seconds, in development to not at all.
	DrainDelay time.Duration

	// DrainTimeout is how long requests may go on after that, and work in the background
	// behind them ([App.Background]); then their connections are cut.
	//
	// Defaults to 10 seconds. Negative is not at all.
	DrainTimeout time.Duration

	// ForwardedHeader is what TrustedProxies write the client's address into, see
	// [middleware.ClientAddressOptions].
	//
	// Defaults to X-Forwarded-For.
	ForwardedHeader string

	// Headers are those that protect pages, on every answer that has none of its own.
	// Where the program answers with pages, they set their own Content-Security-Policy.
	// HSTS is a year outside of development unless it says something else; negative is
	// none.
	Headers middleware.SecureHeadersOptions

	// InsecureDevelopment forces development mode with configured keys. It is rejected
	// unless the listen address is a loopback address, since development trusts every
	// client that can reach the port.
	InsecureDevelopment bool

	// InsecureJWTUntyped also accepts tokens of JWTIssuer whose typ is JWT or absent, which
	// is what most libraries and Supabase write. It is a hole if the issuer signs anything
	// else for JWTAudience with JWTSecret, such as ID tokens or links in mails: those would
	// pass as access tokens.
	//
	// Defaults to false: typ must be at+jwt.
	InsecureJWTUntyped bool

	// JWTSecret, JWTIssuer and JWTAudience accept bearer tokens of another issuer
	// beside those of the accounts, signed with HS256: the secret, of 32 bytes or
	// more, and what the tokens' iss and aud must be. All three or none. The typ in
	// their header is at+jwt, as RFC 9068 wants it of access tokens; see
	// InsecureJWTUntyped for others. Why a token is refused is logged at level debug,
	// and is the hint of the answer in development.
	//
	// Tokens of other kinds are accepted by setting Verifier: those of an issuer that
	// publishes its keys as a JWK Set by [jwt.New] with [jwt.NewRemote].
	JWTSecret, JWTIssuer, JWTAudience string

	// Keys are the API keys of client libraries. Development makes a
	// publishable key of its own.
	Keys auth.Keys

	// LogECS names the fields of the line for every request as the Elastic Common Schema
	// does.
	LogECS bool

	// Logger receives what happens. Nil writes text to standard error.
	Logger *slog.Logger

	// LongLived says which requests of the application's own routes last, as streams of
	// events and WebSockets. RequestTimeout and the server's deadlines for reading and
	// writing do not end them, and they do not count for MaxRequests: their contexts end
	// when the client goes or the server drains. A handler that takes its connection over
	// stays until that is closed.
	//
	// It is asked several times before the request is routed, so it has to judge by the
	// path, and never by what a client may add to any request, as a header: a request that
	// it names wrongly is one without limits. It is not asked for requests below /rest/v1
	// and /auth/v1. Rates count the others once, when they begin.
	//
	// Defaults to none.
	LongLived func(r *http.Request) bool

	// MaxBody is the size in bytes that the body of a request may have on the application's
	// own routes: 413, PL413, beyond it. A route that is to take less bounds what it reads,
	// see [http.MaxBytesReader]. API.Limits.Body says it for the REST API, and accounts have
	// a limit of their own. How long a body may take is said by RequestTimeout.
	//
	// Defaults to 1 MiB.
	MaxBody int64

	// MaxConnections limits the open connections of all clients, and
	// MaxConnectionsPerClient those of one IP address. Connections of this machine and of
	// TrustedProxies count only towards MaxConnections. A connection over a limit is closed
	// at once. LongLived requests have the same limits, in all and for each caller; one
	// over a limit gets 503 or 429.
	//
	// Default to 10,000 and 1,000.
	MaxConnections, MaxConnectionsPerClient int

	// MaxRequests is the number of requests that are served at a time, and
	// MaxRequestsPerCaller that of one caller. Further requests wait for up to 500 ms and
	// are then answered 503, see [middleware.Admission].
	//
	// Default to 64 for each processor that Go uses, and half of MaxRequests.
	MaxRequests, MaxRequestsPerCaller int

	// Observe is middleware that sees every request and every answer, refusals too, as
	// metrics and traces need it; the first is outermost. Middleware for the application's
	// own routes belongs to its Router.
	Observe []func(http.Handler) http.Handler

	// OpsAddr is an address for operators, as "127.0.0.1:9090", on plain HTTP and without
	// any check of who asks. It answers /livez and /readyz, which the main address does
	// too, and hands everything else to OpsHandler, for metrics and profiles.
	//
	// Defaults to none.
	OpsAddr string

	// OpsHandler answers at OpsAddr, but for the probes. Nil answers 404.
	OpsHandler http.Handler

	// Postgres and SQLite tune the database; the one is used that DatabaseURL
	// means. Their Store logs to Logger and validates by package
	// store/validate where it says nothing else.
	Postgres postgres.Options
	SQLite   sqlite.Options

	// Proofs add claims to the caller of a request, also where API keys, sessions or tokens
	// know it: what the token of a share link opens, for example. Rules compare them as
	// principal.claims. An error of one rejects the request. As with Authenticator,
	// the REST API is then open to pages of other origins as own routes are.
	Proofs []auth.Proof

	// PublicURL is what the outside calls this server, "https://...". It is
	// required outside development; links begin with it. A name beyond ASCII is
	// written as browsers send it, with xn--.
	PublicURL string

	// Rates bound how many requests are made.
	Rates Rates

	// RequestTimeout is how long a request may take. Then its statements end, and it is
	// answered with 504. Its body may take as long to arrive, and 30 seconds in any case;
	// its answer has 30 seconds more, and 60 in any case.
	//
	// Defaults to 30 seconds; negative is refused. A longer one needs longer times of
	// statements (API.Limits.Statement, Postgres.StatementTimeout, SQLite.StatementTimeout)
	// and of proxies.
	RequestTimeout time.Duration

	// Retention says how much of the change log is kept while Run serves.
	Retention store.RetentionOptions

	// Schema says what happens to the database's schema.
	//
	// Defaults to SchemaAuto in development, on SQLite or a PostgreSQL at a loopback address,
	// and to SchemaVerify otherwise: also where a development database is on another host or
	// behind a Unix socket.
	Schema Schema

	// SlowStatement is the duration from which a statement is logged, with its text and
	// placeholders and never with its values. At level debug all statements are logged.
	// Negative disables both.
	//
	// Defaults to 200 milliseconds.
	SlowStatement time.Duration

	// TLS encrypts connections. The zero value leaves that to a proxy.
	TLS TLS

	// TrustedProxies are the proxies in front of this server, all hops of them. Only what
	// they add to ForwardedHeader is believed; everybody else's address is that of the
	// connection. Accounts count by the same addresses unless they have a ClientAddress
	// of their own. Their X-Request-Id is taken over, so they should not pass on one of a
	// client's.
	TrustedProxies []netip.Prefix

	// Verifier verifies bearer tokens in place of the JWT settings. Its ids are taken as
	// they are, so it must not return the id of an account's user for another subject. Use
	// Accounts.Verifiers for issuers that are trusted less.
	Verifier auth.Verifier

	// Of FromEnv: what cannot be read, the variables it has asked for, and the library's others.
	invalid []error
	asked   map[string]bool
	ignored []string
}

// resolved is a configuration with defaults, and the mode it means.
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
		errs = append(errs, errors.New("plinth: InsecureDevelopment (PLINTH_INSECURE_DEVELOPMENT) is not for what has a PublicURL"))
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
		ownSetting{c.API.Explain, "Explain", "development has it"},
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
