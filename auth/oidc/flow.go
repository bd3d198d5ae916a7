package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// FlowLife is how long a login may take, from [Provider.Begin] to
	// [Provider.Finish].
	FlowLife = 10 * time.Minute

	// maxFlow is the length of the JSON of a Flow.
	maxFlow = 4 << 10
)

// Flow is a login under way. Whoever began it keeps it, as JSON, where only the
// browser that began it leads to it: in a cookie (__Host-, HttpOnly, Secure) or in a
// database under a name that is in such a cookie. It holds secrets of this login,
// and prints none. It is to be used once: forget it before Finish.
//
// The zero Flow is no login, and finishes none.
type Flow struct {
	state flowState
}

type flowState struct {
	Provider    string `json:"provider"`
	State       string `json:"state"`
	Nonce       string `json:"nonce"`
	Verifier    string `json:"verifier"`
	RedirectURI string `json:"redirect_uri"`
	Ends        int64  `json:"ends"`
}

// Provider returns the name of the provider that the browser was sent to.
func (f Flow) Provider() string { return f.state.Provider }

// State returns what comes back as state in the callback: a name to find the Flow by,
// if that is bound to the browser by something else.
func (f Flow) State() string { return f.state.State }

// Ends returns when the login must be finished.
func (f Flow) Ends() time.Time { return time.Unix(f.state.Ends, 0) }

// MarshalJSON implements [json.Marshaler].
func (f Flow) MarshalJSON() ([]byte, error) { return json.Marshal(f.state) }

// UnmarshalJSON implements [json.Unmarshaler]. It reads what MarshalJSON wrote and
// nothing else.
func (f *Flow) UnmarshalJSON(data []byte) error {
	if len(data) > maxFlow {
		return fmt.Errorf("auth/oidc: a flow is longer than %d bytes", maxFlow)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var state flowState
	if err := d.Decode(&state); err != nil {
		return errors.New("auth/oidc: a flow cannot be read") // the error may quote
	}
	f.state = state
	return nil
}

// Format prints the provider, whatever the verb.
func (f Flow) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "oidc.Flow(%q)", f.state.Provider)
}

// LogValue implements [slog.LogValuer] with what Format prints.
func (f Flow) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }

// check refuses a flow of another provider, one that has ended, and one that nobody
// began here.
func (f Flow) check(provider string, now time.Time) error {
	s := f.state
	switch {
	case s.State == "" || s.Verifier == "" || s.Nonce == "" || s.RedirectURI == "":
		return refuse("no login was begun")
	case s.Provider != provider:
		return refuse("the login was begun at another provider")
	case now.After(f.Ends()) || f.Ends().Sub(now) > FlowLife+time.Minute: // clocks differ
		return refuse("the login was begun too long ago")
	}
	return nil
}
