package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// tenantID stands in the issuer of Microsoft's metadata for several directories.
const tenantID = "{tenantid}"

// metadata is what a provider says of itself (OpenID Connect Discovery 1.0 section
// 3, RFC 8414 section 2).
type metadata struct {
	issuer     string // with tenantID in it, where there are several
	endpoint   oauth2.Endpoint
	userinfo   string
	endSession string
	jwksURI    string
	keys       *jwt.Remote
	algorithms []string
	sendsIss   bool // with each answer (RFC 9207 section 3)
}

// document is the part of a provider's metadata that go-oidc does not hand out.
type document struct {
	Issuer      string   `json:"issuer"`
	JWKSURI     string   `json:"jwks_uri"`
	EndSession  string   `json:"end_session_endpoint"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	SendsIss    bool     `json:"authorization_response_iss_parameter_supported"`
}

// download fetches the metadata, and keeps the keys if their URL has not changed.
func (d *discovery) download(before *metadata) (*metadata, error) {
	ctx := guarded(context.Background(), d.client) // the client has a time limit
	issuer := d.cfg.issuerInMetadata()
	if issuer != d.cfg.Issuer {
		ctx = coreos.InsecureIssuerURLContext(ctx, issuer) // it is compared below
	}
	found, err := coreos.NewProvider(ctx, d.cfg.Issuer)
	if err != nil {
		return nil, d.plain(err)
	}
	var doc document
	if err := found.Claims(&doc); err != nil {
		return nil, errors.New("the document is not that of a provider")
	}
	if doc.Issuer != issuer {
		return nil, fmt.Errorf("the document is of %s, not of %q", quote(doc.Issuer), issuer)
	}
	m := &metadata{
		issuer: issuer, endpoint: found.Endpoint(), userinfo: found.UserInfoEndpoint(), endSession: doc.EndSession,
		jwksURI: doc.JWKSURI, sendsIss: doc.SendsIss,
	}
	m.endpoint.AuthStyle = authStyle(d.cfg, doc.AuthMethods)
	if m.algorithms = both(d.cfg.Algorithms, doc.Algorithms); len(m.algorithms) == 0 {
		return nil, errors.New("the provider signs with no algorithm that is accepted")
	}
	if err := d.checkEndpoints(m); err != nil {
		return nil, err
	}
	if before != nil && before.jwksURI == m.jwksURI {
		m.keys = before.keys
		return m, nil
	}
	m.keys, err = jwt.NewRemote(m.jwksURI, jwt.RemoteConfig{InsecureLoopback: d.cfg.InsecureLoopback, Now: d.cfg.Now})
	return m, err
}

// plain removes the text of an error of go-oidc, which may contain a whole answer.
func (d *discovery) plain(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	if mismatch, ok := errors.AsType[*coreos.IssuerMismatchError](err); ok {
		return fmt.Errorf("the document is of %s, not of %q", quote(mismatch.Discovered), d.cfg.Issuer)
	}
	return errors.New(quote(err.Error()))
}

// checkEndpoints refuses addresses that must not be asked, or that no browser is to
// be sent to.
func (d *discovery) checkEndpoints(m *metadata) error {
	logsIn := d.cfg.ClientID != "" // an issuer of access tokens may have keys only
	for _, endpoint := range []struct {
		name, url string
		required  bool
	}{
		{"authorization_endpoint", m.endpoint.AuthURL, logsIn},
		{"token_endpoint", m.endpoint.TokenURL, logsIn},
		{"userinfo_endpoint", m.userinfo, false},
		{"end_session_endpoint", m.endSession, false},
	} {
		if endpoint.url == "" && !endpoint.required {
			continue
		}
		if _, err := d.client.Check(endpoint.url); err != nil {
			return fmt.Errorf("%s: %w", endpoint.name, err)
		}
	}
	return nil
}

// authStyle returns how the client authenticates: HTTP Basic unless the provider supports only
// the form (OpenID Connect Discovery 1.0 section 3). Trying both, as golang.org/x/oauth2 does
// by default, would use a code twice.
func authStyle(cfg *Config, methods []string) oauth2.AuthStyle {
	public := cfg.ClientSecret == "" && cfg.ClientSecretFunc == nil
	if public || len(methods) > 0 && !slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// both returns the algorithms that are accepted and that the provider signs with. One
// that does not say may use any.
func both(accepted, supported []string) []string {
	if len(supported) == 0 {
		return accepted
	}
	return slices.DeleteFunc(slices.Clone(accepted), func(a string) bool { return !slices.Contains(supported, a) })
}
