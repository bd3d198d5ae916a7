// Package apikey makes, verifies and ends API keys.
package apikey

import (
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what APIKeys need.
type Config struct {
	DB       *store.DB
	Now      func() time.Time
	Logger   *slog.Logger
	Outbox   *outbox.Outbox
	Sessions *session.Sessions
}

// APIKeys are the API keys of users and of the application. Make them with [New].
type APIKeys struct {
	Config
	Known *KeyCache
}

// New returns the API keys of a database.
func New(cfg Config) *APIKeys { return &APIKeys{cfg, NewKeyCache()} }
