package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

const gitHubIssuer = "https://github.com/login/oauth"

// hub is GitHub: OAuth 2.0 and an API that returns the user of an access token.
type hub struct {
	cfg    *Config
	client *outbound.Client
	api    string
	where  metadata
}

func newHub(cfg *Config, client *outbound.Client) (*hub, error) {
	root, ok := strings.CutSuffix(cfg.Issuer, "/login/oauth")
	if !ok {
		return nil, errors.New("auth/oidc: the Issuer of a GitHub ends with /login/oauth")
	}
	h := &hub{cfg: cfg, client: client, api: root + "/api/v3"}
	if cfg.Issuer == gitHubIssuer {
		h.api = "https://api.github.com"
	}
	h.where = metadata{issuer: cfg.Issuer, endpoint: oauth2.Endpoint{
		AuthURL: cfg.Issuer + "/authorize", TokenURL: cfg.Issuer + "/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}}
	return h, nil
}

func (h *hub) metadata(context.Context) (*metadata, error) { return &h.where, nil }

// account is the part of GitHub's user that identities are made of.
type account struct {
	ID     json.Number `json:"id"`
	Login  string      `json:"login"`
	Name   string      `json:"name"`
	Avatar string      `json:"avatar_url"`
}

// mailbox is an address of a user.
type mailbox struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// identify asks the API for the user of the access token.
func (h *hub) identify(ctx context.Context, m *metadata, t grant) (auth.Identity, error) {
	var user account
	if err := h.get(ctx, "/user", t.Access, &user); err != nil {
		return auth.Identity{}, err
	}
	var boxes []mailbox
	if slices.Contains(h.cfg.Scopes, "user:email") || slices.Contains(h.cfg.Scopes, "user") {
		if err := h.get(ctx, "/user/emails", t.Access, &boxes); err != nil {
			return auth.Identity{}, err
		}
	}
	if id, err := user.ID.Int64(); err != nil || id <= 0 {
		return auth.Identity{}, unavailable("user API", errors.New("the user has no id"))
	}
	claims := map[string]any{
		"iss": m.issuer, "sub": user.ID.String(), "name": user.Name, "picture": user.Avatar,
		"preferred_username": user.Login,
	}
	if user.Name == "" {
		claims["name"] = user.Login
	}
	for _, box := range boxes {
		if box.Primary && box.Verified {
			claims["email"], claims["email_verified"] = box.Email, true
		}
	}
	return h.cfg.identity(m.issuer, claims), nil
}

func (h *hub) get(ctx context.Context, path, access string, to any) error {
	body, err := get(ctx, h.client, h.api+path, access, "application/vnd.github+json")
	if err != nil {
		return unavailable("user API", err)
	}
	if decode(body, to) != nil {
		return unavailable("user API", errors.New("its answer cannot be read"))
	}
	return nil
}
