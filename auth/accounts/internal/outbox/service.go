// Package outbox queues mails and text messages in the transaction that has reason to send them,
// and sends them.
package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/store"
)

// Mailer sends mails, see accounts.Mailer.
type Mailer interface {
	Send(ctx context.Context, to, template, locale string, values map[string]string) error
}

// SMSSender sends text messages, see accounts.SMSSender.
type SMSSender interface {
	SendSMS(ctx context.Context, to, template, locale string, values map[string]string) error
}

// Config is what an Outbox needs. Mailer and SMS may be nil.
type Config struct {
	DB      *store.DB
	Keys    *seal.Keyring
	Now     func() time.Time
	Logger  *slog.Logger
	Mailer  Mailer
	SMS     SMSSender
	SiteURL string
}

// Outbox holds the mails and messages to be sent. Make one with [New].
type Outbox struct {
	Config
	waker waker
}

// New returns an outbox.
func New(cfg Config) *Outbox { return &Outbox{cfg, newWaker()} }
