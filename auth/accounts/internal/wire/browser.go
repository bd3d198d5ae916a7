package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
)

// A login at a provider is bound to the browser that began it. Otherwise an attacker could
// begin one and make a victim's browser finish it, which would then use the attacker's account
// (RFC 9700 section 4.7). The browser has a cookie, and the login stores its hash. One cookie
// serves all logins of a browser while it lives, so that two tabs do not disturb each other.

const browserCookieLength = 26 // of rand.Text

// browserCookie is the cookie of logins. An answer by a form that another site makes
// the browser post comes with cookies only that are SameSite=None; that is one of its
// own, so that the other stays Lax.
func (x loginHandler) browserCookie(formPost bool) *http.Cookie {
	c := &http.Cookie{
		Name: "plinth-login", Path: "/", MaxAge: int(loginLife.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if formPost {
		c.Name, c.SameSite = c.Name+"-post", http.SameSiteNoneMode
	}
	if strings.HasPrefix(x.PublicURL, "https:") {
		c.Name, c.Secure = "__Host-"+c.Name, true
	}
	return c
}

// markBrowser gives the browser its cookie, or keeps the one it has, and returns the
// hash.
func (x loginHandler) markBrowser(formPost bool) []byte {
	c := x.browserCookie(formPost)
	if c.Value = x.browserMark(c.Name); c.Value == "" {
		c.Value = rand.Text()
	}
	http.SetCookie(x.w, c)
	sum := sha256.Sum256([]byte(c.Value))
	return sum[:]
}

// browserMark is the value of the browser's cookie, empty where there is none that we
// have made.
func (x loginHandler) browserMark(name string) string {
	cookies := x.r.CookiesNamed(name)
	if len(cookies) != 1 || len(cookies[0].Value) != browserCookieLength {
		return ""
	}
	return cookies[0].Value
}

// sameBrowser reports whether the browser has begun a login.
func (x loginHandler) sameBrowser(l *data.Login) bool {
	if l.Browser == nil {
		return l.Link != nil && l.Flow.Challenge != ""
	}
	sum := sha256.Sum256([]byte(x.browserMark(x.browserCookie(l.At.FormPost).Name)))
	return subtle.ConstantTimeCompare(sum[:], l.Browser) == 1
}

// keepsCookie reports whether the browser keeps cookies of the answer and the request comes
// from the application itself: a script of the same origin, or a client that is not a browser.
func (x loginHandler) keepsCookie() bool {
	site := x.r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "" && x.r.Header.Get("Authorization") != ""
}
