// Package federation lets users log in at providers, and links their identities to accounts.
package federation

import (
	"context"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
)

// Provider is a login provider, see accounts.Provider.
type Provider interface {
	Name() string
	Begin(ctx context.Context, opts auth.LoginOptions) (to string, flow auth.Flow, err error)
	Finish(ctx context.Context, flow auth.Flow, answer url.Values) (auth.Identity, auth.ProviderTokens, error)
}

// Federation connects accounts with the users of providers.
type Federation struct {
	*account.SignUps
	Providers []Provider
}
