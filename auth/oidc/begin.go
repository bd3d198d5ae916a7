package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

const (
	maxScopes = 20
	maxScope  = 256 // bytes of one
	maxHint   = 320
	maxParams = 10
	maxParam  = 512 // bytes of a value
)

// reserved are the parameters that Begin sets, and those that would set them in
// another way.
var reserved = []string{
	"client_id", "client_secret", "code_challenge", "code_challenge_method", "login_hint", "nonce", "prompt",
	"redirect_uri", "request", "request_uri", "response_mode", "response_type", "scope", "state",
}

// Begin returns the URL to send the browser to, and the login that has begun.
func (p *Provider) Begin(ctx context.Context, opts auth.LoginOptions) (to string, flow auth.Flow, err error) {
	if err := checkOptions(&opts); err != nil {
		return "", auth.Flow{}, err
	}
	m, err := p.service.metadata(ctx)
	if err != nil {
		return "", auth.Flow{}, err
	}
	flow = auth.Flow{
		Provider: p.cfg.Name, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		RedirectURI: opts.RedirectURI, FormPost: p.cfg.ResponseMode == ResponseFormPost, Ends: p.cfg.Now().Add(FlowLife).Unix(),
	}
	params := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(flow.Verifier)}
	set := func(name, value string) {
		if value != "" {
			params = append(params, oauth2.SetAuthURLParam(name, value))
		}
	}
	if !p.cfg.preset.github {
		set("nonce", flow.Nonce)
	}
	set("response_mode", p.cfg.ResponseMode)
	set("login_hint", opts.LoginHint)
	set("prompt", opts.Prompt)
	for name, value := range opts.Params {
		set(name, value)
	}
	client := oauth2.Config{
		ClientID: p.cfg.ClientID, Endpoint: m.endpoint, RedirectURL: opts.RedirectURI,
		Scopes: union(p.cfg.Scopes, opts.Scopes),
	}
	return client.AuthCodeURL(flow.State, params...), flow, nil
}

// checkOptions refuses what no provider would understand, or what is too much.
func checkOptions(o *auth.LoginOptions) error {
	if err := checkRedirect(o.RedirectURI); err != nil {
		return err
	}
	if err := checkScopes(o.Scopes); err != nil {
		return err
	}
	for _, word := range strings.Fields(o.Prompt) {
		if !slices.Contains([]string{"none", "login", "consent", "select_account", "create"}, word) {
			return errors.New("auth/oidc: Prompt has a word that is not known")
		}
	}
	if len(o.LoginHint) > maxHint {
		return fmt.Errorf("auth/oidc: LoginHint is longer than %d bytes", maxHint)
	}
	if len(o.Params) > maxParams {
		return fmt.Errorf("auth/oidc: Params has more than %d", maxParams)
	}
	for name, value := range o.Params {
		if slices.Contains(reserved, name) {
			return fmt.Errorf("auth/oidc: Params cannot set %s", name)
		}
		if name == "" || len(name)+len(value) > maxParam {
			return fmt.Errorf("auth/oidc: Params has one without a name or longer than %d bytes", maxParam)
		}
	}
	return nil
}

// checkRedirect wants an absolute https URL, or http on loopback (RFC 8252 section
// 7.3).
func checkRedirect(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(raw) > auth.MaxFlow/2 {
		return errors.New("auth/oidc: RedirectURI must be an absolute URL without user and fragment")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !netaddr.IsLoopback(u.Hostname())) {
		return errors.New("auth/oidc: RedirectURI must be https")
	}
	return nil
}

// checkScopes wants each to be a scope-token (RFC 6749 section 3.3).
func checkScopes(scopes []string) error {
	if len(scopes) > maxScopes {
		return fmt.Errorf("auth/oidc: more than %d scopes", maxScopes)
	}
	for _, scope := range scopes {
		bad := strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
		if scope == "" || len(scope) > maxScope || bad {
			return errors.New("auth/oidc: a scope is not a word")
		}
	}
	return nil
}

func union(first, second []string) []string {
	out := slices.Clone(first)
	for _, s := range second {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
