package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// passkeyRoutes register passkeys and log in by them.
var passkeyRoutes = []route{
	{http.MethodPost, "passkeys/registration/options", on(passkeyHandler.passkeyRegistration)},
	{http.MethodPost, "passkeys/registration/verify", on(passkeyHandler.registerPasskey)},
	{http.MethodPost, "passkeys/authentication/options", on(passkeyHandler.passkeyLogin)},
	{http.MethodPost, "passkeys/authentication/verify", on(passkeyHandler.loginByPasskey)},
	{http.MethodGet, "passkeys", byUser(passkeyHandler.listPasskeys)},
	{http.MethodPatch, "passkeys/{id}", on(passkeyHandler.renamePasskey)},
	{http.MethodDelete, "passkeys/{id}", on(passkeyHandler.deletePasskey)},
}

const (
	codePasskeyRegistration data.CodeKind = "passkey_registration"
)

// CeremonyView is a ceremony in progress.
type CeremonyView struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options"`
	ExpiresAt   int64           `json:"expires_at"` // Unix seconds
}

// sendCeremony stores a ceremony and answers with its options.
func (x passkeyHandler) sendCeremony(n code.Spec, options []byte) error {
	n.Life, n.Long = data.ChallengeLife, code.NewChallengeID()
	made, err := x.Codes.MakeCode(x.r.Context(), x.DB, n)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, CeremonyView{made.Long, options, x.Now().Add(data.ChallengeLife).Unix()})
}

// takeCeremony reads the browser's response to a ceremony and consumes the ceremony.
func (x passkeyHandler) takeCeremony(kind data.CodeKind) (kept data.Challenge, response []byte, err error) {
	if x.Factors.Passkeys == nil {
		return kept, nil, fail.ErrNoPasskeys
	}
	body, err := x.body()
	if err != nil {
		return kept, nil, err
	}
	id, err := body.text("challenge_id")
	if err != nil {
		return kept, nil, err
	}
	if id == "" || body["credential"].Kind() != strictjson.Object {
		return kept, nil, fail.New(problem.AuthValidation, "challenge_id and credential are required")
	}
	c, err := x.Codes.UseCode(x.r.Context(), x.DB, kind, id)
	if err != nil {
		return kept, nil, err
	}
	if c == nil {
		return kept, nil, &problem.Error{Code: problem.AuthWebAuthnNoChallenge}
	}
	return kept, body["credential"].Raw(), c.Read(&kept)
}

// passkeyRegistration answers POST /passkeys/registration/options.
func (x passkeyHandler) passkeyRegistration() error {
	if x.Factors.Passkeys == nil {
		return fail.ErrNoPasskeys
	}
	u, s, _, err := x.factors().enrolls()
	if err == nil {
		err = x.budgets().drawBegun(u)
	}
	if err != nil {
		return err
	}
	factors, err := data.FactorsOf(x.r.Context(), x.DB, u.ID)
	if err != nil {
		return err
	}
	if len(factors) >= factor.MaxFactors {
		return &problem.Error{Code: problem.AuthTooManyPasskeys}
	}
	options, ceremony, err := x.Factors.Passkeys.BeginRegistration(u.Handle(), throttle.SubjectOf(u), s.ID.String(), data.Credentials(factors))
	if err != nil {
		return err
	}
	kept := data.Challenge{Session: s.ID, Ceremony: store.JSON(ceremony)}
	return x.sendCeremony(code.Spec{Kind: codePasskeyRegistration, User: &u.ID, Data: kept}, options)
}

// registerPasskey answers POST /passkeys/registration/verify. The session keeps its level,
// and the client gets no new one. The user was verified when the ceremony began.
func (x passkeyHandler) registerPasskey() error {
	u, s, level, err := x.factors().enroller()
	if err != nil {
		return err
	}
	kept, response, err := x.takeCeremony(codePasskeyRegistration)
	if err != nil {
		return err
	}
	if kept.Session != s.ID {
		return &problem.Error{Code: problem.AuthWebAuthnNoChallenge}
	}
	id, credential, err := x.Factors.Passkeys.FinishRegistration([]byte(kept.Ceremony), u.Handle(), s.ID.String(), response)
	if err != nil {
		return factor.ErrPasskey(err)
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorWebAuthn}
	err = x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		factors, err := data.FactorsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if err := factor.MayAdd(ctx, tx, f, level); err != nil {
			return err
		}
		f.FriendlyName = freeName(factors)
		if err := x.Factors.AddFactor(ctx, tx, f); err != nil {
			return err
		}
		if err := x.Factors.KeepCredential(ctx, tx, f, id, credential); err != nil {
			return err
		}
		return x.Factors.Added(ctx, tx, u, s, f)
	})
	if err != nil {
		return factor.CredentialTaken(err)
	}
	return x.send(http.StatusOK, viewPasskey(f))
}

// freeName is the name of a passkey until the user gives it another.
func freeName(factors []*data.Factor) string {
	name := "Passkey"
	for n := 2; slices.ContainsFunc(factors, func(f *data.Factor) bool { return f.FriendlyName == name }); n++ {
		name = fmt.Sprintf("Passkey %d", n)
	}
	return name
}

// passkeyLogin answers POST /passkeys/authentication/options, with the same options for all
// clients.
func (x passkeyHandler) passkeyLogin() error {
	if x.Factors.Passkeys == nil {
		return fail.ErrNoPasskeys
	}
	// Each request stores a row.
	if err := x.budgets().drawRequest("passkeys"); err != nil {
		return err
	}
	options, ceremony, err := x.Factors.Passkeys.BeginLogin()
	if err != nil {
		return err
	}
	return x.sendCeremony(code.Spec{Kind: data.CodePasskeyLogin, Data: data.Challenge{Ceremony: store.JSON(ceremony)}}, options)
}

// loginByPasskey answers POST /passkeys/authentication/verify with a session. It is at level 2
// if the authenticator has verified the user, which makes two factors.
func (x passkeyHandler) loginByPasskey() error {
	kept, response, err := x.takeCeremony(data.CodePasskeyLogin)
	if err != nil {
		return err
	}
	ctx := x.r.Context()
	finish := func(ctx context.Context, find factor.Finder) ([]byte, bool, bool, error) {
		return x.Factors.Passkeys.FinishLogin(ctx, []byte(kept.Ceremony), find, response)
	}
	var u *data.User
	var s *data.Session
	err = x.Factors.Assert(ctx, finish, func(ctx context.Context, tx *store.Tx, f *data.Factor, verified bool) (err error) {
		if u, err = data.GetUser(ctx, tx, f.UserID); err != nil {
			return err
		}
		if err := x.Sessions.MayEnter(u); err != nil {
			return err
		}
		if u.Email != nil && u.EmailConfirmedAt == nil {
			return fail.ErrNotConfirmed
		}
		how := data.Method{Method: factor.MethodPasskey, Factor: &f.ID}
		if verified {
			how.AAL = 2
		}
		s, err = x.Sessions.EnterIn(ctx, tx, u, how, x.device())
		return err
	})
	if err != nil {
		return err
	}
	in, err := x.Sessions.Issue(ctx, u, s)
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// PasskeyView is a passkey as clients see it.
type PasskeyView struct {
	ID           store.ID   `json:"id"`
	FriendlyName string     `json:"friendly_name,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
}

func viewPasskey(f *data.Factor) PasskeyView {
	return PasskeyView{f.ID, f.FriendlyName, f.CreatedAt, f.LastUsedAt}
}

// ownPasskey returns the user, the session and the passkey in the path, which is the user's.
func (x passkeyHandler) ownPasskey() (*data.User, *data.Session, *data.Factor, error) {
	u, s, f, err := x.factors().ownFactor()
	if unknown, ok := errors.AsType[*problem.Error](err); ok && unknown.Code == problem.AuthMFAFactorNotFound || err == nil && f.CredentialID == nil {
		err = &problem.Error{Code: problem.AuthWebAuthnNotFound}
	}
	return u, s, f, err
}

// listPasskeys answers GET /passkeys.
func (x passkeyHandler) listPasskeys(u *data.User, _ *data.Session) error {
	factors, err := data.FactorsOf(x.r.Context(), x.DB, u.ID)
	if err != nil {
		return err
	}
	views := []PasskeyView{}
	for _, f := range factors {
		if f.CredentialID != nil {
			views = append(views, viewPasskey(f))
		}
	}
	return x.send(http.StatusOK, views)
}

// renamePasskey answers PATCH /passkeys/{id}.
func (x passkeyHandler) renamePasskey() error {
	_, s, f, err := x.ownPasskey()
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	name, err := body.required("friendly_name")
	if err != nil {
		return err
	}
	if err := factor.CheckFriendlyName(name); err != nil {
		return err
	}
	err = x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		factors, err := data.FactorsOf(ctx, tx, f.UserID)
		if err != nil {
			return err
		}
		if err := factor.FreeFor(f, name, factors); err != nil {
			return err
		}
		if err := data.RenameFactor(ctx, tx, f.ID, name); err != nil {
			return err
		}
		return x.Sessions.Record(ctx, tx, &data.Event{Kind: "factor_renamed", UserID: &f.UserID, SessionID: &s.ID}, f.Details())
	})
	if err != nil {
		return err
	}
	f.FriendlyName = name
	return x.send(http.StatusOK, viewPasskey(f))
}

// deletePasskey answers DELETE /passkeys/{id}.
func (x passkeyHandler) deletePasskey() error {
	u, s, f, err := x.ownPasskey()
	if err != nil {
		return err
	}
	if err := x.factors().unenrollFactor(u, s, f); err != nil {
		return err
	}
	if err := x.cookies().renewCookie(s); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
