package federation

import (
	"context"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// IDTokenVerifier is a Provider that judges ID tokens, which apps on phones get by
// themselves.
type IDTokenVerifier interface {
	VerifyIDToken(ctx context.Context, raw string, opts auth.IDTokenOptions) (auth.Identity, error)
}

// OwnProviders are names that identities have without a provider.
var OwnProviders = map[string]bool{"email": true, "phone": true, "anonymous_users": true}

// Provider returns the provider that a client names.
func (fd *Federation) Provider(name string) (Provider, error) {
	for _, p := range fd.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fail.New(problem.AuthValidation, "Unsupported provider: provider is not enabled")
}

// CallbackURL is where a provider sends browsers back. Each has one of its own, so
// that the answer of one cannot be taken for another's (RFC 9700 section 4.4.2).
func (fd *Federation) CallbackURL(p Provider) string {
	return strings.TrimSuffix(fd.PublicURL, "/") + "/callback/" + p.Name()
}
