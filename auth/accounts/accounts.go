package accounts

import (
	"context"
	"errors"
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
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Accounts lets people in. Make one with [New]; it is safe for concurrent use.
type Accounts struct {
	db         *store.DB
	config     Config
	keys       *seal.Keyring
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

	who      auth.Authenticator          // of users of ours
	anybody  auth.Authenticator          // also of other issuers
	patterns []string                    // of the routes
	origins  *http.CrossOriginProtection // of requests with a cookie; nil without cookies

	sameOrigin *http.CrossOriginProtection // of the forms of our own pages
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
	a := &Accounts{db: db, config: cfg, keys: keys, hashes: hashes, patterns: patterns(cfg.PublicURL)}
	if err := a.compose(); err != nil {
		return nil, err
	}
	if a.sameOrigin, err = newSameOrigin(cfg.PublicURL); err != nil {
		return nil, err
	}
	if cfg.Cookies {
		if a.origins, err = trustedOrigins(append([]string{cfg.PublicURL, cfg.SiteURL}, cfg.CookieOrigins...)); err != nil {
			return nil, err
		}
	}
	if a.who, err = a.authenticator(a); err != nil {
		return nil, err
	}
	a.who = auth.Once(a.who)
	if a.anybody = a.who; len(a.config.Verifiers) > 0 {
		a.anybody, err = a.authenticator(auth.FirstOf(a.verifiers()...))
	}
	return a, err
}

// compose makes the services, each from those before it.
func (a *Accounts) compose() (err error) {
	db, keys, cfg := a.db, a.keys, &a.config
	a.codes = &code.Codes{DB: db, Keys: keys, Now: a.now}
	a.outbox = outbox.New(outbox.Config{DB: db, Keys: keys, Now: a.now, Logger: cfg.Logger, Mailer: cfg.Mailer, SMS: cfg.SMS, SiteURL: cfg.SiteURL})
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

// authenticator composes what finds out who makes a request, by what judges tokens.
func (a *Accounts) authenticator(tokens auth.Verifier) (auth.Authenticator, error) {
	who := auth.Bearer(tokens)
	if a.config.Cookies {
		who = auth.Chain(who, auth.Cookie(cookieName, session.CookieVerifier{Sessions: a.sessions}, &auth.CookieOptions{CrossOrigin: a.origins}))
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
