package accounts

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// enrollWebAuthn answers POST /factors for a passkey, which the first challenge makes.
func (x *exchange) enrollWebAuthn(u *data.User, s *data.Session, name string) error {
	if x.a.config.Passkeys == nil {
		return &problem.Error{Code: problem.AuthMFAWebAuthnDisabled}
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorWebAuthn, FriendlyName: name}
	err := x.a.sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error { return x.a.factors.AddFactor(ctx, tx, f) })
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name})
}

// webauthnAnswer reads the member webauthn of a body.
func (o object) webauthnAnswer() (answer factor.WebauthnAnswer, err error) {
	for name, value := range o["webauthn"].Members() {
		switch string(name) {
		case "type":
			answer.Typ, _ = value.Text()
		case "credential_response":
			answer.Response = value.Raw()
			if value.Kind() != strictjson.Object {
				return answer, fail.New(problem.AuthValidation, "credential_response must be an object")
			}
		}
	}
	if answer.Typ != factor.CeremonyCreate && answer.Typ != factor.CeremonyRequest || answer.Response == nil {
		return answer, fail.New(problem.AuthValidation, "webauthn must have a type, create or request, and a credential_response")
	}
	return answer, nil
}
