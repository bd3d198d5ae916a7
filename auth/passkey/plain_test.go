package passkey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/passkey"
)

// keeper has credentials as JSON, by id.
type keeper map[string][]byte

func (k keeper) find(_ context.Context, id []byte) ([]byte, error) { return k[string(id)], nil }

// TestPlain: the party for keepers is the party, and what it keeps is JSON.
func TestPlain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p, d, k := w.party.Plain(), devices()["ES256"], keeper{}

	options, ceremony, err := p.BeginRegistration(ann.Handle, ann.Name, session, nil)
	if err != nil {
		t.Fatal(err)
	}
	id, credential, err := p.FinishRegistration(ceremony, ann.Handle, session, d.creates(options).creation())
	if err != nil || !bytes.Equal(id, d.id) {
		t.Fatalf("id %x: %v", id, err)
	}
	k[string(id)] = credential
	var kept passkey.Credential
	if err := json.Unmarshal(credential, &kept); err != nil || !bytes.Equal(kept.UserHandle, ann.Handle) {
		t.Errorf("kept %+v: %v", kept, err)
	}

	options, ceremony, err = p.BeginLogin()
	if err != nil {
		t.Fatal(err)
	}
	next, verified, regressed, err := p.FinishLogin(t.Context(), ceremony, k.find, d.asserts(options, 5, ann.Handle).assertion())
	if err != nil || !verified || regressed {
		t.Fatalf("login: %v, %v: %v", verified, regressed, err)
	}
	k[string(id)] = next

	options, stepUp, err := p.BeginStepUp(ann.Handle, session, [][]byte{next})
	if err != nil {
		t.Fatal(err)
	}
	good := d.asserts(options, 6, nil).assertion()
	if _, _, _, err := p.FinishLogin(t.Context(), stepUp, k.find, good); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a step-up is a login: %v", err)
	}
	if _, _, regressed, err := p.FinishStepUp(t.Context(), stepUp, session, k.find, d.asserts(options, 5, nil).assertion()); !regressed || !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("the counter went back: %v, %v", regressed, err)
	}
	if _, _, _, err := p.FinishStepUp(t.Context(), stepUp, session, keeper{}.find, good); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a deleted credential: %v", err)
	}
	if _, verified, _, err := p.FinishStepUp(t.Context(), stepUp, session, k.find, good); err != nil || !verified {
		t.Errorf("step-up: %v, %v", verified, err)
	}

	broken := func(context.Context, []byte) ([]byte, error) { return []byte("{"), nil }
	if _, _, _, err := p.FinishStepUp(t.Context(), stepUp, session, broken, good); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("a credential that cannot be read: %v", err)
	}
	if _, _, err := p.BeginStepUp(ann.Handle, session, [][]byte{[]byte("{")}); err == nil {
		t.Error("begun with a credential that cannot be read")
	}
	if _, _, err := p.FinishRegistration([]byte("{}"), ann.Handle, session, nil); err == nil {
		t.Error("finished without a ceremony")
	}
}
