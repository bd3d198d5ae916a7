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
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// CookieName is the name of the cookie of a session: the session's id and a code that authenticates it. The
// prefix keeps other hosts of the domain from setting it (RFC 6265bis section 4.1.3).
const CookieName = "__Host-plinth-session"

// cookieHeader is how a client asks for a cookie instead of tokens. A page of another
// origin cannot send it without being asked about first.
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

// checkOrigin refuses what a page of another origin sends with a cookie, or to get
// one, unless it is safe. It does so for every route, whether or not that looks at
// who calls.
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

	RecoveryCodes *int64 `json:"recovery_codes_remaining,omitempty"` // behind a login by one
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

// rotate sets the cookie of a session. The session that the client has had a cookie
// of ends; if that is s itself another one takes its place, which it returns.
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
				if err := account.PassOn(ctx, tx, s, next); err != nil {
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

// renewCookie rotates the cookie of a request that has changed what its session may
// do, and that answers with something else than the session.
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
	coded, _ := errors.AsType[problem.Coded](err)
	if errors.Is(err, auth.ErrInvalid) || coded != nil && coded.Problem() == problem.AuthSessionNotFound {
		x.setCookie("", -1)
	}
}
