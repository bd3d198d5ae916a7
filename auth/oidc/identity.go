package oidc

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	maxSubject = 255 // OpenID Connect Core 1.0 section 2
	maxText    = 255
	maxAddress = 254
	maxPicture = 2048
)

// Identity is who somebody is at a provider: Issuer and Subject together, and no other
// field, name the account for good. It prints no more than them.
type Identity struct {
	// Provider is Config.Name.
	Provider string

	// Issuer is who vouches for Subject: Config.Issuer, or with [Microsoft] for
	// several directories that of the user's own.
	Issuer string

	// Subject is the account's name at the Issuer.
	Subject string

	// Email is the address the provider has. Empty if there is none that can be one.
	Email string

	// EmailVerified reports that the provider says it verified the address, and is
	// believed: see Config.TrustEmail.
	EmailVerified bool

	// Name, Picture (an https URL) and Locale are what the user likes to be seen as.
	// Empty if unknown or not plain.
	Name, Picture, Locale string

	// Claims are all that the provider says, numbers as [encoding/json.Number].
	Claims map[string]any
}

// Format prints provider, issuer and subject, whatever the verb.
func (i Identity) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "oidc.Identity(%q %q %q)", i.Provider, i.Issuer, i.Subject)
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (i Identity) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(i)) }

// identity reads claims that have been judged.
func (c *Config) identity(issuer string, claims map[string]any) Identity {
	text := func(name string) string {
		value, _ := claims[name].(string)
		return value
	}
	who := Identity{
		Provider: c.Name, Issuer: issuer, Subject: text("sub"), Claims: claims,
		Name: plainText(text("name")), Locale: plainText(text("locale")), Email: address(text("email")),
	}
	if picture, err := url.Parse(text("picture")); err == nil && picture.Scheme == "https" && picture.Host != "" && len(text("picture")) <= maxPicture {
		who.Picture = picture.String()
	}
	who.EmailVerified = who.Email != "" && c.verified(claims) && c.trusts(claims, who.Email)
	return who
}

// verified reports whether the provider says that it verified the address. Some
// write the boolean as text.
func (c *Config) verified(claims map[string]any) bool {
	if c.preset.verified != nil {
		return c.preset.verified(claims)
	}
	return claims["email_verified"] == true || claims["email_verified"] == "true"
}

// trusts reports whether the provider is believed for an address.
func (c *Config) trusts(claims map[string]any, email string) bool {
	domain := strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
	if c.TrustEmail == nil {
		return c.preset.trusts != nil && c.preset.trusts(claims, domain)
	}
	return slices.ContainsFunc(c.TrustEmail, func(trusted string) bool { return trusted == "*" || strings.EqualFold(trusted, domain) })
}

// plainText returns a text that is fit to be stored and shown, or nothing.
func plainText(text string) string {
	if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

// address returns what can be the address of a mailbox, or nothing.
func address(text string) string {
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") || len(text) > maxAddress {
		return ""
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return ""
	}
	return text
}

// subject returns the sub of claims, which must be a plain text.
func subject(claims map[string]any) (string, error) {
	sub, _ := claims["sub"].(string)
	if sub == "" || len(sub) > maxSubject || strings.ContainsFunc(sub, unicode.IsControl) {
		return "", refuse("sub is missing or not plain")
	}
	return sub, nil
}
