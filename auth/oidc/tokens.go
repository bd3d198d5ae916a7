package oidc

import (
	"fmt"
	"log/slog"
	"time"
)

// Tokens are what a provider gives besides the identity. They open the user's account
// there: they never print themselves, and JSON leaves them out.
type Tokens struct {
	// Access is for the provider's APIs, until Expiry if that is not zero.
	Access string    `json:"-"`
	Expiry time.Time `json:"-"`

	// Refresh gets another one. Empty unless the provider was asked for it.
	Refresh string `json:"-"`

	// ID is the ID token as it came: the id_token_hint of a logout.
	ID string `json:"-"`
}

// Format prints which tokens there are, whatever the verb.
func (t Tokens) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "oidc.Tokens(access %t, refresh %t, id %t)", t.Access != "", t.Refresh != "", t.ID != "")
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }
