package plinth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// access authenticates requests by the accounts, by API keys, and by tokens of other
// issuers. In development some keys are in the database, so it is complete only after open.
type access struct {
	others auth.Verifier // nil without other issuers
	who    atomic.Pointer[auth.Authenticator]

	secrets     development.Secrets // in development
	masterKeys  [][]byte            // once it is open
	publishable string              // the newest key of clients, once it is open
}

// newAccess checks the configured keys.
func newAccess(r resolved) (*access, error) {
	a := &access{others: r.Verifier}
	if len(r.Keys.Publishable)+len(r.Keys.Secret) > 0 {
		if err := r.Keys.Validate(); err != nil {
			return nil, fmt.Errorf("plinth: Keys (PLINTH_PUBLISHABLE_KEYS, PLINTH_SECRET_KEYS): %w", err)
		}
	}
	set := 0
	for _, s := range []string{r.JWTSecret, r.JWTIssuer, r.JWTAudience} {
		if s != "" {
			set++
		}
	}
	switch {
	case set == 0 && r.InsecureJWTUntyped:
		return nil, errors.New("plinth: InsecureJWTUntyped (PLINTH_INSECURE_JWT_UNTYPED) is for the tokens of JWTSecret (PLINTH_JWT_SECRET); a Verifier has a setting of its own")
	case set == 0:
		return a, nil
	case set != 3:
		return nil, errors.New("plinth: JWTSecret, JWTIssuer and JWTAudience belong together (set PLINTH_JWT_SECRET, PLINTH_JWT_ISSUER and PLINTH_JWT_AUDIENCE)")
	case r.Verifier != nil:
		return nil, errors.New("plinth: Verifier and the JWT settings exclude each other (unset PLINTH_JWT_SECRET, PLINTH_JWT_ISSUER and PLINTH_JWT_AUDIENCE, or leave Verifier out)")
	}
	var err error
	a.others, err = secretVerifier(r.Config)
	return a, err
}

func secretVerifier(c Config) (auth.Verifier, error) {
	key, err := jwt.SecretKey("", []byte(c.JWTSecret))
	if err != nil {
		return nil, fmt.Errorf("plinth: JWTSecret (PLINTH_JWT_SECRET): %w", err)
	}
	return jwt.New(jwt.Config{Issuer: c.JWTIssuer, Audience: c.JWTAudience, KeySource: onlyKey{key}, InsecureUntyped: c.InsecureJWTUntyped})
}

// onlyKey is the single key of an issuer. It ignores the key id of the token.
type onlyKey struct{ key jwt.Key }

// Key implements [jwt.KeySource].
func (k onlyKey) Key(context.Context, string) (key jwt.Key, found bool, err error) {
	return k.key, true, nil
}

var errNotOpen = errors.New("plinth: the application is not ready; call Run or Handler first")

// Authenticate returns the principal of a request.
func (a *access) Authenticate(r *http.Request) (auth.Principal, error) {
	who := a.who.Load()
	if who == nil {
		return auth.Principal{}, errNotOpen
	}
	return (*who).Authenticate(r)
}

// open loads the configured keys, or those of development, which are generated once and
// kept in the database. It returns the accounts, or nil without accounts.
func (a *access) open(ctx context.Context, db *store.DB, js *jobs.Jobs, config resolved) (*accounts.Accounts, error) {
	if config.development {
		var err error
		if a.secrets, err = development.Complete(ctx, db, &config.Keys, &config.Accounts); err != nil {
			return nil, err
		}
	}
	a.masterKeys = config.Accounts.MasterKeys
	if len(config.Keys.Publishable) > 0 {
		a.publishable = config.Keys.Publishable[0]
	}
	ring, err := auth.NewKeyring(config.Keys)
	if err != nil {
		return nil, err
	}
	others := auth.Chain()
	if a.others != nil {
		others = auth.Bearer(a.others)
	}
	who := ring.Authenticator(others)
	var known *accounts.Accounts
	if !config.DisableAccounts {
		c := config.accounts()
		c.Jobs = js
		if known, err = accounts.New(db, c); err != nil {
			return nil, err
		}
		if a.others == nil {
			who = known.Authenticator()
		} else {
			who = eitherOf(known.Authenticator(), who)
		}
	}
	if config.Authenticator != nil {
		who = auth.Chain(who, config.Authenticator)
	}
	who = auth.Once(auth.WithProofs(who, config.Proofs...))
	a.who.Store(&who)
	return known, nil
}

// eitherOf asks the accounts first and passes bearer tokens that they do not know to the
// other issuer. Other refusals of the accounts are final. If both reject a token, the error
// carries both reasons for the log.
func eitherOf(accounts, others auth.Authenticator) auth.Authenticator {
	return auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		p, err := auth.Authenticate(accounts, r)
		if err == nil || !errors.Is(err, auth.ErrInvalid) || errors.Is(err, auth.ErrExpired) || r.Header.Get("Authorization") == "" {
			return p, err
		}
		q, otherErr := auth.Authenticate(others, r)
		switch {
		case otherErr == nil && q.Kind != auth.Anonymous:
			return q, nil
		case otherErr == nil:
			return auth.Principal{}, err
		case errors.Is(otherErr, auth.ErrInvalid) && !errors.Is(otherErr, auth.ErrExpired):
			return auth.Principal{}, fmt.Errorf("%w; as one of another issuer: %w", err, otherErr)
		}
		return auth.Principal{}, otherErr
	})
}

// accounts returns the configuration of the accounts.
func (r resolved) accounts() accounts.Config {
	c := r.Accounts
	base := strings.TrimSuffix(cmp.Or(r.PublicURL, "http://"+r.Addr), "/")
	c.Keys, c.Logger, c.PublicURL = r.Keys, r.Logger, base+authPath
	c.SiteURL = cmp.Or(c.SiteURL, base)
	if c.ClientAddress == nil {
		c.ClientAddress = middleware.ClientAddressOf
	}
	return c
}

// trustedOrigins returns the origins that CSRF treats as the application's own.
func (r resolved) trustedOrigins() []string {
	list := slices.Clone(r.Accounts.CookieOrigins)
	if own := crossorigin.Of(r.PublicURL); own != "" && !slices.Contains(list, own) {
		list = append(list, own)
	}
	return list
}

// sealer is the Sealer of jobs. Its keys are known when the accounts are open.
type sealer struct{ inner atomic.Pointer[jobs.Sealer] }

var errNoMasterKey = errors.New("plinth: jobs with secret arguments need Accounts.MasterKeys (PLINTH_MASTER_KEYS), and App.Handler or Run")

// use sets the keys, if there are any.
func (s *sealer) use(masterKeys [][]byte) error {
	if len(masterKeys) == 0 {
		return nil
	}
	inner, err := jobs.NewSealer(masterKeys...)
	if err == nil {
		s.inner.Store(&inner)
	}
	return err
}

// Seal implements [jobs.Sealer].
func (s *sealer) Seal(place string, secret []byte) ([]byte, error) {
	inner := s.inner.Load()
	if inner == nil {
		return nil, errNoMasterKey
	}
	return (*inner).Seal(place, secret)
}

// Open implements [jobs.Sealer].
func (s *sealer) Open(place string, sealed []byte) (secret []byte, outdated bool, err error) {
	inner := s.inner.Load()
	if inner == nil {
		return nil, false, errNoMasterKey
	}
	return (*inner).Open(place, sealed)
}
