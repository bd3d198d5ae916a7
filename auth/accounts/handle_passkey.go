package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// passkeyRoutes register passkeys and log in by them.
var passkeyRoutes = []route{
	{http.MethodPost, "passkeys/registration/options", (*exchange).passkeyRegistration},
	{http.MethodPost, "passkeys/registration/verify", (*exchange).registerPasskey},
	{http.MethodPost, "passkeys/authentication/options", (*exchange).passkeyLogin},
	{http.MethodPost, "passkeys/authentication/verify", (*exchange).loginByPasskey},
	{http.MethodGet, "passkeys", byUser((*exchange).listPasskeys)},
	{http.MethodPatch, "passkeys/{id}", (*exchange).renamePasskey},
	{http.MethodDelete, "passkeys/{id}", (*exchange).deletePasskey},
}

// Ceremonies that are under way. The long form is the challenge's id on the wire, and
// the first answer spends it.
const (
	codePasskeyRegistration codeKind = "passkey_registration"
	codePasskeyLogin        codeKind = "passkey_login"
)

// ceremonyView is a ceremony that was begun.
type ceremonyView struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options"`
	ExpiresAt   int64           `json:"expires_at"` // Unix seconds
}

// sendCeremony keeps a ceremony and answers with its options.
func (x *exchange) sendCeremony(n newCode, options []byte) error {
	n.life, n.long = challengeLife, newChallengeID()
	made, err := x.a.makeCode(x.r.Context(), x.a.db, n)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, ceremonyView{made.long, options, x.a.now().Add(challengeLife).Unix()})
}

// takeCeremony reads what a browser has answered to a ceremony and spends that.
func (x *exchange) takeCeremony(kind codeKind) (kept challenge, response []byte, err error) {
	if x.a.config.Passkeys == nil {
		return kept, nil, errNoPasskeys
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
		return kept, nil, failf(problem.AuthValidation, "challenge_id and credential are required")
	}
	c, err := x.a.useCode(x.r.Context(), x.a.db, kind, id)
	if err != nil {
		return kept, nil, err
	}
	if c == nil {
		return kept, nil, &problem.Error{Code: problem.AuthWebAuthnNoChallenge}
	}
	return kept, body["credential"].Raw(), c.read(&kept)
}

// passkeyRegistration answers POST /passkeys/registration/options.
func (x *exchange) passkeyRegistration() error {
	if x.a.config.Passkeys == nil {
		return errNoPasskeys
	}
	u, s, _, err := x.enrolls()
	if err == nil {
		err = x.drawBegun(u)
	}
	if err != nil {
		return err
	}
	factors, err := x.a.factorsOf(x.r.Context(), x.a.db, u.ID)
	if err != nil {
		return err
	}
	if len(factors) >= maxFactors {
		return &problem.Error{Code: problem.AuthTooManyPasskeys}
	}
	options, ceremony, err := x.a.config.Passkeys.BeginRegistration(u.handle(), subjectOf(u), s.ID.String(), credentials(factors))
	if err != nil {
		return err
	}
	kept := challenge{Session: s.ID, Ceremony: store.JSON(ceremony)}
	return x.sendCeremony(newCode{kind: codePasskeyRegistration, user: &u.ID, data: kept}, options)
}

// registerPasskey answers POST /passkeys/registration/verify. The session stays as it
// is, at level 1 too: the client gets no new one. That it is the user was shown when
// the ceremony began.
func (x *exchange) registerPasskey() error {
	u, s, level, err := x.enroller()
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
	id, credential, err := x.a.config.Passkeys.FinishRegistration([]byte(kept.Ceremony), u.handle(), s.ID.String(), response)
	if err != nil {
		return errPasskey(err)
	}
	f := &factor{UserID: u.ID, Type: factorWebAuthn}
	err = x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		factors, err := x.a.factorsOf(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if err := x.a.mayAdd(ctx, tx, f, level); err != nil {
			return err
		}
		f.FriendlyName = freeName(factors)
		if err := x.a.addFactor(ctx, tx, f); err != nil {
			return err
		}
		if err := x.a.keepCredential(ctx, tx, f, id, credential); err != nil {
			return err
		}
		return x.a.added(ctx, tx, u, s, f)
	})
	if err != nil {
		return credentialTaken(err)
	}
	return x.send(http.StatusOK, viewPasskey(f))
}

// freeName is the name of a passkey until the user gives it another.
func freeName(factors []*factor) string {
	name := "Passkey"
	for n := 2; slices.ContainsFunc(factors, func(f *factor) bool { return f.FriendlyName == name }); n++ {
		name = fmt.Sprintf("Passkey %d", n)
	}
	return name
}

// passkeyLogin answers POST /passkeys/authentication/options, alike for everybody.
func (x *exchange) passkeyLogin() error {
	if x.a.config.Passkeys == nil {
		return errNoPasskeys
	}
	// Each request stores a row.
	if err := x.drawRequest("passkeys"); err != nil {
		return err
	}
	options, ceremony, err := x.a.config.Passkeys.BeginLogin()
	if err != nil {
		return err
	}
	return x.sendCeremony(newCode{kind: codePasskeyLogin, data: challenge{Ceremony: store.JSON(ceremony)}}, options)
}

// loginByPasskey answers POST /passkeys/authentication/verify with a session, at level
// 2 where the authenticator has verified the person: it is something they have, and
// something they know or are.
func (x *exchange) loginByPasskey() error {
	kept, response, err := x.takeCeremony(codePasskeyLogin)
	if err != nil {
		return err
	}
	ctx := x.r.Context()
	finish := func(ctx context.Context, find finder) ([]byte, bool, bool, error) {
		return x.a.config.Passkeys.FinishLogin(ctx, []byte(kept.Ceremony), find, response)
	}
	var u *user
	var s *session
	err = x.a.assert(ctx, finish, func(ctx context.Context, tx *store.Tx, f *factor, verified bool) (err error) {
		if u, err = store.For[user](tx).Get(ctx, f.UserID); err != nil {
			return err
		}
		if err := x.a.mayEnter(u); err != nil {
			return err
		}
		if u.Email != nil && u.EmailConfirmedAt == nil {
			return errNotConfirmed
		}
		how := method{Method: methodPasskey, factor: &f.ID}
		if verified {
			how.aal = 2
		}
		s, err = x.a.enterIn(ctx, tx, u, how, x.device())
		return err
	})
	if err != nil {
		return err
	}
	in, err := x.a.issue(ctx, u, s)
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// passkeyView is a passkey as clients see it.
type passkeyView struct {
	ID           store.ID   `json:"id"`
	FriendlyName string     `json:"friendly_name,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
}

func viewPasskey(f *factor) passkeyView {
	return passkeyView{f.ID, f.FriendlyName, f.CreatedAt, f.LastUsedAt}
}

// ownPasskey returns who makes the request and the passkey of theirs that it names.
func (x *exchange) ownPasskey() (*user, *session, *factor, error) {
	u, s, f, err := x.ownFactor()
	if unknown, ok := errors.AsType[*problem.Error](err); ok && unknown.Code == problem.AuthMFAFactorNotFound || err == nil && f.CredentialID == nil {
		err = &problem.Error{Code: problem.AuthWebAuthnNotFound}
	}
	return u, s, f, err
}

// listPasskeys answers GET /passkeys.
func (x *exchange) listPasskeys(u *user, _ *session) error {
	factors, err := x.a.factorsOf(x.r.Context(), x.a.db, u.ID)
	if err != nil {
		return err
	}
	views := []passkeyView{}
	for _, f := range factors {
		if f.CredentialID != nil {
			views = append(views, viewPasskey(f))
		}
	}
	return x.send(http.StatusOK, views)
}

// renamePasskey answers PATCH /passkeys/{id}.
func (x *exchange) renamePasskey() error {
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
	if err := checkFriendlyName(name); err != nil {
		return err
	}
	err = x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		factors, err := x.a.factorsOf(ctx, tx, f.UserID)
		if err != nil {
			return err
		}
		if err := freeFor(f, name, factors); err != nil {
			return err
		}
		if _, err := store.For[factor](tx).PatchWhere(ctx, store.Eq("id", f.ID), store.SetTo("friendly_name", name)); err != nil {
			return err
		}
		return x.a.record(ctx, tx, &event{Kind: "factor_renamed", UserID: &f.UserID, SessionID: &s.ID}, f.details())
	})
	if err != nil {
		return err
	}
	f.FriendlyName = name
	return x.send(http.StatusOK, viewPasskey(f))
}

// deletePasskey answers DELETE /passkeys/{id}.
func (x *exchange) deletePasskey() error {
	u, s, f, err := x.ownPasskey()
	if err != nil {
		return err
	}
	if err := x.unenrollFactor(u, s, f); err != nil {
		return err
	}
	if err := x.renewCookie(s); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
