package session

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// Methods of a second factor, as in the claim amr.
const (
	MethodTOTP     = "totp"
	MethodWebAuthn = "mfa/webauthn"
	MethodRecovery = "mfa/recovery_code"
)

// Raise brings a session to level 2 and rotates it. Its counter moves by two, so the refresh
// token of level 1 does not return the next one within the grace. Previous access tokens stay
// at level 1.
func (ss *Sessions) Raise(ctx context.Context, tx *store.Tx, s *data.Session, how string, by *store.ID) error {
	fresh, err := data.GetSession(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	now := ss.Now()
	methods, err := fresh.WithMethod(data.Method{Method: how, Timestamp: now.Unix()})
	if err != nil {
		return err
	}
	raised := *s
	raised.AAL, raised.FactorID, raised.Methods, raised.Counter, raised.RefreshedAt = 2, by, methods, fresh.Counter+2, now
	if done, err := data.RaiseSession(ctx, tx, &raised, fresh.Counter); err != nil || !done {
		return fail.OrElse(err, fail.ErrSessionUnknown) // it has ended since it was read
	}
	*s = raised
	return nil
}
