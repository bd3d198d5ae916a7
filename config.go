package plinth

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
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
	// Mailer and MasterKeys are used without accounts too, for [App.Mail].
	//
	// Jobs, Keys, Logger and PublicURL must be left out: the application sets them.
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

	// History says who sees by whom, by which request and from which IP address a change of a
	// row was made, at /rest/v1/-/history. The history itself has the rules of the row.
	//
	// Defaults to no caller.
	History realtime.HistoryGates

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

	// Jobs says which jobs this process runs, see [App.Jobs].
	//
	// Defaults to all of them, ten of each queue at a time.
	Jobs JobsConfig

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

	// Channels are the rules of broadcasts between clients and of presence, see
	// docs/realtime.md. Without one there are none.
	Channels []realtime.Channel

	// SocketLimits bound what clients may use by sockets: connections, channels, messages.
	SocketLimits realtime.Limits

	// MailTemplates are the application's own mails ([App.Mail]) and its texts for the mails
	// of accounts, for the mail server of [FromEnv] and the folder of development. An
	// Accounts.Mailer of the application has its own templates, see [mail.SMTPConfig].
	//
	// Defaults to the mails of package api/mail.
	MailTemplates mail.TemplatesConfig

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
	Retention changelog.Retention

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

	// Set by FromEnv: the variables it could not read, the library's others, and the mail
	// server with its sender.
	invalid    []error
	ignored    []string
	smtp       *mail.SMTPConfig
	smtpSender *mail.SMTP
}

// Validate returns the mistakes that [New] would report before it opens the database.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

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

// JobsConfig says which jobs this process runs.
type JobsConfig struct {
	// Off says that this process enqueues jobs and runs none. Run the command worker in
	// other processes, which ignores Off. Without one no mails are sent, and the change log
	// grows.
	Off bool

	// Queues and Workers are those of [jobs.Config]. A process that lists queues also works
	// on those of the library: "mail" and "plinth".
	Queues  []jobs.Queue
	Workers int

	// Propagator carries the trace of a request to the jobs that it enqueues, such as an
	// otel.Tracing.
	//
	// Defaults to none.
	Propagator jobs.Propagator
}
