package accounts

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// codeRecovery takes the place of a factor that its owner has lost.
const codeRecovery codeKind = "recovery_code"

// recoveryLife is that of codes on paper.
const recoveryLife = 100 * 365 * 24 * time.Hour

// recoveryCodeRoutes make recovery codes and take them.
var recoveryCodeRoutes = []route{
	{http.MethodGet, "factors/recovery-codes", byUser((*exchange).countRecoveryCodes)},
	{http.MethodPost, "factors/recovery-codes", byUser((*exchange).makeRecoveryCodes)},
	{http.MethodDelete, "factors/recovery-codes", byUser((*exchange).deleteRecoveryCodes)},
	{http.MethodPost, "factors/recovery-codes/verify", byUser((*exchange).verifyRecoveryCode)},
}

// recoveryCodesView is the number of recovery codes, and the codes themselves when they are
// made.
type recoveryCodesView struct {
	Type      codeKind `json:"type"`
	Total     int      `json:"total"` // of a set
	Remaining int64    `json:"remaining"`
	Codes     []string `json:"codes,omitempty"`
}

// countRecoveryCodes answers GET /factors/recovery-codes.
func (x *exchange) countRecoveryCodes(u *user, _ *session) error {
	left, err := x.a.recoveryCodesLeft(x.r.Context(), x.a.db, u.ID)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, recoveryCodesView{Type: codeRecovery, Total: totp.RecoveryCodes, Remaining: left})
}

// mayChangeRecoveryCodes rejects requests below level 2 and too many of them: the audit log has
// each change.
func (x *exchange) mayChangeRecoveryCodes(u *user, s *session) error {
	if err := x.needsAAL2(s); err != nil {
		return err
	}
	return x.drawBegun(u)
}

// makeRecoveryCodes answers POST /factors/recovery-codes: it makes a set and deletes the
// previous one.
func (x *exchange) makeRecoveryCodes(u *user, s *session) error {
	if err := x.mayChangeRecoveryCodes(u, s); err != nil {
		return err
	}
	v := recoveryCodesView{Type: codeRecovery, Total: totp.RecoveryCodes, Remaining: totp.RecoveryCodes}
	err := x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) (err error) {
		v.Codes, err = x.a.newRecoveryCodes(ctx, tx, u, s)
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// newRecoveryCodes gives a user a new set of codes.
func (a *Accounts) newRecoveryCodes(ctx context.Context, tx *store.Tx, u *user, s *session) ([]string, error) {
	factors, err := a.factorsOf(ctx, tx, u.ID)
	if err != nil {
		return nil, err
	}
	if verified(factors) == 0 {
		return nil, failf(problem.AuthMFARecoverySole, "At least one verified factor is required to generate recovery codes")
	}
	if err := a.deleteCodes(ctx, tx, u.ID, codeRecovery); err != nil {
		return nil, err
	}
	codes := totp.NewRecoveryCodes(totp.RecoveryCodes)
	for _, text := range codes {
		long, _ := recoveryForm(text)
		if _, err := a.makeCode(ctx, tx, newCode{kind: codeRecovery, user: &u.ID, life: recoveryLife, long: long}); err != nil {
			return nil, err
		}
	}
	return codes, a.record(ctx, tx, &event{Kind: "recovery_codes_made", UserID: &u.ID, SessionID: &s.ID}, nil)
}

// recoveryForm is a recovery code in the one form that is hashed. It has 120 bits, so
// a plain hash keeps it as it keeps other long codes.
func recoveryForm(entered string) (long string, ok bool) {
	sum, ok := totp.HashRecoveryCode(entered)
	return hex.EncodeToString(sum[:]), ok
}

// recoveryCodesLeft counts the codes that a user can still use.
func (a *Accounts) recoveryCodesLeft(ctx context.Context, s store.Session, id store.ID) (int64, error) {
	return store.For[code](s).Count(ctx, store.And(store.Eq("user_id", id), store.Eq("kind", string(codeRecovery)), store.Null("used_at")))
}

// deleteRecoveryCodes answers DELETE /factors/recovery-codes.
func (x *exchange) deleteRecoveryCodes(u *user, s *session) error {
	if err := x.mayChangeRecoveryCodes(u, s); err != nil {
		return err
	}
	err := x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		if err := x.a.deleteCodes(ctx, tx, u.ID, codeRecovery); err != nil {
			return err
		}
		return x.a.record(ctx, tx, &event{Kind: "recovery_codes_deleted", UserID: &u.ID, SessionID: &s.ID}, nil)
	})
	if err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// verifyRecoveryCode answers POST /factors/recovery-codes/verify with the session at
// level 2.
func (x *exchange) verifyRecoveryCode(u *user, s *session) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	entered, err := body.required("code")
	if err != nil {
		return err
	}
	var in *issued
	err = x.attempt(subjectOf(u), func() (err error) {
		in, err = x.a.useRecoveryCode(x.r.Context(), u, s, entered)
		return err
	})
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// useRecoveryCode raises a session by a recovery code of its user.
func (a *Accounts) useRecoveryCode(ctx context.Context, u *user, s *session, entered string) (*issued, error) {
	long, ok := recoveryForm(entered)
	if !ok {
		return nil, errWrongCode
	}
	var left int64
	err := a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		mine := store.And(store.Eq("user_id", u.ID), store.Eq("hash", hashCode(codeRecovery, long)))
		c, err := a.consume(ctx, tx, codeRecovery, mine)
		if err != nil {
			return err
		}
		if c == nil {
			return errWrongCode
		}
		if left, err = a.recoveryCodesLeft(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := a.raise(ctx, tx, s, methodRecovery, nil); err != nil {
			return err
		}
		return a.record(ctx, tx, &event{Kind: "recovery_code_used", UserID: &u.ID, SessionID: &s.ID}, map[string]any{"remaining": left})
	})
	if err != nil {
		return nil, err
	}
	in, err := a.issue(ctx, u, s)
	if err == nil {
		in.recoveryCodes = &left
	}
	return in, err
}
