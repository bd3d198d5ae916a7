package wire

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

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
