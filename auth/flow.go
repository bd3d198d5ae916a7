package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// MaxFlow is the length of the JSON of a Flow, in bytes.
const MaxFlow = 4 << 10

// Flow is a pending login at a provider. The application stores it as JSON, bound to
// the browser that began the login. Store it in a cookie (__Host-, HttpOnly, Secure),
// or in a database under a name that such a cookie holds. A Flow contains secrets of
// this login, which are never printed. Use it once: delete it before finishing the
// login.
//
// The zero Flow is no login and cannot be finished.
type Flow struct {
	// Provider is the name of the provider that the browser was sent to.
	Provider string `json:"provider"`

	// State is the parameter state of the callback. It can identify the stored Flow if
	// something else binds the Flow to the browser.
	State string `json:"state"`

	// Nonce is the nonce of the ID token. Verifier is the PKCE verifier (RFC 7636).
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`

	// RedirectURI is the URL of the callback. With FormPost the browser posts a form to
	// it from the provider's site, so a SameSite=Lax cookie is not sent.
	RedirectURI string `json:"redirect_uri"`
	FormPost    bool   `json:"form_post,omitempty"`

	// Ends is when the login must be finished, in Unix seconds.
	Ends int64 `json:"ends"`
}

// UnmarshalJSON implements [json.Unmarshaler]. It reads what was written by
// [json.Marshal] and nothing else.
func (f *Flow) UnmarshalJSON(data []byte) error {
	if len(data) > MaxFlow {
		return fmt.Errorf("auth: a flow is longer than %d bytes", MaxFlow)
	}
	type plain Flow
	var read plain
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return errors.New("auth: a flow cannot be read") // the error may quote
	}
	*f = Flow(read)
	return nil
}

// Format prints the provider, for every verb.
func (f Flow) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "auth.Flow(%q)", f.Provider)
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (f Flow) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }
