package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

// openID is an OpenID provider.
type openID struct {
	cfg       *Config
	client    *outbound.Client
	discovery *discovery
}

func (o *openID) metadata(ctx context.Context) (*metadata, error) { return o.discovery.get(ctx) }

// identify verifies the ID token, and reads missing claims from the UserInfo endpoint.
func (o *openID) identify(ctx context.Context, m *metadata, t grant) (auth.Identity, error) {
	if t.ID == "" {
		return auth.Identity{}, refuse("there is no ID token")
	}
	issuer, claims, err := o.verify(ctx, m, t.ID, expected{
		audiences: []string{o.cfg.ClientID}, nonce: t.nonce, accessToken: t.Access, byCode: true,
	})
	if err != nil {
		return auth.Identity{}, err
	}
	if m.userinfo != "" && o.lacks(claims) {
		info, err := o.userinfo(ctx, m, t.Access)
		if err != nil {
			return auth.Identity{}, err
		}
		if sub, err := subject(info); err != nil || sub != claims["sub"] {
			return auth.Identity{}, refuse("the UserInfo endpoint returned another subject")
		}
		claims = merge(claims, info)
	}
	return o.cfg.identity(issuer, claims), nil
}

// lacks reports whether claims that the scopes ask for are not in the ID token: a
// provider may keep them for the UserInfo endpoint (OpenID Connect Core 1.0 section
// 5.4).
func (o *openID) lacks(claims map[string]any) bool {
	asks := func(scope, claim string) bool {
		_, found := claims[claim]
		return !found && slices.Contains(o.cfg.Scopes, scope)
	}
	return asks("email", "email") || asks("profile", "name")
}

// merge adds what the UserInfo endpoint says to the claims of an ID token, which
// count for more because they are signed. An address and what is said of it stay
// together.
func merge(claims, info map[string]any) map[string]any {
	without := info
	if _, found := claims["email"]; !found {
		without = claims
	}
	for _, name := range []string{"email", "email_verified", "xms_edov"} {
		delete(without, name)
	}
	maps.Copy(info, claims)
	return info
}

// userinfo queries the UserInfo endpoint (OpenID Connect Core 1.0 section 5.3).
func (o *openID) userinfo(ctx context.Context, m *metadata, access string) (map[string]any, error) {
	body, err := get(ctx, o.client, m.userinfo, access, "application/json")
	if err != nil {
		return nil, unavailable("UserInfo endpoint", err)
	}
	var claims map[string]any
	if decode(body, &claims) != nil || claims == nil {
		return nil, unavailable("UserInfo endpoint", errors.New("its answer is not a JSON object"))
	}
	return claims, nil
}

// get requests a resource with an access token (RFC 6750 section 2.1).
func get(ctx context.Context, client *outbound.Client, url, access, accept string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("its URL cannot be read")
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Authorization", "Bearer "+access)
	answer, err := client.HTTP().Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() // it was read, or is given up
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return io.ReadAll(answer.Body)
}

// decode reads JSON with numbers as they are written.
func decode(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(to)
}
