package accounts

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// Accounts lets people in. Make one with [New]; it is safe for concurrent use.
type Accounts struct {
	db     *store.DB
	config Config
	limits bounds
	hooks  hooks
	keys   *keyring
	hashes *password.Hasher
	tries  turns

	// opening bounds the sessions that are being opened behind a try.
	opening turns

	signing  *signingKeys
	verifier *jwt.Verifier
	revoked  *revocations
	verified *verifiedTokens
	cookies  *verifiedTokens // the same by cookie
	readKeys *readKeys
	outbox   outbox
	who      auth.Authenticator          // of users of ours
	anybody  auth.Authenticator          // also of other issuers
	patterns []string                    // of the routes
	origins  *http.CrossOriginProtection // of requests with a cookie; nil without cookies

	sameOrigin *http.CrossOriginProtection // of the forms of our own pages
}

// audience is the aud of access tokens, which existing clients expect.
const audience = "authenticated"

// New returns the accounts of a database. The tables are made by [Migrations], which
// have to be applied before it is used.
func New(db *store.DB, cfg Config) (*Accounts, error) {
	if db == nil {
		return nil, errors.New("accounts: New needs a database")
	}
	cfg, err := cfg.withDefaults()
	keys, errKeys := newKeyring(cfg.MasterKeys)
	hashes, errHashes := password.New(cfg.Hashes)
	if err := errors.Join(err, errKeys, errHashes, Register(db)); err != nil {
		return nil, err
	}
	a := &Accounts{
		db: db, config: cfg, limits: cfg.Limits.bounds(), hooks: cfg.hooks(), keys: keys, hashes: hashes, tries: newTurns(cfg.Hashes), opening: newOpening(cfg.Hashes), revoked: newRevocations(), verified: newVerifiedTokens(), cookies: newVerifiedTokens(),
		readKeys: newReadKeys(), outbox: newOutbox(),
	}
	a.patterns = patterns(cfg.PublicURL)
	a.signing = newSigningKeys(db, keys, cfg.AccessTTL, cfg.Now, cfg.Logger)
	if a.verifier, err = jwt.New(jwt.Config{Audience: audience, Issuer: cfg.PublicURL, KeySource: a.signing, Now: cfg.Now}); err != nil {
		return nil, err
	}
	if a.sameOrigin, err = newSameOrigin(cfg.PublicURL); err != nil {
		return nil, err
	}
	if cfg.Cookies {
		if a.origins, err = cfg.origins(); err != nil {
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

// Ready returns an error if the keys that sign tokens cannot be read and opened. It makes the
// first key. Programs call it at start, as plinth.App does, so that a missing master key is
// reported there and not at the first login.
func (a *Accounts) Ready(ctx context.Context) error {
	_, err := a.signing.all(ctx, false)
	return err
}

// Register makes the tables of accounts known to a database, as New does too: for what
// looks at the schema before there are any accounts.
func Register(db *store.DB) error { return db.Register(models()...) }

// Verify implements auth.Verifier for access tokens and API keys.
func (a *Accounts) Verify(ctx context.Context, token string) (auth.Principal, error) {
	if looksLikeKey(token) {
		return a.verifyKey(ctx, token)
	}
	return a.verifyToken(ctx, token)
}

// authenticator composes what finds out who makes a request, by what judges tokens.
func (a *Accounts) authenticator(tokens auth.Verifier) (auth.Authenticator, error) {
	who := auth.Bearer(tokens)
	if a.config.Cookies {
		who = auth.Chain(who, auth.Cookie(cookieName, cookieVerifier{a}, &auth.CookieOptions{CrossOrigin: a.origins}))
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
