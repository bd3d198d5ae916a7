package wire

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// TotpView is what an authenticator app needs, shown once.
type TotpView struct {
	QRCode string `json:"qr_code"` // an SVG image
	Secret string `json:"secret"`  // the same to be typed
	URI    string `json:"uri"`
}

// enrollTOTP answers POST /factors for an authenticator app.
func (x factorHandler) enrollTOTP(u *data.User, s *data.Session, name, issuer string) error {
	if issuer == "" {
		site, err := url.Parse(x.SiteURL)
		if err != nil {
			return err
		}
		issuer = site.Host
	}
	if len(issuer) > factor.MaxIssuer {
		return fail.New(problem.AuthValidation, "issuer must be %d bytes or less", factor.MaxIssuer)
	}
	secret := totp.NewSecret()
	view := TotpView{Secret: totp.EncodeSecret(secret), URI: totp.URI(issuer, throttle.SubjectOf(u), secret)}
	var err error
	if view.QRCode, err = totp.SVG(view.URI); err != nil {
		return err
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorTOTP, FriendlyName: name}
	f.ID = store.NewID()
	f.Sealed = x.Keys.Seal(f.Place(), secret)
	err = x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error { return x.Factors.AddFactor(ctx, tx, f) })
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name, "totp": view})
}

// enrollPhone answers POST /factors for a phone.
func (x factorHandler) enrollPhone(u *data.User, s *data.Session, name, text string) error {
	if x.Outbox.SMS == nil {
		return &problem.Error{Code: problem.AuthMFAPhoneDisabled}
	}
	phone, ok := data.CanonicalPhone(text)
	if !ok {
		return fail.ErrNoPhone
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorPhone, FriendlyName: name, Phone: &phone}
	err := x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		// A factor that was not verified is replaced.
		if err := data.DropWaitingPhone(ctx, tx, u.ID, phone); err != nil {
			return err
		}
		if has, err := data.HasPhone(ctx, tx, u.ID, phone); err != nil || has {
			return fail.OrElse(err, &problem.Error{Code: problem.AuthMFAPhoneExists})
		}
		return x.Factors.AddFactor(ctx, tx, f)
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name, "phone": phone})
}

// challengePhone answers POST /factors/{id}/challenge of a phone: it sends digits, within
// the budgets of messages.
func (x factorHandler) challengePhone(u *data.User, s *data.Session, f *data.Factor) error {
	a := x.Handler
	body, err := x.body()
	if err != nil {
		return err
	}
	channel, err := body.text("channel")
	if err != nil {
		return err
	}
	at := data.Contact{Phone: data.Deref(f.Phone)}
	if err := at.CheckChannel(channel); err != nil {
		return err
	}
	if a.Outbox.SMS == nil || f.Repeats(u, s) {
		return fail.New(problem.AuthMFAPhoneVerify, "MFA verify is disabled for Phone, or the session was started with the same phone number")
	}
	now := a.Now()
	v := ChallengeView{Type: f.Type, ExpiresAt: now.Add(data.ChallengeLife).Unix()}
	err = x.budgets().texting(at.Phone, func() error {
		var wait time.Duration
		err := a.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if wait, err = a.Throttle.MailTurn(ctx, tx, data.CodePhoneFactor, at); err != nil || wait > 0 {
				return err
			}
			v.ID, err = a.Factors.SendChallenge(ctx, tx, s, f, x.locale(u), now)
			return err
		})
		if err == nil && wait > 0 {
			err = throttle.OverMailLimit(at, wait)
		}
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// enrollWebAuthn answers POST /factors for a passkey, which the first challenge makes.
func (x factorHandler) enrollWebAuthn(u *data.User, s *data.Session, name string) error {
	if x.Factors.Passkeys == nil {
		return &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorWebAuthn, FriendlyName: name}
	err := x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error { return x.Factors.AddFactor(ctx, tx, f) })
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name})
}

// recoveryCodeRoutes make and verify recovery codes.
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
