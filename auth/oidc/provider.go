package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/oauth2"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

// Provider logs people in with their accounts at one provider. It is safe for
// concurrent use.
type Provider struct {
	cfg     Config
	client  *outbound.Client
	service service
}

// service is the protocol by which a provider identifies a user.
type service interface {
	// metadata says where the provider is asked.
	metadata(ctx context.Context) (*metadata, error)

	// identify returns the user of the tokens.
	identify(ctx context.Context, m *metadata, t grant) (auth.Identity, error)
}

// grant is the tokens of a login, and what it began with.
type grant struct {
	auth.ProviderTokens

	nonce string
}

// New returns a Provider. The error names everything that is wrong with config. The
// provider is not asked for anything yet.
func New(config Config) (*Provider, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	p := &Provider{cfg: config, client: newClient(config.InsecureLoopback)}
	if _, err := p.client.Check(config.Issuer); err != nil {
		return nil, fmt.Errorf("auth/oidc: Issuer: %w", err)
	}
	if strings.ContainsAny(config.Issuer, "?#") {
		return nil, errors.New("auth/oidc: Issuer must have no query and no fragment")
	}
	if config.preset.github {
		hub, err := newHub(&p.cfg, p.client)
		if err != nil {
			return nil, err
		}
		p.service = hub
		return p, nil
	}
	p.service = &openID{cfg: &p.cfg, client: p.client, discovery: newDiscovery(&p.cfg, p.client)}
	return p, nil
}

// Name returns Config.Name.
func (p *Provider) Name() string { return p.cfg.Name }

// Format prints name and issuer for every verb.
func (p *Provider) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "oidc.Provider(%q %q)", p.cfg.Name, p.cfg.Issuer)
}

// newClient returns the client that providers are asked by.
func newClient(loopback bool) *outbound.Client {
	opts := outbound.Config{}
	if loopback {
		opts.HTTP = true
		opts.Allow = func(to netip.AddrPort) bool { return to.Addr().IsLoopback() }
	}
	return outbound.New(opts)
}

// guarded returns a context with the client that golang.org/x/oauth2 and go-oidc
// are to use.
func guarded(ctx context.Context, client *outbound.Client) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, client.HTTP())
}
