package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Plain is a [RelyingParty] for keepers that look into nothing: ceremonies and
// credentials are JSON to them, as they store it, and users are their handles. It
// meets the interface of package auth/accounts. It is safe for concurrent use.
type Plain struct {
	party *RelyingParty
}

// Plain returns the party in the form for keepers.
func (p *RelyingParty) Plain() Plain { return Plain{p} }

// BeginRegistration is [RelyingParty.BeginRegistration].
func (p Plain) BeginRegistration(handle []byte, name, session string, credentials [][]byte) (options, ceremony []byte, err error) {
	existing, err := readCredentials(credentials)
	if err != nil {
		return nil, nil, err
	}
	// Browsers may show either name, and some refuse an empty one.
	return begun(p.party.BeginRegistration(User{Handle: handle, Name: name, DisplayName: name}, session, existing))
}

// FinishRegistration is [RelyingParty.FinishRegistration]. id is that of the
// credential.
func (p Plain) FinishRegistration(ceremony, handle []byte, session string, response []byte) (id, credential []byte, err error) {
	var c Ceremony
	if err := json.Unmarshal(ceremony, &c); err != nil {
		return nil, nil, err
	}
	made, err := p.party.FinishRegistration(c, User{Handle: handle}, session, response)
	if err != nil {
		return nil, nil, err
	}
	credential, err = json.Marshal(made)
	return made.ID, credential, err
}

// BeginLogin is [RelyingParty.BeginDiscoverable], bound to no session.
func (p Plain) BeginLogin() (options, ceremony []byte, err error) {
	return begun(p.party.BeginDiscoverable(""))
}

// FinishLogin is [RelyingParty.FinishLogin]. find returns the credential of an id, nil if there
// is none. With an error, regressed says whether the counter was the cause, see [Result], and
// the other results have no meaning.
func (p Plain) FinishLogin(ctx context.Context, ceremony []byte, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error) {
	var c Ceremony
	if err := json.Unmarshal(ceremony, &c); err != nil {
		return nil, false, false, err
	}
	return finished(p.party.FinishLogin(ctx, c, "", lookup(find), response))
}

// BeginStepUp is [RelyingParty.BeginStepUp].
func (p Plain) BeginStepUp(handle []byte, session string, credentials [][]byte) (options, ceremony []byte, err error) {
	existing, err := readCredentials(credentials)
	if err != nil {
		return nil, nil, err
	}
	return begun(p.party.BeginStepUp(User{Handle: handle}, session, existing))
}

// FinishStepUp is [RelyingParty.FinishStepUp], with find and the results of
// [Plain.FinishLogin].
func (p Plain) FinishStepUp(ctx context.Context, ceremony []byte, session string, find func(ctx context.Context, id []byte) ([]byte, error), response []byte) (credential []byte, verified, regressed bool, err error) {
	var c Ceremony
	if err := json.Unmarshal(ceremony, &c); err != nil {
		return nil, false, false, err
	}
	return finished(p.party.FinishStepUp(ctx, c, session, lookup(find), response))
}

// readCredentials decodes credentials of a keeper.
func readCredentials(stored [][]byte) ([]Credential, error) {
	list := make([]Credential, len(stored))
	for i, raw := range stored {
		if err := json.Unmarshal(raw, &list[i]); err != nil {
			return nil, fmt.Errorf("auth/passkey: a stored credential: %w", err)
		}
	}
	return list, nil
}

// lookup makes a Lookup of what a keeper has.
func lookup(find func(ctx context.Context, id []byte) ([]byte, error)) Lookup {
	return func(ctx context.Context, id []byte) (Credential, error) {
		raw, err := find(ctx, id)
		if err != nil {
			return Credential{}, err
		}
		if raw == nil {
			return Credential{}, auth.ErrInvalid
		}
		list, err := readCredentials([][]byte{raw})
		if err != nil {
			return Credential{}, err
		}
		return list[0], nil
	}
}

// begun gives what a Begin returns the form for keepers.
func begun(options json.RawMessage, c Ceremony, err error) ([]byte, []byte, error) {
	if err != nil {
		return nil, nil, err
	}
	ceremony, err := json.Marshal(c)
	return options, ceremony, err
}

// finished gives a Result the form for keepers.
func finished(r Result, err error) (credential []byte, verified, regressed bool, _ error) {
	if err != nil {
		return nil, false, r.CounterRegressed, err
	}
	credential, err = json.Marshal(r.Credential)
	return credential, r.UserVerified, false, err
}
