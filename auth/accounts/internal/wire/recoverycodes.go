package wire

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/store"
)

// recoveryCodeRoutes make recovery codes and take them.
var recoveryCodeRoutes = []route{
	{http.MethodGet, "factors/recovery-codes", byUser(factorHandler.countRecoveryCodes)},
	{http.MethodPost, "factors/recovery-codes", byUser(factorHandler.makeRecoveryCodes)},
	{http.MethodDelete, "factors/recovery-codes", byUser(factorHandler.deleteRecoveryCodes)},
	{http.MethodPost, "factors/recovery-codes/verify", byUser(factorHandler.verifyRecoveryCode)},
}

// RecoveryCodesView is the number of recovery codes, and the codes themselves when they are
// made.
type RecoveryCodesView struct {
	Type      data.CodeKind `json:"type"`
	Total     int           `json:"total"` // of a set
	Remaining int64         `json:"remaining"`
	Codes     []string      `json:"codes,omitempty"`
}

// countRecoveryCodes answers GET /factors/recovery-codes.
func (x factorHandler) countRecoveryCodes(u *data.User, _ *data.Session) error {
	left, err := data.RecoveryCodesLeft(x.r.Context(), x.DB, u.ID)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, RecoveryCodesView{Type: data.CodeRecovery, Total: totp.RecoveryCodes, Remaining: left})
}

// mayChangeRecoveryCodes rejects requests below level 2 and too many of them: the audit log has
// each change.
func (x factorHandler) mayChangeRecoveryCodes(u *data.User, s *data.Session) error {
	if err := x.needsAAL2(s); err != nil {
		return err
	}
	return x.budgets().drawBegun(u)
}

// makeRecoveryCodes answers POST /factors/recovery-codes: it makes a set and deletes the
// previous one.
func (x factorHandler) makeRecoveryCodes(u *data.User, s *data.Session) error {
	if err := x.mayChangeRecoveryCodes(u, s); err != nil {
		return err
	}
	v := RecoveryCodesView{Type: data.CodeRecovery, Total: totp.RecoveryCodes, Remaining: totp.RecoveryCodes}
	err := x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) (err error) {
		v.Codes, err = x.Factors.NewRecoveryCodes(ctx, tx, u, s)
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// deleteRecoveryCodes answers DELETE /factors/recovery-codes.
func (x factorHandler) deleteRecoveryCodes(u *data.User, s *data.Session) error {
	if err := x.mayChangeRecoveryCodes(u, s); err != nil {
		return err
	}
	err := x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		if err := data.DeleteCodes(ctx, tx, u.ID, data.CodeRecovery); err != nil {
			return err
		}
		return x.Sessions.Record(ctx, tx, &data.Event{Kind: "recovery_codes_deleted", UserID: &u.ID, SessionID: &s.ID}, nil)
	})
	if err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// verifyRecoveryCode answers POST /factors/recovery-codes/verify with the session at
// level 2.
func (x factorHandler) verifyRecoveryCode(u *data.User, s *data.Session) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	entered, err := body.required("code")
	if err != nil {
		return err
	}
	var in *session.Issued
	err = x.budgets().attempt(throttle.SubjectOf(u), func() (err error) {
		in, err = x.Factors.UseRecoveryCode(x.r.Context(), u, s, entered)
		return err
	})
	if err != nil {
		return err
	}
	return x.sendSession(in)
}
