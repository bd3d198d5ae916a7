package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Lookup finds a credential of any user by its id. An [auth.ErrInvalid] means that there is
// none. Any other error means that it could not be read.
type Lookup func(ctx context.Context, credentialID []byte) (Credential, error)

// Result is what an assertion proved.
type Result struct {
	// Credential is what to store in place of what [Lookup] found: counter, backup
	// state and time of use are of this assertion. Its UserHandle says who the user
	// is.
	Credential Credential

	// UserVerified says whether the authenticator verified the user this time. Without it an
	// assertion proves possession only, which is one factor.
	UserVerified bool

	// CounterRegressed says that the counter did not go forward, as it happens when
	// an authenticator was copied (section 6.1.1). It comes with a refusal, and the
	// stored counter is kept: report it, and have the user remove the credential.
	CounterRegressed bool
}

// BeginLogin begins a login of a known user, after another factor was verified. session
// identifies the unfinished login, for example the browser's cookie, and must be the same at
// the end. An empty session binds the ceremony to none. The options are for
// navigator.credentials.get.
func (p *RelyingParty) BeginLogin(user User, session string, credentials []Credential) (options json.RawMessage, ceremony Ceremony, err error) {
	return p.beginAssertion(login, user, session, credentials)
}

// BeginDiscoverable begins a login in which the authenticator names the user. session is as
// with [RelyingParty.BeginLogin].
func (p *RelyingParty) BeginDiscoverable(session string) (options json.RawMessage, ceremony Ceremony, err error) {
	ceremony = p.begin(discoverable, nil, session, nil)
	options, err = p.requestOptions(ceremony, nil)
	return options, ceremony, err
}

// BeginStepUp begins an assertion by the user of a session, which is required.
func (p *RelyingParty) BeginStepUp(user User, session string, credentials []Credential) (options json.RawMessage, ceremony Ceremony, err error) {
	if err := checkSession(session); err != nil {
		return nil, Ceremony{}, err
	}
	return p.beginAssertion(stepUp, user, session, credentials)
}

func (p *RelyingParty) beginAssertion(k kind, user User, session string, credentials []Credential) (json.RawMessage, Ceremony, error) {
	if err := errors.Join(user.check(), checkCredentials(credentials)); err != nil {
		return nil, Ceremony{}, err
	}
	if len(credentials) == 0 {
		return nil, Ceremony{}, errors.New("auth/passkey: the user has no credential")
	}
	ceremony := p.begin(k, user.Handle, session, credentials)
	options, err := p.requestOptions(ceremony, credentials)
	return options, ceremony, err
}

// FinishLogin verifies the response of a login, discoverable or not (section 7.2).
// The ceremony must have been consumed before; see the package. With an error the
// Result is zero unless CounterRegressed is set.
func (p *RelyingParty) FinishLogin(ctx context.Context, ceremony Ceremony, session string, lookup Lookup, response []byte) (Result, error) {
	if err := p.check(ceremony, session, login, discoverable); err != nil {
		return Result{}, err
	}
	return p.finishAssertion(ctx, ceremony, lookup, response)
}

// FinishStepUp is [RelyingParty.FinishLogin] for a step-up.
func (p *RelyingParty) FinishStepUp(ctx context.Context, ceremony Ceremony, session string, lookup Lookup, response []byte) (Result, error) {
	if err := p.check(ceremony, session, stepUp); err != nil {
		return Result{}, err
	}
	return p.finishAssertion(ctx, ceremony, lookup, response)
}

func (p *RelyingParty) finishAssertion(ctx context.Context, ceremony Ceremony, lookup Lookup, response []byte) (Result, error) {
	parsed, err := parseAssertion(response)
	if err != nil {
		return Result{}, refused("response", err)
	}
	if err := p.checkClientData(parsed.Raw.AssertionResponse.ClientDataJSON, protocol.AssertCeremony, ceremony.challenge()); err != nil {
		return Result{}, refused("client data", err)
	}
	handle, err := ceremony.signer(parsed)
	if err != nil {
		return Result{}, err
	}
	stored, err := find(ctx, lookup, parsed.RawID, handle)
	if err != nil {
		return Result{}, err
	}
	seen, err := p.library.ValidateLogin(owner{handle, &stored}, ceremony.session(handle, stored.ID), parsed)
	if err != nil {
		return Result{}, refused("assertion", err)
	}
	if seen.Authenticator.CloneWarning {
		return Result{Credential: stored, CounterRegressed: true}, refuse("the counter did not go forward")
	}
	stored.SignCount = seen.Authenticator.SignCount
	stored.BackedUp = seen.Flags.BackupState
	stored.LastUsedAt = p.now()
	return Result{Credential: stored, UserVerified: parsed.Response.AuthenticatorData.Flags.HasUserVerified()}, nil
}

// signer returns the handle of the user that the response is to be of.
func (c Ceremony) signer(parsed *protocol.ParsedCredentialAssertionData) ([]byte, error) {
	sent := parsed.Response.UserHandle
	if c.state.Kind == discoverable {
		if len(sent) == 0 || len(sent) > MaxHandle {
			return nil, refuse("no user handle")
		}
		return sent, nil
	}
	if len(sent) != 0 && !bytes.Equal(sent, c.state.User) {
		return nil, refuse("user handle of another user")
	}
	if !slices.ContainsFunc(c.state.Credentials, func(id []byte) bool { return bytes.Equal(id, parsed.RawID) }) {
		return nil, refuse("credential that was not asked for")
	}
	return c.state.User, nil
}

// find looks a credential up and makes sure that it is the one, and the user's.
func find(ctx context.Context, lookup Lookup, id, handle []byte) (Credential, error) {
	stored, err := lookup(ctx, id)
	switch {
	case errors.Is(err, auth.ErrInvalid):
		return Credential{}, refuse("unknown credential")
	case err != nil:
		return Credential{}, fmt.Errorf("auth/passkey: looking up a credential: %w: %w", auth.ErrUnavailable, err)
	case !bytes.Equal(stored.ID, id):
		return Credential{}, refuse("credential of another id")
	case !bytes.Equal(stored.UserHandle, handle):
		return Credential{}, refuse("credential of another user")
	}
	algorithm, err := checkKey(stored.PublicKey)
	if err != nil {
		return Credential{}, refused("stored key", err)
	}
	if algorithm != stored.Algorithm {
		return Credential{}, refuse("stored key of another algorithm")
	}
	return stored, nil
}
