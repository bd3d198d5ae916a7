package wire

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// sessionRoutes make, show and end sessions.
var sessionRoutes = []route{
	{http.MethodPost, "signup", on(sessionHandler.signup)},
	{http.MethodPost, "token", on(sessionHandler.token)},
	{http.MethodPost, "logout", byUser(sessionHandler.logout)},
	{http.MethodPost, "sso", func(*request) error { return fail.ErrNoSAML }},
	{http.MethodGet, "user", byUser(sessionHandler.getUser)},
	{http.MethodGet, "settings", on(sessionHandler.settings)},
	{http.MethodGet, "health", on(sessionHandler.health)},
	{http.MethodGet, ".well-known/jwks.json", on(sessionHandler.jwks)},
	{http.MethodGet, ".well-known/openid-configuration", on(sessionHandler.metadata)},
	{http.MethodGet, ".well-known/oauth-authorization-server", on(sessionHandler.metadata)},
}

// signup answers POST /signup.
func (x sessionHandler) signup() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("email", "phone", "channel", "password", "code_challenge", "code_challenge_method")
	if err != nil {
		return err
	}
	metadata, err := body.metadata("data")
	if err != nil {
		return err
	}
	switch {
	case in["email"] == "" && in["phone"] == "" && in["password"] == "":
		return x.signupAnonymous(metadata)
	case in["password"] == "":
		return fail.New(problem.AuthValidation, "Signup requires a valid password")
	}
	f, err := x.readFlow(in["code_challenge"], in["code_challenge_method"])
	if err != nil {
		return err
	}
	n := account.NewUser{Password: in["password"], Metadata: metadata, Flow: f, Locale: x.locale(nil)}
	if n.At, err = x.SignUps.ContactOf(in["email"], in["phone"]); err != nil {
		return err
	}
	if err := n.At.CheckChannel(in["channel"]); err != nil {
		return err
	}
	var u *data.User
	var session *session.Issued
	err = x.budgets().texting(x.budgets().toConfirm(n.At.Phone), func() error {
		u, session, err = x.SignUps.SignUp(x.r.Context(), n, x.device())
		return err
	})
	if err != nil {
		return fail.Weak(err)
	}
	if session != nil {
		return x.sendSession(session)
	}
	return x.send(http.StatusOK, viewUser(u, nil))
}

// signupAnonymous makes a user without an account.
func (x sessionHandler) signupAnonymous(metadata store.JSON) error {
	switch {
	case !x.Anonymous:
		return fail.ErrNoAnonymous
	case x.SignUps.DisableSignup:
		return fail.ErrSignupClosed
	}
	u := &data.User{Role: data.Audience, AppMetadata: "{}", UserMetadata: metadata, IsAnonymous: true}
	n, err := x.Sessions.Admit(x.r.Context(), u, "anonymous", x.device())
	if err != nil {
		return err
	}
	if err := x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) error { return x.SignUps.Create(ctx, tx, n) }); err != nil {
		return err
	}
	in, err := x.Sessions.Enter(x.r.Context(), u, data.Method{Method: "anonymous"}, x.device())
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// grants are the handlers of POST /token, by grant_type.
var grants = map[string]func(x *request, body object) (*session.Issued, error){
	"password":      func(x *request, body object) (*session.Issued, error) { return sessionHandler{x}.grantPassword(body) },
	"refresh_token": func(x *request, body object) (*session.Issued, error) { return sessionHandler{x}.grantRefresh(body) },
	"pkce":          func(x *request, body object) (*session.Issued, error) { return x.logins().grantPKCE(body) },
	"id_token":      func(x *request, body object) (*session.Issued, error) { return x.logins().grantIDToken(body) },
	"web3":          func(*request, object) (*session.Issued, error) { return nil, fail.ErrNoWeb3 },
}

// token answers POST /token.
func (x sessionHandler) token() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	query := x.r.URL.Query()
	for name, values := range query {
		if len(values) > 1 { // RFC 6749 section 3.2
			return fail.New(problem.AuthValidation, "The parameter %q must not be repeated", name[:min(len(name), 40)])
		}
	}
	grant, ok := grants[query.Get("grant_type")]
	if !ok {
		return fail.New(problem.AuthValidation, "grant_type is not supported")
	}
	in, err := grant(x.request, body)
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

func (x sessionHandler) grantPassword(body object) (out *session.Issued, err error) {
	in, err := body.texts("email", "phone", "password")
	if err != nil {
		return nil, err
	}
	if in["password"] == "" || in["email"] == "" && in["phone"] == "" {
		return nil, fail.ErrCredentials
	}
	subject, at := in["email"], data.Contact{}
	if in["phone"] == "" {
		at.Email, _ = data.CanonicalEmail(in["email"]) // an invalid address belongs to no account
	} else {
		if at, err = x.SignUps.ContactOf(in["email"], in["phone"]); err != nil {
			return nil, err
		}
		if subject, err = x.Throttle.SubjectAt(x.r.Context(), at); err != nil {
			return nil, err
		}
	}
	var u *data.User
	err = x.budgets().attemptThen(subject, func() error {
		return x.tryLogin(func() (err error) {
			u, err = x.Sessions.ByPassword(x.r.Context(), at, in["password"])
			return err
		})
	}, func() (err error) {
		out, err = x.Sessions.Enter(x.r.Context(), u, data.Method{Method: data.MethodPassword}, x.device())
		return err
	})
	return out, err
}

func (x sessionHandler) grantRefresh(body object) (*session.Issued, error) {
	token, err := body.text("refresh_token")
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, fail.New(problem.AuthValidation, "refresh_token required")
	}
	if _, _, ours := x.Keys.ReadRefresh(token); !ours {
		if err := x.budgets().drawRequest("forged"); err != nil {
			return nil, err
		}
	}
	return x.Sessions.Refresh(x.r.Context(), token)
}

// getUser answers GET /user.
func (x sessionHandler) getUser(u *data.User, _ *data.Session) error {
	v, err := x.view(u)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// logout answers POST /logout: it ends this session, the others of the user, or all.
func (x sessionHandler) logout(_ *data.User, s *data.Session) error {
	which := data.SessionsOf(s.UserID)
	switch scope := x.r.URL.Query().Get("scope"); scope {
	case "", "global":
	case "local":
		which = data.OneSession(s.ID)
	case "others":
		which = data.OtherSessions(s.UserID, s.ID)
	default:
		return fail.New(problem.AuthValidation, "Unsupported logout scope %q", scope[:min(len(scope), 20)])
	}
	if err := x.Sessions.End(x.r.Context(), which, session.EndedBySignOut); err != nil {
		return err
	}
	if x.hasCookie() && x.r.URL.Query().Get("scope") != "others" {
		x.cookies().setCookie("", -1)
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// jwks answers GET /.well-known/jwks.json.
func (x sessionHandler) jwks() error {
	set, err := x.Sessions.Signing.Public(x.r.Context())
	if err != nil {
		return err
	}
	x.w.Header().Set("Cache-Control", "public, max-age=600")
	x.w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = x.w.Write(set) // the client has closed the connection
	return nil
}

// metadata returns the URL of the signing keys, for other services that accept the access
// tokens (OpenID Connect Discovery 1.0, RFC 8414). It announces nothing else, because this server is no
// provider for other applications.
func (x sessionHandler) metadata() error {
	x.w.Header().Set("Cache-Control", "public, max-age=600")
	issuer := x.PublicURL
	return x.send(http.StatusOK, map[string]any{
		"issuer": issuer, "jwks_uri": strings.TrimSuffix(issuer, "/") + "/.well-known/jwks.json",
		"id_token_signing_alg_values_supported": []string{"ES256"}, "subject_types_supported": []string{"public"}, "response_types_supported": []string{},
	})
}

// settings answers GET /settings: what a login page may offer.
func (x sessionHandler) settings() error {
	texts := x.Outbox.SMS != nil
	external := map[string]bool{"email": true, "phone": texts, "anonymous_users": x.Anonymous}
	for _, p := range x.Federation.Providers {
		external[p.Name()] = true
	}
	return x.send(http.StatusOK, map[string]any{
		"external":           external,
		"disable_signup":     x.SignUps.DisableSignup,
		"mailer_autoconfirm": x.Changes.Autoconfirm,
		"phone_autoconfirm":  texts && x.Changes.Autoconfirm, "sms_provider": "", "saml_enabled": false,
	})
}

// health answers GET /health with the name that clients expect.
func (x sessionHandler) health() error {
	return x.send(http.StatusOK, map[string]string{"name": "GoTrue", "version": "plinth", "description": "Plinth accounts"})
}

// deviceRoutes list and end the sessions of a user.
var deviceRoutes = []route{
	{http.MethodGet, "user/sessions", byUser(sessionHandler.listSessions)},
	{http.MethodDelete, "user/sessions/{id}", byUser(sessionHandler.deleteSession)},
}

// maxSessionsListed bounds the list of a user's sessions, newest first.
const maxSessionsListed = 100

// DeviceView is a session as its user sees it.
type DeviceView struct {
	ID          store.ID  `json:"id"`
	CreatedAt   time.Time `json:"created_at"`
	RefreshedAt time.Time `json:"refreshed_at"`
	ExpiresAt   time.Time `json:"expires_at"`
	UserAgent   string    `json:"user_agent"`
	Address     string    `json:"address"`
	AAL         string    `json:"aal"`
	Current     bool      `json:"current"` // it is the request's own
}

// listSessions answers GET /user/sessions.
func (x sessionHandler) listSessions(u *data.User, own *data.Session) error {
	sessions, err := data.ListSessions(x.r.Context(), x.DB, u.ID, x.Sessions.Alive(), maxSessionsListed)
	if err != nil {
		return err
	}
	views := make([]DeviceView, len(sessions))
	for i, s := range sessions {
		views[i] = DeviceView{s.ID, s.CreatedAt, s.RefreshedAt, s.ExpiresAt, s.UserAgent, s.Address, "aal1", s.ID == own.ID}
		if s.AAL > 1 {
			views[i].AAL = "aal2"
		}
	}
	return x.send(http.StatusOK, map[string]any{"sessions": views})
}

// deleteSession answers DELETE /user/sessions/{id}: it signs out one session of the
// caller's.
func (x sessionHandler) deleteSession(u *data.User, _ *data.Session) error {
	id, err := store.ParseID(x.params["id"])
	if err != nil {
		return &problem.Error{Code: problem.AuthNotFound}
	}
	which := data.OwnSession(u.ID, id)
	n, err := data.CountSessions(x.r.Context(), x.DB, which)
	if err != nil {
		return err
	}
	if n == 0 {
		return &problem.Error{Code: problem.AuthNotFound}
	}
	if err := x.Sessions.End(x.r.Context(), which, session.EndedBySignOut); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
