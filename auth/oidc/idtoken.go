package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// VerifyIDToken judges an ID token that an app on a phone or in a browser got by
// itself, for Config.ClientID or one of Config.Audiences.
func (p *Provider) VerifyIDToken(ctx context.Context, raw string, opts auth.IDTokenOptions) (auth.Identity, error) {
	if opts.Nonce != "" && opts.IssuedNonce != "" {
		return auth.Identity{}, errors.New("auth/oidc: either Nonce or IssuedNonce, not both")
	}
	provider, ok := p.service.(*openID)
	if !ok {
		return auth.Identity{}, refuse("the provider has no ID tokens")
	}
	if err := jwt.CheckForm(raw); err != nil {
		return auth.Identity{}, fmt.Errorf("auth/oidc: ID token: %w", err)
	}
	m, err := provider.metadata(ctx)
	if err != nil {
		return auth.Identity{}, err
	}
	nonce := opts.IssuedNonce
	if opts.Nonce != "" {
		sum := sha256.Sum256([]byte(opts.Nonce))
		nonce = hex.EncodeToString(sum[:])
	}
	issuer, claims, err := provider.verify(ctx, m, raw, expected{
		audiences: slices.Concat([]string{p.cfg.ClientID}, p.cfg.Audiences), nonce: nonce, accessToken: opts.AccessToken,
	})
	if err != nil {
		return auth.Identity{}, err
	}
	return p.cfg.identity(issuer, claims), nil
}

// expected is what an ID token has to agree with.
type expected struct {
	audiences   []string
	nonce       string // empty: it must have none
	accessToken string // empty: at_hash is not looked at
	byCode      bool   // it came from the token endpoint
}

// opener is the keys of a provider for go-oidc, for one token. go-oidc's own set requests the
// keys for each unknown kid, and does not separate an unknown key from a provider that is down.
type opener struct {
	keys   jwt.KeySource
	opened jwt.Opened
	err    error
}

// VerifySignature implements [coreos.KeySet].
func (o *opener) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	o.opened, o.err = jwt.Open(ctx, o.keys, token)
	return o.opened.Payload, o.err
}

// verify judges an ID token (OpenID Connect Core 1.0 section 3.1.3.7) and returns its
// issuer and its claims. go-oidc and this package look at the claims each in its own
// way, and have to agree: this one takes no member that is written otherwise, or
// twice.
func (o *openID) verify(ctx context.Context, m *metadata, raw string, want expected) (issuer string, claims map[string]any, err error) {
	if len(raw) > jwt.MaxOpened {
		return "", nil, refuse("the ID token is too long")
	}
	keys := &opener{keys: m.keys}
	now := o.cfg.Now()
	token, err := coreos.NewVerifier(m.issuer, keys, &coreos.Config{
		SkipClientIDCheck: true, SkipIssuerCheck: strings.Contains(m.issuer, tenantID), SupportedSigningAlgs: m.algorithms,
		Now: func() time.Time { return now.Add(-o.cfg.Skew) },
	}).Verify(ctx, raw)
	switch {
	case keys.err != nil && !errors.Is(keys.err, auth.ErrInvalid):
		return "", nil, unavailable("ID token", keys.err)
	case keys.err != nil:
		return "", nil, fmt.Errorf("auth/oidc: ID token: %w", keys.err)
	case err != nil:
		return "", nil, refuse("ID token: " + quote(err.Error()))
	}
	claims = keys.opened.Claims
	if t := keys.opened.Type; t != "" && t != "jwt" {
		return "", nil, refuse("typ is not that of an ID token")
	}
	// Back-Channel Logout 1.0 section 2.4: a logout token is recognized by this claim. Its typ
	// may be absent.
	if _, found := claims["events"]; found {
		return "", nil, refuse("it is a security event, not an ID token")
	}
	if issuer, err = o.checkIssuer(m, claims, token.Issuer); err != nil {
		return "", nil, err
	}
	if err := errors.Join(checkAudience(claims, want), checkDates(claims, now, o.cfg.Skew), checkNonce(claims, want.nonce)); err != nil {
		return "", nil, err
	}
	if _, err := subject(claims); err != nil {
		return "", nil, err
	}
	if _, found := claims["at_hash"]; found && want.accessToken != "" && token.VerifyAccessToken(want.accessToken) != nil {
		return "", nil, refuse("at_hash is not that of the access token")
	}
	return issuer, claims, nil
}
