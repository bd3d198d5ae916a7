package oidc

import (
	"encoding/json"
	"slices"
	"strings"
)

const microsoftHost = "https://login.microsoftonline.com/"

// personal is Microsoft's directory of personal accounts.
const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Google returns the Config of Google. An address is believed if Google hosts its mailbox: in
// gmail.com and in the domains of Workspace. Other addresses may have changed owners since
// Google verified them.
func Google(clientID, clientSecret string) Config {
	return Config{
		Name: "google", Issuer: "https://accounts.google.com", ClientID: clientID, ClientSecret: clientSecret,
		preset: preset{trusts: func(claims map[string]any, domain string) bool {
			hosted, _ := claims["hd"].(string)
			return domain == "gmail.com" || hosted != ""
		}},
	}
}

// Microsoft returns the Config of Microsoft's accounts. tenant is the id of a directory (not
// its domain), or organizations, consumers or common: all accounts of a directory, all others,
// or both. With one of these three the issuer of a user has the id of the user's directory. It
// must agree with the claim tid and be one of Config.Tenants, if there are any.
//
// Microsoft sends no email_verified, and an administrator of any directory can set any address.
// An address is believed only with the optional claim xms_edov, which says that the directory
// owns the domain. Switch it on for the application.
func Microsoft(tenant, clientID, clientSecret string) Config {
	if tenant == "consumers" {
		tenant = personal
	}
	return Config{
		Name: "microsoft", Issuer: microsoftHost + tenant + "/v2.0", ClientID: clientID, ClientSecret: clientSecret,
		preset: preset{tenants: !isGUID(tenant), verified: ownsDomain, trusts: always},
	}
}

// ownsDomain reads Microsoft's xms_edov, which has come in several types.
func ownsDomain(claims map[string]any) bool {
	switch owner := claims["xms_edov"].(type) {
	case bool:
		return owner
	case string:
		return owner == "1" || owner == "true"
	case json.Number:
		return owner == "1"
	}
	return false
}

// GitLab returns the Config of the GitLab at a URL, such as https://gitlab.com. The addresses
// of gitlab.com are believed. Those of another GitLab are believed only with Config.TrustEmail,
// since its administrators can set any.
func GitLab(url, clientID, clientSecret string) Config {
	url = strings.TrimSuffix(url, "/")
	c := Config{Name: "gitlab", Issuer: url, ClientID: clientID, ClientSecret: clientSecret}
	if url == "https://gitlab.com" {
		c.preset.trusts = always
	}
	return c
}

// GitHub returns the Config of GitHub, which is not an OpenID provider: the user is read from
// its API. Subject is the number of the account, which stays when its name changes. Email is
// the primary address if GitHub has verified it. For an Enterprise Server set Issuer to its URL
// and /login/oauth. Its addresses are believed only with Config.TrustEmail.
func GitHub(clientID, clientSecret string) Config {
	return Config{
		Name: "github", Issuer: gitHubIssuer, ClientID: clientID, ClientSecret: clientSecret,
		Scopes: []string{"read:user", "user:email"},
		preset: preset{github: true, trusts: func(claims map[string]any, _ string) bool { return claims["iss"] == gitHubIssuer }},
	}
}

func always(map[string]any, string) bool { return true }

// issuerInMetadata returns the issuer that metadata has to name: Config.Issuer, or
// what Microsoft writes for several directories.
func (c *Config) issuerInMetadata() string {
	if !c.preset.tenants {
		return c.Issuer
	}
	for _, several := range []string{"common", "organizations"} {
		if before, ok := strings.CutSuffix(c.Issuer, "/"+several+"/v2.0"); ok {
			return before + "/" + tenantID + "/v2.0"
		}
	}
	return c.Issuer
}

// issuerOf returns the issuer that a user's claims must name. It contains the user's directory
// if there are several.
func (c *Config) issuerOf(m *metadata, claims map[string]any) (issuer string, ok bool) {
	if !strings.Contains(m.issuer, tenantID) {
		return m.issuer, true
	}
	tenant, _ := claims["tid"].(string)
	if !c.admits(tenant) {
		return "", false
	}
	return strings.Replace(m.issuer, tenantID, tenant, 1), true
}

// admits reports whether users of a directory may log in.
func (c *Config) admits(tenant string) bool {
	if !isGUID(tenant) || tenant == personal && strings.HasSuffix(c.Issuer, "/organizations/v2.0") {
		return false
	}
	return c.Tenants == nil || slices.Contains(c.Tenants, tenant)
}
