package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// providerRoutes are the routes of logins at providers.
var providerRoutes = []route{
	{http.MethodGet, "authorize", on(loginHandler.authorize)},
	{http.MethodGet, "callback/{provider}", on(loginHandler.callback)},
	{http.MethodPost, "callback/{provider}", on(loginHandler.callback)},
	{http.MethodGet, "user/identities/authorize", on(loginHandler.authorizeLink)},
	{http.MethodDelete, "user/identities/{identity}", on(loginHandler.unlink)},
}

const (
	// codeLogin is a login in progress at a provider. Its long form is the state parameter.
	codeLogin data.CodeKind = "login"

	loginLife = 10 * time.Minute

	minState = 22 // characters of base64 with 128 bits
)

// authorize answers GET /authorize: it sends the browser to a provider.
func (x loginHandler) authorize() error {
	if err := x.noHead(); err != nil {
		return err
	}
	return x.leave(nil)
}

// leave redirects the browser to the provider in the query, or returns the URL to the client.
func (x loginHandler) leave(link *data.Linking) error {
	q := x.r.URL.Query()
	p, err := x.Federation.Provider(q.Get("provider"))
	if err != nil {
		return err
	}
	f, err := x.readFlow(q.Get("code_challenge"), q.Get("code_challenge_method"))
	if err != nil {
		return err
	}
	if link != nil && f.Challenge == "" && !x.keepsCookie() {
		return fail.New(problem.AuthValidation, "Linking from another origin needs PKCE: send code_challenge (flowType: 'pkce')")
	}
	to, err := x.beginLogin(p, f, link)
	if err != nil {
		return err
	}
	if q.Get("skip_http_redirect") == "true" {
		return x.send(http.StatusOK, map[string]string{"url": to})
	}
	x.w.Header().Set("Referrer-Policy", "no-referrer")
	x.w.Header().Set("Location", to)
	x.w.WriteHeader(http.StatusFound)
	return nil
}

// beginLogin begins a login and binds it to the browser by a cookie. A login that links an
// identity for a client with a verifier is bound by the verifier instead: it has no effect
// before the client exchanges the code, see grantPKCE.
func (x loginHandler) beginLogin(p federation.Provider, f data.Flow, link *data.Linking) (to string, err error) {
	ctx := x.r.Context()
	to, at, err := p.Begin(ctx, x.loginOptions(p))
	if err != nil {
		return "", x.beginError(err)
	}
	if len(at.State) < minState {
		return "", fmt.Errorf("accounts: the provider %s returned a state of less than 128 bits", p.Name())
	}
	l := data.Login{At: at, Flow: f, Link: link}
	if link == nil || f.Challenge == "" {
		l.Browser = x.markBrowser(at.FormPost)
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	sealed := data.SealedLogin{Sealed: x.Keys.Seal(data.LoginPlace(at.State), raw)}
	_, err = x.Codes.MakeCode(ctx, x.DB, code.Spec{Kind: codeLogin, Life: loginLife, Data: sealed, Long: at.State})
	return to, err
}

// passedOn are the parameters that a client may set for a provider.
var passedOn = []string{"access_type", "acr_values", "display", "domain_hint", "hd", "include_granted_scopes", "max_age", "ui_locales"}

// loginOptions reads what the client asks of the provider.
func (x loginHandler) loginOptions(p federation.Provider) auth.LoginOptions {
	q := x.r.URL.Query()
	opts := auth.LoginOptions{
		RedirectURI: x.Federation.CallbackURL(p), Scopes: strings.Fields(q.Get("scopes")),
		LoginHint: q.Get("login_hint"), Prompt: q.Get("prompt"),
	}
	for _, name := range passedOn {
		if value := q.Get(name); value != "" {
			if opts.Params == nil {
				opts.Params = make(map[string]string)
			}
			opts.Params[name] = value
		}
	}
	return opts
}

// beginError separates a provider that is down from a request that it does not support.
func (x loginHandler) beginError(err error) error {
	if errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	x.Logger.InfoContext(x.r.Context(), "accounts: a login was not begun", "error", err)
	return fail.New(problem.AuthValidation, "The provider cannot be asked for that")
}

// noHead refuses HEAD where a GET has an effect.
func (x loginHandler) noHead() error {
	if x.r.Method == http.MethodHead {
		return &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodGet}}
	}
	return nil
}

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
