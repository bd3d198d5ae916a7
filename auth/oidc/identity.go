package oidc

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
)

const (
	maxSubject = 255 // OpenID Connect Core 1.0 section 2
	maxText    = 255
	maxAddress = 254
	maxPicture = 2048
)

// identity reads claims that have been judged.
func (c *Config) identity(issuer string, claims map[string]any) auth.Identity {
	text := func(name string) string {
		value, _ := claims[name].(string)
		return value
	}
	who := auth.Identity{
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

// trusts reports whether the provider is believed for an e-mail address. Only ASCII letters are
// compared without case: some others have an ASCII lower case and belong to other domains.
func (c *Config) trusts(claims map[string]any, email string) bool {
	domain := lower(email[strings.LastIndexByte(email, '@')+1:])
	if c.TrustEmail == nil {
		return c.preset.trusts != nil && c.preset.trusts(claims, domain)
	}
	return slices.ContainsFunc(c.TrustEmail, func(trusted string) bool { return trusted == "*" || lower(trusted) == domain })
}

// lower returns a text with the letters of ASCII in small.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
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
