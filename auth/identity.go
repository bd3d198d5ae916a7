package auth

import (
	"fmt"
	"log/slog"
	"time"
)

// Identity is the verified result of a login at a provider. Issuer and Subject together
// identify the account permanently; no other field does. Only Provider, Issuer and
// Subject are printed.
type Identity struct {
	// Provider is what this application calls the provider.
	Provider string

	// Issuer is the authority that issues Subject. Most providers have one issuer;
	// some have one for each of their customers.
	Issuer string

	// Subject is the account's name at the Issuer.
	Subject string

	// Email is the address the provider has. Empty if there is none that can be one.
	Email string

	// EmailVerified reports that the provider says it verified the address, and is
	// believed for it.
	EmailVerified bool

	// Name, Picture (an https URL) and Locale are what the user likes to be seen as.
	// Empty if unknown or not plain.
	Name, Picture, Locale string

	// Claims are all that the provider says, numbers as [encoding/json.Number].
	Claims map[string]any
}

// Format prints provider, issuer and subject, for every verb.
func (i Identity) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "auth.Identity(%q %q %q)", i.Provider, i.Issuer, i.Subject)
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (i Identity) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(i)) }

// ProviderTokens are what a provider gives besides the identity. They open the user's
// account there: they never print themselves, and JSON leaves them out.
type ProviderTokens struct {
	// Access is for the provider's APIs, until Expiry if that is not zero.
	Access string    `json:"-"`
	Expiry time.Time `json:"-"`

	// Refresh gets another one. Empty unless the provider was asked for it.
	Refresh string `json:"-"`

	// ID is the ID token as it came: the id_token_hint of a logout.
	ID string `json:"-"`
}

// Format prints which tokens are present, for every verb.
func (t ProviderTokens) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "auth.ProviderTokens(access %t, refresh %t, id %t)", t.Access != "", t.Refresh != "", t.ID != "")
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (t ProviderTokens) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }
