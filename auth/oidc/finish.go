package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Finish exchanges the answer in the query or the form of the callback for the user's identity.
// flow is the login that this browser began. The caller has to make sure that a flow is used
// once.
func (p *Provider) Finish(ctx context.Context, flow auth.Flow, values url.Values) (auth.Identity, auth.ProviderTokens, error) {
	if err := checkFlow(flow, p.cfg.Name, p.cfg.Now()); err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	if err := checkState(flow, values); err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	m, err := p.service.metadata(ctx)
	if err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	answer, err := p.cfg.readCallback(m, flow, values)
	if err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	tokens, err := p.exchange(ctx, m, flow, answer.code)
	if err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	who, err := p.service.identify(ctx, m, grant{tokens, flow.Nonce})
	if err != nil {
		return auth.Identity{}, auth.ProviderTokens{}, err
	}
	if answer.iss != "" && answer.iss != who.Issuer {
		return auth.Identity{}, auth.ProviderTokens{}, refuse("iss is not that of the ID token")
	}
	if who.Name == "" {
		who.Name = answer.name
	}
	return who, tokens, nil
}

// exchange turns a code into tokens (RFC 6749 section 4.1.3).
func (p *Provider) exchange(ctx context.Context, m *metadata, flow auth.Flow, code string) (auth.ProviderTokens, error) {
	secret := p.cfg.ClientSecret
	if p.cfg.ClientSecretFunc != nil {
		var err error
		if secret, err = p.cfg.ClientSecretFunc(ctx); err != nil {
			return auth.ProviderTokens{}, unavailable("client secret", err)
		}
	}
	client := oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: secret, Endpoint: m.endpoint, RedirectURL: flow.RedirectURI}
	token, err := client.Exchange(guarded(ctx, p.client), code, oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return auth.ProviderTokens{}, exchangeError(err, code, flow.Verifier, secret)
	}
	if !strings.EqualFold(token.Type(), "Bearer") {
		return auth.ProviderTokens{}, unavailable("token endpoint", errors.New("the access token is of an unknown type"))
	}
	raw, _ := token.Extra("id_token").(string)
	return auth.ProviderTokens{Access: token.AccessToken, Refresh: token.RefreshToken, Expiry: token.Expiry, ID: raw}, nil
}

// exchangeError separates an answer of the provider from a missing one, without secrets.
func exchangeError(err error, secrets ...string) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if answer.ErrorCode != "" && answer.Response.StatusCode < 500 {
			return newAnswerError(answer.ErrorCode, answer.ErrorDescription, secrets...)
		}
		return unavailable("token endpoint", fmt.Errorf("it answers %d", answer.Response.StatusCode))
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return unavailable("token endpoint", failed)
	}
	return unavailable("token endpoint", errors.New("its answer cannot be read"))
}
