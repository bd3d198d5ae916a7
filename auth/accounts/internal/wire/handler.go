// Package wire serves the routes of accounts: it reads requests, calls the services, and writes
// answers and cookies.
package wire

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
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

// Config is what a Handler needs: the services, and settings of accounts.Config.
type Config struct {
	DB     *store.DB
	Keys   *seal.Keyring
	Hashes *password.Hasher
	Now    func() time.Time
	Logger *slog.Logger

	Codes      *code.Codes
	Outbox     *outbox.Outbox
	Sessions   *session.Sessions
	Roles      *role.Roles
	Throttle   *throttle.Throttle
	APIKeys    *apikey.APIKeys
	Factors    *factor.Factors
	Changes    *account.Changes
	SignUps    *account.SignUps
	Federation *federation.Federation

	Authenticator auth.Authenticator          // of users of these accounts
	Origins       *http.CrossOriginProtection // of requests with a cookie; nil without cookies

	PublicURL           string
	SiteURL             string
	RedirectURLs        []string
	Anonymous           bool
	ManualLinking       bool
	Cookies             bool
	ReauthenticateAfter time.Duration
	MinResponseTime     time.Duration
	ClientAddress       func(*http.Request) netip.Addr
}

// Handler serves the routes. Make one with [New].
type Handler struct {
	Config
	patterns   []string                    // of the routes
	sameOrigin *http.CrossOriginProtection // of the forms of the pages below PublicURL
}

// New returns a handler.
func New(cfg Config) (*Handler, error) {
	sameOrigin, err := newSameOrigin(cfg.PublicURL)
	return &Handler{cfg, patterns(cfg.PublicURL), sameOrigin}, err
}
