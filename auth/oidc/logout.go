package oidc

import (
	"context"
	"net/url"
)

// EndSession is how to log out at a provider.
type EndSession struct {
	// IDToken is that of the login, by which the provider knows the session. Empty
	// makes it ask the user.
	IDToken string

	// RedirectURI is where the browser is sent afterwards: one that the provider
	// knows for this. Empty leaves it there.
	RedirectURI string

	// State comes back with it.
	State string
}

// EndSessionURL returns the URL to send the browser to in order to end its session
// at the provider too (OpenID Connect RP-Initiated Logout 1.0), or [ErrNoEndSession].
func (p *Provider) EndSessionURL(ctx context.Context, s EndSession) (string, error) {
	m, err := p.service.metadata(ctx)
	if err != nil {
		return "", err
	}
	if m.endSession == "" {
		return "", ErrNoEndSession
	}
	if s.RedirectURI != "" {
		if err := checkRedirect(s.RedirectURI); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(m.endSession)
	if err != nil {
		return "", unavailable("end_session_endpoint", err)
	}
	query := u.Query()
	query.Set("client_id", p.cfg.ClientID)
	for name, value := range map[string]string{
		"id_token_hint": s.IDToken, "post_logout_redirect_uri": s.RedirectURI, "state": s.State,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}
