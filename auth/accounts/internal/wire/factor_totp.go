package wire

import (
	"context"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
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
