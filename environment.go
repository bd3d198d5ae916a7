package plinth

import (
	"os"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/environment"
)

// FromEnv returns the configuration of the environment:
//
//	PLINTH_ADDR                  listen address, 127.0.0.1:8090 by default; a container needs :8090
//	PLINTH_DATABASE_URL          postgres://... or the path of a SQLite file; plinth.db by default
//	PLINTH_PUBLIC_URL            https://... , the URL of this server for clients
//	PLINTH_PUBLISHABLE_KEYS      API keys for clients, separated by commas, the newest first
//	PLINTH_SECRET_KEYS           API keys for servers, separated by commas, the newest first
//	PLINTH_MASTER_KEYS           keys that encrypt the secrets of accounts: 32 random bytes or more in base64 or
//	                             hexadecimal, separated by commas, the current one first;
//	                             docs/accounts-production.md says how to change one
//	PLINTH_SITE_URL              https://... , where links in mails lead in the end; the public URL by default
//	PLINTH_REDIRECT_URLS         further redirect targets of links in mails, separated by commas: exact, or a
//	                             prefix that ends with /*
//	PLINTH_SMTP_URL              mail server, smtp://user:password@host:587 (STARTTLS) or smtps://... , with
//	                             PLINTH_MAIL_FROM
//	PLINTH_MAIL_FROM             sender of mails, such as "Notes <accounts@notes.example>"
//	PLINTH_DISABLE_ACCOUNTS      1 disables the accounts
//	PLINTH_JWT_SECRET            secret of another issuer's bearer tokens (HS256, typ at+jwt), with
//	                             PLINTH_JWT_ISSUER and PLINTH_JWT_AUDIENCE
//	PLINTH_JWT_ISSUER            required iss of tokens of PLINTH_JWT_SECRET
//	PLINTH_JWT_AUDIENCE          required aud of tokens of PLINTH_JWT_SECRET
//	PLINTH_INSECURE_JWT_UNTYPED  1 also accepts those with typ JWT or none, see Config.InsecureJWTUntyped
//	PLINTH_SCHEMA                auto, verify or off; verify by default, in development auto on SQLite or a
//	                             PostgreSQL at a loopback address
//	PLINTH_CORS_ORIGINS          https://... , other origins whose pages may use the server, separated by commas
//	PLINTH_LOG                   text (the default), json, or ecs: json with the names of the Elastic Common
//	                             Schema
//	PLINTH_SLOW_STATEMENT        duration from which a statement is logged, 200ms by default, or off
//	PLINTH_TRUSTED_PROXIES       IP addresses and networks (10.0.0.0/8) of the proxies in front, separated by
//	                             commas
//	PLINTH_FORWARDED_HEADER      header into which trusted proxies write the client's IP address,
//	                             X-Forwarded-For by default
//	PLINTH_RATE_ADDRESS          limit of requests of one IP address, 30000/1m by default, or off
//	PLINTH_RATE_CALLER           limit of requests of one user, over all IP addresses, 6000/1m by default, or off
//	PLINTH_MAX_REQUESTS          number of requests that are served at a time, 64 for each processor by default
//	PLINTH_REQUEST_TIMEOUT       deadline of a request, 30s by default
//	PLINTH_TLS_CERT_FILE         certificate chain in PEM, with PLINTH_TLS_KEY_FILE; both are reloaded when they
//	                             change
//	PLINTH_TLS_KEY_FILE          key of that chain
//	PLINTH_ACME_DOMAINS          names to get certificates for by ACME, separated by commas, with
//	                             PLINTH_ACME_CACHE
//	PLINTH_ACME_CACHE            folder that keeps those certificates
//	PLINTH_ACME_EMAIL            e-mail address for the authority's warnings
//	PLINTH_ACME_DIRECTORY        the authority, Let's Encrypt by default
//	PLINTH_HTTP_ADDR             listen address that redirects plain HTTP to https, if certificates are set
//	PLINTH_OPS_ADDR              listen address for operators, plain HTTP without authentication: probes, and
//	                             what the program adds, such as metrics
//	PLINTH_DRAIN_DELAY           time in which connections are still accepted while /readyz answers 503, 5s by
//	                             default, in development none
//	PLINTH_DRAIN_TIMEOUT         time for running requests after that, 10s by default
//	PLINTH_JOBS_OFF              1 enqueues jobs and runs none: the command worker runs them in other processes
//	PLINTH_JOBS_WORKERS          number of jobs of a queue that run at a time, 10 by default
//	PLINTH_HIDE_DOCUMENTS        1 answers 404 in place of the documents of the API
//	PLINTH_INSECURE_DEVELOPMENT  1 forces development on a loopback address
//
// No other code of the library reads variables of its own. [New] reports values that cannot
// be read. Other variables that begin with PLINTH_ are logged when the application starts.
// Libraries read theirs: PGHOST, PGPASSWORD, PGSERVICE and the like for what a postgres://
// URL leaves out, HTTPS_PROXY and the like for requests to a certificate authority, and
// SSL_CERT_FILE for trusted roots.
func FromEnv() Config {
	env := environment.New()
	c := Config{
		Addr:        env.Text("PLINTH_ADDR"),
		DatabaseURL: env.Text("PLINTH_DATABASE_URL"),
		PublicURL:   env.Text("PLINTH_PUBLIC_URL"),
		JWTSecret:   env.Text("PLINTH_JWT_SECRET"),
		JWTIssuer:   env.Text("PLINTH_JWT_ISSUER"),
		JWTAudience: env.Text("PLINTH_JWT_AUDIENCE"),
		Schema:      Schema(env.Text("PLINTH_SCHEMA")),
		Keys: auth.Keys{
			Publishable: env.List("PLINTH_PUBLISHABLE_KEYS"),
			Secret:      env.List("PLINTH_SECRET_KEYS"),
		},
		DisableAccounts:     env.Switch("PLINTH_DISABLE_ACCOUNTS"),
		InsecureDevelopment: env.Switch("PLINTH_INSECURE_DEVELOPMENT"),
		InsecureJWTUntyped:  env.Switch("PLINTH_INSECURE_JWT_UNTYPED"),
	}
	c.Accounts.SiteURL = env.Text("PLINTH_SITE_URL")
	c.Accounts.RedirectURLs = env.List("PLINTH_REDIRECT_URLS")
	if sender, smtp := env.Mailer("PLINTH_SMTP_URL", "PLINTH_MAIL_FROM"); sender != nil {
		c.Accounts.Mailer, c.smtp, c.smtpSender = sender, smtp, sender
	}
	c.Accounts.MasterKeys = env.Keys("PLINTH_MASTER_KEYS")
	c.Jobs = JobsConfig{Off: env.Switch("PLINTH_JOBS_OFF"), Workers: env.Number("PLINTH_JOBS_WORKERS")}
	c.API.HideDocuments = env.Switch("PLINTH_HIDE_DOCUMENTS")
	c.readServer(env)
	c.invalid, c.ignored = env.Errors(), env.Unread(os.Environ())
	return c
}

// readServer reads how clients reach the server.
func (c *Config) readServer(env *environment.Reader) {
	c.CORS.Origins = env.List("PLINTH_CORS_ORIGINS")
	c.Logger, c.LogECS = env.Logger("PLINTH_LOG")
	c.SlowStatement = env.DurationOrOff("PLINTH_SLOW_STATEMENT")
	c.TrustedProxies = env.Prefixes("PLINTH_TRUSTED_PROXIES")
	c.ForwardedHeader = env.Text("PLINTH_FORWARDED_HEADER")
	c.Rates.Address.Requests, c.Rates.Address.Per = env.Rate("PLINTH_RATE_ADDRESS")
	c.Rates.Caller.Requests, c.Rates.Caller.Per = env.Rate("PLINTH_RATE_CALLER")
	c.MaxRequests = env.Number("PLINTH_MAX_REQUESTS")
	c.RequestTimeout = env.Duration("PLINTH_REQUEST_TIMEOUT")
	c.TLS = TLS{
		CertFile:      env.Text("PLINTH_TLS_CERT_FILE"),
		KeyFile:       env.Text("PLINTH_TLS_KEY_FILE"),
		ACMEDomains:   env.List("PLINTH_ACME_DOMAINS"),
		ACMECache:     env.Text("PLINTH_ACME_CACHE"),
		ACMEDirectory: env.Text("PLINTH_ACME_DIRECTORY"),
		ACMEEmail:     env.Text("PLINTH_ACME_EMAIL"),
		HTTPAddr:      env.Text("PLINTH_HTTP_ADDR"),
	}
	c.OpsAddr = env.Text("PLINTH_OPS_ADDR")
	c.DrainDelay = env.Duration("PLINTH_DRAIN_DELAY")
	c.DrainTimeout = env.Duration("PLINTH_DRAIN_TIMEOUT")
}
