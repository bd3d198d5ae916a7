package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// The cookie of a session is the session's id and a code that authenticates it. The
// prefix keeps other hosts of the domain from setting it (RFC 6265bis section 4.1.3).
const cookieName = "__Host-plinth-session"

// cookieHeader is how a client asks for a cookie instead of tokens. A page of another
// origin cannot send it without being asked about first.
const cookieHeader = "X-Plinth-Session"

// origins returns the origins from which pages may use cookies.
func (c *Config) origins() (*http.CrossOriginProtection, error) {
	out := http.NewCrossOriginProtection()
	for _, text := range append([]string{c.PublicURL, c.SiteURL}, c.CookieOrigins...) {
		if err := out.AddTrustedOrigin(crossorigin.Of(text)); err != nil {
			return nil, fmt.Errorf("accounts: CookieOrigins: %q: %w", text, err)
		}
	}
	return out, nil
}

func (k *keyring) cookie(id store.ID) string {
	return refreshEncoding.EncodeToString(appendCookie(k.cookies[0], id))
}

func appendCookie(key []byte, id store.ID) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(id[:])
	return mac.Sum(append(make([]byte, 0, len(id)+sha256.Size), id[:]...))
}

// readCookie reads a cookie that this application has made.
func (k *keyring) readCookie(value string) (id store.ID, ok bool) {
	if len(value) != refreshEncoding.EncodedLen(len(id)+sha256.Size) {
		return id, false // decoding skips ends of lines
	}
	raw, err := refreshEncoding.DecodeString(value)
	if err != nil || len(raw) != len(id)+sha256.Size {
		return id, false
	}
	copy(id[:], raw)
	for _, key := range k.cookies {
		if hmac.Equal(appendCookie(key, id), raw) {
			return id, true
		}
	}
	return store.ID{}, false
}

// cookieVerifier implements auth.Verifier for cookies. Behind each stands an access
// token that the client never sees: it says what a token of the session would say,
// for as long, and ends as those do.
type cookieVerifier struct{ a *Accounts }

func (v cookieVerifier) Verify(ctx context.Context, value string) (auth.Principal, error) {
	entry, ok := v.a.cookies.get(value, v.a.config.Now())
	if ok {
		if err := v.a.verdict(ctx, &entry); err == nil || !errors.Is(err, auth.ErrInvalid) {
			return entry.principal, err
		}
	}
	// Where the user's rights have changed, the session goes on with those of now.
	token, err := v.a.tokenOfCookie(ctx, value)
	if err != nil {
		return auth.Principal{}, err
	}
	if entry, err = v.a.verifyNew(ctx, token, v.a.cookies, value); err != nil {
		return auth.Principal{}, err
	}
	if v.a.revoked.verdict(&entry) != nil {
		return auth.Principal{}, errRevoked
	}
	return entry.principal, nil
}

// tokenOfCookie makes the access token for a cookie, and records that the session is used.
func (a *Accounts) tokenOfCookie(ctx context.Context, value string) (string, error) {
	id, ok := a.keys.readCookie(value)
	if !ok {
		return "", fmt.Errorf("accounts: the cookie is not valid: %w", auth.ErrInvalid)
	}
	alive := store.And(store.Eq("id", id), a.alive())
	n, err := store.For[session](a.db).PatchWhere(ctx, alive, store.SetTo("refreshed_at", a.now()))
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", errRevoked
	}
	s, err := store.For[session](a.db).Get(ctx, id)
	if err != nil {
		return "", gone(err)
	}
	u, err := store.For[user](a.db).Get(ctx, s.UserID)
	if err != nil {
		return "", gone(err)
	}
	if a.mayEnter(u) != nil {
		return "", errRevoked
	}
	g, err := a.rightsOf(ctx, a.db, u.ID)
	if err != nil {
		return "", err
	}
	token, _, err := a.accessToken(ctx, u, g, s, a.now())
	return token, asVerdict(err)
}

// gone makes a row that is no more the end of the session.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errRevoked
	}
	return err
}

// hasCookie reports whether the request is authenticated by a cookie, if at all.
func (x *exchange) hasCookie() bool {
	scheme, _, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	return x.a.config.Cookies && !strings.EqualFold(scheme, "Bearer") && len(x.r.CookiesNamed(cookieName)) > 0
}

// wantsCookie reports whether a session is returned as a cookie: if the client asks for one, or
// has one, since its scripts must not see tokens.
func (x *exchange) wantsCookie() bool {
	return x.a.config.Cookies && x.r.Header.Get(cookieHeader) == "cookie" || x.hasCookie()
}

// checkOrigin refuses what a page of another origin sends with a cookie, or to get
// one, unless it is safe. It does so for every route, whether or not that looks at
// who calls.
func (x *exchange) checkOrigin() error { return x.checkOriginOf(x.r) }

// checkOriginOfEffect is checkOrigin of a GET that has an effect and is not safe.
func (x *exchange) checkOriginOfEffect() error {
	unsafe := *x.r
	unsafe.Method = http.MethodPost
	return x.checkOriginOf(&unsafe)
}

func (x *exchange) checkOriginOf(r *http.Request) error {
	if x.wantsCookie() && x.a.origins.Check(r) != nil {
		return auth.ErrCrossOrigin
	}
	return nil
}

// cookieView is a session as a client with a cookie sees it.
type cookieView struct {
	TokenType string    `json:"token_type"` // "cookie"
	ExpiresIn int64     `json:"expires_in"` // seconds
	ExpiresAt int64     `json:"expires_at"` // Unix seconds
	User      *userView `json:"user"`

	RecoveryCodes *int64 `json:"recovery_codes_remaining,omitempty"` // behind a login by one
}

// sendCookie answers with the cookie of a session. The client's previous cookie is invalid from
// now on: if it was stolen, it must not gain the new rights.
func (x *exchange) sendCookie(in *issued, v *userView) error {
	s, err := x.rotate(in.session)
	if err != nil {
		return err
	}
	left := s.ExpiresAt.Sub(x.a.now())
	return x.send(http.StatusOK, &cookieView{
		TokenType: "cookie", ExpiresIn: int64(left / time.Second), ExpiresAt: s.ExpiresAt.Unix(), User: v,
		RecoveryCodes: in.recoveryCodes,
	})
}

// rotate sets the cookie of a session. The session that the client has had a cookie
// of ends; if that is s itself another one takes its place, which it returns.
func (x *exchange) rotate(s *session) (*session, error) {
	next := s
	if had, ok := x.cookieSession(); ok {
		err := x.a.db.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if had == s.ID {
				if next, err = store.For[session](tx).Get(ctx, had); err != nil {
					return err
				}
				next.Model, next.Counter = store.Model{}, 1
				if err := store.For[session](tx).Insert(ctx, next); err != nil {
					return err
				}
				if err := x.a.passOn(ctx, tx, s, next); err != nil {
					return err
				}
			}
			return x.a.endIn(ctx, tx, store.Eq("id", had), endedByRotation)
		})
		if err != nil {
			return nil, err
		}
	}
	x.setCookie(x.a.keys.cookie(next.ID), int(next.ExpiresAt.Sub(x.a.now())/time.Second))
	return next, nil
}

// passOn makes the changes that a session has asked for those of the one that takes its
// place, with which they end, see stillAsked.
func (a *Accounts) passOn(ctx context.Context, tx *store.Tx, s, next *session) error {
	for _, kind := range []codeKind{codeEmailOld, codeEmailNew, codePhone} {
		c, err := a.lastCode(ctx, tx, s.UserID, kind)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		var asked mailedCode
		if err := c.read(&asked); err != nil {
			return err
		}
		if asked.Session == nil || *asked.Session != s.ID {
			continue
		}
		asked.Session = &next.ID
		data, err := store.JSONOf(asked)
		if err != nil {
			return err
		}
		if _, err := store.For[code](tx).PatchWhere(ctx, store.Eq("id", c.ID), store.SetTo("data", data)); err != nil {
			return err
		}
	}
	return nil
}

// renewCookie rotates the cookie of a request that has changed what its session may
// do, and that answers with something else than the session.
func (x *exchange) renewCookie(s *session) error {
	if !x.hasCookie() {
		return nil
	}
	_, err := x.rotate(s)
	return err
}

// cookieSession returns the session of the cookie that the request has.
func (x *exchange) cookieSession() (id store.ID, ok bool) {
	if c, err := x.r.Cookie(cookieName); err == nil {
		return x.a.keys.readCookie(c.Value)
	}
	return id, false
}

// setCookie sets the cookie for some seconds; less than 0 removes it.
func (x *exchange) setCookie(value string, seconds int) {
	http.SetCookie(x.w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// dropDeadCookie removes the cookie of an ended session, so that the browser's next requests
// are anonymous.
func (x *exchange) dropDeadCookie(err error) {
	if !x.hasCookie() || errors.Is(err, auth.ErrCrossOrigin) {
		return
	}
	coded, _ := errors.AsType[problem.Coded](err)
	if errors.Is(err, auth.ErrInvalid) || coded != nil && coded.Problem() == problem.AuthSessionNotFound {
		x.setCookie("", -1)
	}
}
