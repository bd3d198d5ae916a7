package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/wire"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// Accounts lets people in. Make one with [New]; it is safe for concurrent use.
type Accounts struct {
	db         *store.DB
	config     Config
	keys       *seal.Keyring
	jobs       *jobs.Jobs
	hashes     *password.Hasher
	codes      *code.Codes
	outbox     *outbox.Outbox
	sessions   *session.Sessions
	roles      *role.Roles
	throttle   *throttle.Throttle
	apiKeys    *apikey.APIKeys
	factors    *factor.Factors
	changes    *account.Changes
	signUps    *account.SignUps
	federation *federation.Federation

	handler *wire.Handler

	anybody auth.Authenticator // of users, and of other issuers
}

// New returns the accounts of a database. The tables are made by [Migrations], which
// have to be applied before it is used.
func New(db *store.DB, cfg Config) (*Accounts, error) {
	if db == nil {
		return nil, errors.New("accounts: New needs a database")
	}
	cfg, err := cfg.withDefaults()
	keys, errKeys := seal.NewKeyring(cfg.MasterKeys)
	hashes, errHashes := password.New(cfg.Hashes)
	if err := errors.Join(err, errKeys, errHashes, Register(db)); err != nil {
		return nil, err
	}
	a := &Accounts{db: db, config: cfg, keys: keys, hashes: hashes}
	if err := a.openJobs(); err != nil {
		return nil, err
	}
	if err := a.compose(); err != nil {
		return nil, err
	}
	a.schedule()
	if err := a.jobs.Check(); err != nil {
		return nil, fmt.Errorf("accounts: Jobs: %w", err)
	}
	var origins *http.CrossOriginProtection
	if cfg.Cookies {
		if origins, err = wire.TrustedOrigins(append([]string{cfg.PublicURL, cfg.SiteURL}, cfg.CookieOrigins...)); err != nil {
			return nil, err
		}
	}
	who, err := a.authenticator(a, origins)
	if err != nil {
		return nil, err
	}
	who = auth.Once(who)
	if a.anybody = who; len(cfg.Verifiers) > 0 {
		if a.anybody, err = a.authenticator(auth.FirstOf(a.verifiers()...), origins); err != nil {
			return nil, err
		}
	}
	a.handler, err = wire.New(wire.Config{
		DB: db, Keys: keys, Hashes: hashes, Now: a.now, Logger: cfg.Logger, Codes: a.codes, Outbox: a.outbox, Sessions: a.sessions, Roles: a.roles,
		Throttle: a.throttle, APIKeys: a.apiKeys, Factors: a.factors, Changes: a.changes, SignUps: a.signUps, Federation: a.federation,
		Authenticator: who, Origins: origins, PublicURL: cfg.PublicURL, SiteURL: cfg.SiteURL, RedirectURLs: cfg.RedirectURLs, Anonymous: cfg.Anonymous,
		ManualLinking: cfg.ManualLinking, Cookies: cfg.Cookies, ReauthenticateAfter: cfg.ReauthenticateAfter, MinResponseTime: cfg.MinResponseTime,
		ClientAddress: cfg.ClientAddress,
	})
	return a, err
}

// ServeHTTP serves the routes of accounts. It is to be mounted where Config.PublicURL says, with
// the path before it taken off (http.StripPrefix).
func (a *Accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// openJobs takes the jobs of the application, or makes those of the accounts.
func (a *Accounts) openJobs() error {
	if a.jobs = a.config.Jobs; a.jobs != nil {
		return nil
	}
	sealer, err := jobs.NewSealer(a.config.MasterKeys...)
	if err != nil {
		return err
	}
	a.jobs, err = jobs.New(a.db, &jobs.Config{Logger: a.config.Logger, Sealer: sealer})
	return err
}

// compose makes the services, each from those before it.
func (a *Accounts) compose() (err error) {
	db, keys, cfg := a.db, a.keys, &a.config
	a.codes = &code.Codes{DB: db, Keys: keys, Now: a.now}
	a.outbox = outbox.New(outbox.Config{DB: db, Jobs: a.jobs, Keys: keys, Now: a.now, Logger: cfg.Logger, Mailer: cfg.Mailer, SMS: cfg.SMS, SiteURL: cfg.SiteURL})
	a.sessions, err = session.New(session.Config{
		DB: db, Keys: keys, Hashes: a.hashes, Hooks: cfg.hooks(), Now: a.now, Logger: cfg.Logger, PublicURL: cfg.PublicURL, AccessTTL: cfg.AccessTTL,
		SessionLife: cfg.SessionLife, SessionIdle: cfg.SessionIdle, RefreshGrace: cfg.RefreshGrace, Passwords: cfg.Passwords,
	}, cfg.Now)
	if err != nil {
		return err
	}
	a.roles = &role.Roles{DB: db, Now: a.now, Sessions: a.sessions}
	a.throttle = throttle.New(throttle.Config{DB: db, Keys: keys, Now: a.now, Limits: cfg.Limits.bounds(), MailInterval: cfg.MailInterval}, cfg.Hashes)
	a.apiKeys = apikey.New(apikey.Config{DB: db, Now: a.now, Logger: cfg.Logger, Outbox: a.outbox, Sessions: a.sessions})
	a.factors = &factor.Factors{
		DB: db, Keys: keys, Now: a.now, SiteURL: cfg.SiteURL, Passkeys: cfg.Passkeys, Codes: a.codes, Outbox: a.outbox, Sessions: a.sessions,
	}
	a.changes = &account.Changes{
		DB: db, Keys: keys, Hashes: a.hashes, Now: a.now, Codes: a.codes, Outbox: a.outbox, Sessions: a.sessions, Roles: a.roles, Throttle: a.throttle,
		APIKeys: a.apiKeys, PublicURL: cfg.PublicURL, SiteURL: cfg.SiteURL, Autoconfirm: cfg.Autoconfirm, SingleEmailChange: cfg.SingleEmailChange,
		LinkLife: cfg.LinkLife, InviteLife: cfg.InviteLife, Passwords: cfg.Passwords,
	}
	a.signUps = &account.SignUps{Changes: a.changes, DisableSignup: cfg.DisableSignup}
	a.federation = &federation.Federation{SignUps: a.signUps}
	for _, p := range cfg.Providers {
		a.federation.Providers = append(a.federation.Providers, p)
	}
	return nil
}

// Ready returns an error if the keys that sign tokens cannot be read and opened. It makes the
// first key. Programs call it at start, as plinth.App does, so that a missing master key is
// reported there and not at the first login.
func (a *Accounts) Ready(ctx context.Context) error { return a.sessions.Ready(ctx) }

// Register makes the tables of accounts known to a database, as New does too: for what
// looks at the schema before there are any accounts.
func Register(db *store.DB) error { return db.Register(data.Models()...) }

// Verify implements auth.Verifier for access tokens and API keys.
func (a *Accounts) Verify(ctx context.Context, token string) (auth.Principal, error) {
	if apikey.LooksLikeKey(token) {
		return a.apiKeys.VerifyKey(ctx, token)
	}
	return a.sessions.Verify(ctx, token)
}

// authenticator composes what finds out who makes a request, by what judges tokens. origins are
// those of pages that may use cookies.
func (a *Accounts) authenticator(tokens auth.Verifier, origins *http.CrossOriginProtection) (auth.Authenticator, error) {
	who := auth.Bearer(tokens)
	if a.config.Cookies {
		who = auth.Chain(who, auth.Cookie(wire.CookieName, session.CookieVerifier{Sessions: a.sessions}, &auth.CookieOptions{CrossOrigin: origins}))
	}
	if len(a.config.Keys.Publishable)+len(a.config.Keys.Secret) == 0 {
		return who, nil
	}
	ring, err := auth.NewKeyring(a.config.Keys)
	if err != nil {
		return nil, err
	}
	return ring.Authenticator(who), nil
}

// now returns the time as the database keeps it.
func (a *Accounts) now() time.Time { return a.config.Now().UTC().Truncate(time.Microsecond) }

// verifiers returns the verifiers of tokens: first these accounts, which decide about their own
// tokens since no other issuer can sign them, then those of other issuers.
func (a *Accounts) verifiers() []auth.Verifier {
	out := []auth.Verifier{a}
	for _, v := range a.config.Verifiers {
		out = append(out, a.sessions.Foreign(v))
	}
	return out
}

// Authenticator finds out who makes a request, by everything these accounts know:
// the API keys of the configuration, sessions, and the tokens of Config.Verifiers. It is
// for the resources that the accounts are for. It is safe for concurrent use.
func (a *Accounts) Authenticator() auth.Authenticator { return a.anybody }
