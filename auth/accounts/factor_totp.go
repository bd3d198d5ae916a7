package accounts

import (
	"context"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// maxIssuer is the length of the name that an authenticator app shows, in bytes. A QR
// code has no room for much more.
const maxIssuer = 100

// totpView is what an authenticator app needs, shown once.
type totpView struct {
	QRCode string `json:"qr_code"` // an SVG image
	Secret string `json:"secret"`  // the same to be typed
	URI    string `json:"uri"`
}

// enrollTOTP answers POST /factors for an authenticator app.
func (x *exchange) enrollTOTP(u *user, s *session, name, issuer string) error {
	if issuer == "" {
		site, err := url.Parse(x.a.config.SiteURL)
		if err != nil {
			return err
		}
		issuer = site.Host
	}
	if len(issuer) > maxIssuer {
		return failf(problem.AuthValidation, "issuer must be %d bytes or less", maxIssuer)
	}
	secret := totp.NewSecret()
	view := totpView{Secret: totp.EncodeSecret(secret), URI: totp.URI(issuer, subjectOf(u), secret)}
	var err error
	if view.QRCode, err = totp.SVG(view.URI); err != nil {
		return err
	}
	f := &factor{UserID: u.ID, Type: factorTOTP, FriendlyName: name}
	f.ID = store.NewID()
	f.Sealed = x.a.keys.seal(f.place(), secret)
	err = x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error { return x.a.addFactor(ctx, tx, f) })
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name, "totp": view})
}

// place is where the secret of a factor is sealed.
func (f *factor) place() string { return "auth_factors " + f.ID.String() }

// verifyTOTP raises a session by the code of an authenticator app.
func (a *Accounts) verifyTOTP(ctx context.Context, up *stepUp, challenge, entered string) (*issued, error) {
	f := up.factor
	secret, err := a.keys.open(f.place(), f.Sealed)
	if err != nil {
		return nil, err
	}
	c, err := a.findChallenge(ctx, up.session, f, challenge)
	if err != nil {
		return nil, err
	}
	step, ok := totp.Verify(secret, entered, a.now(), f.LastStep)
	if !ok {
		return nil, errWrongTOTP
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The row count decides which of several concurrent requests with the code succeeds.
		n, err := store.For[factor](tx).PatchWhere(ctx, store.And(store.Eq("id", f.ID), store.Compare("last_step", store.OpLt, step)),
			store.SetTo("last_step", step), store.SetTo("last_used_at", a.now()), store.SetTo("status", factorVerified), store.SetTo("waits_until", nil))
		if err != nil {
			return err
		}
		if n != 1 {
			return errWrongTOTP
		}
		if taken, err := a.takeCode(ctx, tx, c); err != nil || !taken {
			return orElse(err, errChallengeExpired)
		}
		return a.proved(ctx, tx, up, methodTOTP)
	})
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, up.user, up.session)
}

// orElse returns the first error there is.
func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
