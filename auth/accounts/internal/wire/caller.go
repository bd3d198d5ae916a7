package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// authority returns the authority of an admin's request. Secret keys may do everything. Users
// with the permission may grant their own rights, and change accounts without further rights.
// Otherwise managing accounts would grant every right.
func (x *request) authority() (role.Authority, error) {
	p, err := x.admin()
	if err != nil {
		return role.Authority{}, err
	}
	by := role.Authority{Actor: p.String(), From: x.device()}
	if p.Kind != auth.Service {
		by.Limits = &p
	}
	return by, nil
}

// principal returns the caller of the request. It is anonymous with a publishable key only. A
// token of an ended session has its own error, since clients sign out by it.
func (x *request) principal() (auth.Principal, error) {
	p, err := auth.Authenticate(x.Authenticator, x.r)
	if errors.Is(err, session.ErrRevoked) {
		err = fail.ErrSessionUnknown
	}
	return p, err
}

// caller returns the user who makes the request by their access token, and their
// session, which has to be alive in the database.
func (x *request) caller() (*data.User, *data.Session, error) {
	p, err := x.principal()
	if err != nil {
		return nil, nil, err
	}
	if p.Kind != auth.User {
		return nil, nil, &problem.Error{Code: problem.AuthNoAuthorization}
	}
	ctx := x.r.Context()
	if p.Session == "" {
		return nil, nil, fail.ErrKeyRefused
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return nil, nil, &problem.Error{Code: problem.AuthBadJWT}
	}
	s, err := data.StillOpen(ctx, x.DB, id)
	if err != nil {
		return nil, nil, err
	}
	u, err := data.GetUser(ctx, x.DB, s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &problem.Error{Code: problem.AuthUserNotFound}
	}
	return u, s, err
}

// byUser wraps a handler of users with a session.
func byUser[F family](serve func(F, *data.User, *data.Session) error) func(*request) error {
	return func(x *request) error {
		u, s, err := x.caller()
		if err != nil {
			return err
		}
		return serve(F{x}, u, s)
	}
}

// admin returns the caller of an admin's request. A user needs a session that is alive and must
// have the permission now, not only when the token was signed. A user with a second factor must
// have used it.
func (x *request) admin() (auth.Principal, error) {
	p, err := x.principal()
	switch {
	case err != nil:
		return p, err
	case p.Kind == auth.Anonymous:
		return p, &problem.Error{Code: problem.AuthNoAuthorization}
	case p.Kind == auth.Service:
		return p, nil
	case !p.HasPermission(data.PermissionAdmin):
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	u, s, err := x.caller()
	if err != nil {
		return p, err
	}
	if err := x.factors().needsSecondFactor(u, s); err != nil {
		return p, err
	}
	has, err := data.RightsOf(x.r.Context(), x.DB, u.ID)
	if err != nil {
		return p, err
	}
	p.Roles, p.Permissions = append([]string{u.Role}, has.Roles...), has.Permissions
	if x.Sessions.MayEnter(u) != nil || u.IsAnonymous || !p.HasPermission(data.PermissionAdmin) {
		return p, &problem.Error{Code: problem.AuthNotAdmin}
	}
	return p, nil
}

// byAdmin wraps a handler of an admin's request.
func byAdmin[F family](serve func(F, role.Authority) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		return serve(F{x}, by)
	}
}

// byAdminOf wraps a handler of an admin's request about the user in the path.
func byAdminOf[F family](serve func(x F, by role.Authority, id store.ID) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		id, err := x.id("id")
		if err != nil {
			return err
		}
		return serve(F{x}, by, id)
	}
}

// CookieName is the name of the cookie of a session: the session's id and a code that authenticates it. The
// prefix keeps other hosts of the domain from setting it (RFC 6265bis section 4.1.3).
const CookieName = "__Host-plinth-session"

// cookieHeader is the header by which a client asks for a cookie instead of tokens. A page
// of another origin cannot send it without a CORS preflight.
const cookieHeader = "X-Plinth-Session"

// TrustedOrigins returns the origins of some URLs, from which pages may use cookies.
func TrustedOrigins(urls []string) (*http.CrossOriginProtection, error) {
	out := http.NewCrossOriginProtection()
	for _, text := range urls {
		if err := out.AddTrustedOrigin(crossorigin.Of(text)); err != nil {
			return nil, fmt.Errorf("accounts: CookieOrigins: %q: %w", text, err)
		}
	}
	return out, nil
}

// hasCookie reports whether the request is authenticated by a cookie, if at all.
func (x *request) hasCookie() bool {
	scheme, _, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	return x.Cookies && !strings.EqualFold(scheme, "Bearer") && len(x.r.CookiesNamed(CookieName)) > 0
}

// wantsCookie reports whether a session is returned as a cookie: if the client asks for one, or
// has one, since its scripts must not see tokens.
func (x *request) wantsCookie() bool {
	return x.Cookies && x.r.Header.Get(cookieHeader) == "cookie" || x.hasCookie()
}

// checkOrigin rejects unsafe requests of other origins that have a cookie or ask for one. It
// runs for every route, also for those without authentication.
func (x cookieHandler) checkOrigin() error { return x.checkOriginOf(x.r) }

// checkOriginOfEffect is checkOrigin of a GET that has an effect and is not safe.
func (x cookieHandler) checkOriginOfEffect() error {
	unsafe := *x.r
	unsafe.Method = http.MethodPost
	return x.checkOriginOf(&unsafe)
}

func (x cookieHandler) checkOriginOf(r *http.Request) error {
	if x.wantsCookie() && x.Origins.Check(r) != nil {
		return auth.ErrCrossOrigin
	}
	return nil
}

// cookieView is a session as a client with a cookie sees it.
type cookieView struct {
	TokenType string    `json:"token_type"` // "cookie"
	ExpiresIn int64     `json:"expires_in"` // seconds
	ExpiresAt int64     `json:"expires_at"` // Unix seconds
	User      *UserView `json:"user"`

	RecoveryCodes *int64 `json:"recovery_codes_remaining,omitempty"` // after a login by one
}

// sendCookie answers with the cookie of a session. The client's previous cookie is invalid from
// now on: if it was stolen, it must not gain the new rights.
func (x cookieHandler) sendCookie(in *session.Issued, v *UserView) error {
	s, err := x.rotate(in.Session)
	if err != nil {
		return err
	}
	left := s.ExpiresAt.Sub(x.Now())
	return x.send(http.StatusOK, &cookieView{
		TokenType: "cookie", ExpiresIn: int64(left / time.Second), ExpiresAt: s.ExpiresAt.Unix(), User: v,
		RecoveryCodes: in.RecoveryCodes,
	})
}

// rotate sets the cookie of a session. The session of the client's previous cookie ends. If
// that is s itself, another session replaces it. rotate returns the session of the cookie.
func (x cookieHandler) rotate(s *data.Session) (*data.Session, error) {
	next := s
	if had, ok := x.cookieSession(); ok {
		err := x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if had == s.ID {
				if next, err = data.GetSession(ctx, tx, had); err != nil {
					return err
				}
				next.Model, next.Counter = store.Model{}, 1
				if err := data.Insert(ctx, tx, next); err != nil {
					return err
				}
				if err := account.MoveChanges(ctx, tx, s, next); err != nil {
					return err
				}
			}
			return x.Sessions.EndIn(ctx, tx, data.OneSession(had), session.EndedByRotation)
		})
		if err != nil {
			return nil, err
		}
	}
	x.setCookie(x.Keys.Cookie(next.ID), int(next.ExpiresAt.Sub(x.Now())/time.Second))
	return next, nil
}

// renewCookie rotates the cookie after a change of the session's rights, for answers other
// than the session.
func (x cookieHandler) renewCookie(s *data.Session) error {
	if !x.hasCookie() {
		return nil
	}
	_, err := x.rotate(s)
	return err
}

// cookieSession returns the session of the cookie that the request has.
func (x cookieHandler) cookieSession() (id store.ID, ok bool) {
	if c, err := x.r.Cookie(CookieName); err == nil {
		return x.Keys.ReadCookie(c.Value)
	}
	return id, false
}

// setCookie sets the cookie for some seconds; less than 0 removes it.
func (x cookieHandler) setCookie(value string, seconds int) {
	http.SetCookie(x.w, &http.Cookie{
		Name: CookieName, Value: value, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// dropDeadCookie removes the cookie of an ended session, so that the browser's next requests
// are anonymous.
func (x cookieHandler) dropDeadCookie(err error) {
	if !x.hasCookie() || errors.Is(err, auth.ErrCrossOrigin) {
		return
	}
	if errors.Is(err, auth.ErrInvalid) || problem.Code(err) == problem.AuthSessionNotFound {
		x.setCookie("", -1)
	}
}
