package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
)

// Provider is a login provider. *oidc.Provider of auth/oidc is one. It must be safe for
// concurrent use. An error is [auth.ErrInvalid] if a login is rejected, and
// [auth.ErrUnavailable] if it could not be verified.
type Provider interface {
	// Name is what clients call the provider: small letters, digits, - and _.
	Name() string

	// Begin returns the URL for the browser and the state of the login. Its State is a secret
	// of at least 128 bits.
	Begin(ctx context.Context, opts auth.LoginOptions) (to string, flow auth.Flow, err error)

	// Finish turns what the browser brought back into who the user is. It is called
	// once with a flow.
	Finish(ctx context.Context, flow auth.Flow, answer url.Values) (auth.Identity, auth.ProviderTokens, error)
}

// checkProviders rejects providers with an invalid name, and two with the same.
func (c *Config) checkProviders() error {
	names := map[string]bool{}
	for _, p := range c.Providers {
		if p == nil {
			return errors.New("accounts: one of Providers is nil")
		}
		name := p.Name()
		if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return fmt.Errorf("accounts: the name of a provider, %q, must be up to 32 lower-case letters, digits, - and _", name)
		}
		if names[name] || federation.OwnProviders[name] {
			return fmt.Errorf("accounts: the name of a provider, %q, is taken", name)
		}
		names[name] = true
	}
	return nil
}
