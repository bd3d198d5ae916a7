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
// at level 1, see assurance.
func (ss *Sessions) Raise(ctx context.Context, tx *store.Tx, s *data.Session, how string, by *store.ID) error {
	sessions := store.For[data.Session](tx)
	fresh, err := sessions.Get(ctx, s.ID)
	if err != nil {
		return err
	}
	now := ss.Now()
	methods, err := fresh.WithMethod(data.Method{Method: how, Timestamp: now.Unix()})
	if err != nil {
		return err
	}
	n, err := sessions.PatchWhere(ctx, store.And(store.Eq("id", s.ID), store.Null("ended_at"), store.Eq("counter", fresh.Counter)),
		store.SetTo("aal", 2), store.SetTo("factor_id", by), store.SetTo("methods", methods),
		store.SetTo("counter", fresh.Counter+2), store.SetTo("refreshed_at", now))
	if err != nil {
		return err
	}
	if n != 1 {
		return fail.ErrSessionUnknown // it has ended since it was read
	}
	s.AAL, s.FactorID, s.Methods, s.Counter, s.RefreshedAt = 2, by, methods, fresh.Counter+2, now
	return nil
}
