package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
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
	return x.redirectToProvider(nil)
}

// redirectToProvider redirects the browser to the provider in the query, or returns the URL to the client.
func (x loginHandler) redirectToProvider(link *data.Linking) error {
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
		l.Browser = x.setBrowserCookie(at.FormPost)
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

// browserCookie is the cookie of logins. A form that the provider's page posts brings only
// cookies with SameSite=None. Such logins have a cookie of their own, so that the other
// one stays Lax.
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

// setBrowserCookie sets the cookie unless the browser has one, and returns its hash.
func (x loginHandler) setBrowserCookie(formPost bool) []byte {
	c := x.browserCookie(formPost)
	if c.Value = x.browserCookieValue(c.Name); c.Value == "" {
		c.Value = rand.Text()
	}
	http.SetCookie(x.w, c)
	sum := sha256.Sum256([]byte(c.Value))
	return sum[:]
}

// browserCookieValue returns the value of the cookie, empty without a valid one.
func (x loginHandler) browserCookieValue(name string) string {
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
	sum := sha256.Sum256([]byte(x.browserCookieValue(x.browserCookie(l.At.FormPost).Name)))
	return subtle.ConstantTimeCompare(sum[:], l.Browser) == 1
}

// keepsCookie reports whether the browser keeps cookies of the answer and the request comes
// from the application itself: a script of the same origin, or a client that is not a browser.
func (x loginHandler) keepsCookie() bool {
	site := x.r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "" && x.r.Header.Get("Authorization") != ""
}

// callback answers GET and POST /callback/{provider}, to which a provider redirects the
// browser. It spends the state in any case.
func (x loginHandler) callback() error {
	if err := x.noHead(); err != nil {
		return err
	}
	answer, err := x.answer()
	if err != nil {
		return err
	}
	l, err := x.takeLogin(answer)
	if err != nil {
		return err
	}
	if l == nil {
		// The origin of the request is unknown, so it leads to the application only.
		return x.fail(data.Flow{Redirect: x.SiteURL}, problem.AuthBadOAuthState, "The login has expired, was used, or was begun in another browser")
	}
	l.Flow.Redirect = x.Redirect(l.Flow.Redirect) // what is allowed may have changed
	p, err := x.Federation.Provider(l.At.Provider)
	if err != nil {
		return x.mails().failed(l.Flow, err)
	}
	who, tokens, err := p.Finish(x.r.Context(), l.At, answer)
	if err != nil {
		return x.failAt(l.Flow, p, err)
	}
	v, err := federation.ExternalIdentityOf(p, who)
	if err == nil {
		err = x.finishLogin(l, v, tokens)
	}
	if err != nil {
		return x.mails().failed(l.Flow, err)
	}
	return nil
}

// answer returns the parameters of the callback: the query, or the form of a POST.
func (x loginHandler) answer() (url.Values, error) {
	if x.r.Method != http.MethodPost {
		return x.r.URL.Query(), nil
	}
	if media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, &problem.Error{Code: problem.MediaType, Message: "The body must be a form."}
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxBody)
	if err := x.r.ParseForm(); err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge
		}
		return nil, fail.New(problem.AuthValidation, "The form cannot be read")
	}
	return x.r.PostForm, nil
}

// takeLogin consumes the login that an answer belongs to. It is nil unless this browser
// has begun it, at this provider, and it was not used before.
func (x loginHandler) takeLogin(answer url.Values) (*data.Login, error) {
	state := answer["state"]
	if len(state) != 1 {
		return nil, nil
	}
	c, err := x.Codes.UseCode(x.r.Context(), x.DB, codeLogin, state[0])
	if err != nil || c == nil {
		return nil, err
	}
	var sealed data.SealedLogin
	if err := c.Read(&sealed); err != nil {
		return nil, err
	}
	raw, err := x.Keys.Open(data.LoginPlace(state[0]), sealed.Sealed)
	if err != nil {
		return nil, err
	}
	l := new(data.Login)
	if err := json.Unmarshal(raw, l); err != nil {
		return nil, err
	}
	byForm := x.r.Method == http.MethodPost
	if l.At.Provider != x.params["provider"] || l.At.FormPost != byForm || !x.sameBrowser(l) {
		return nil, nil
	}
	return l, nil
}

// finishLogin finishes the flow of a user with a verified identity.
func (x loginHandler) finishLogin(l *data.Login, v *data.ExternalIdentity, tokens auth.ProviderTokens) error {
	ctx, from := x.r.Context(), x.device()
	at := data.FlowResult{Flow: l.Flow}
	var u *data.User
	var err error
	given := data.ProviderResult{Access: tokens.Access, Refresh: tokens.Refresh}
	switch {
	case l.Link == nil:
		u, err = x.Federation.Receive(ctx, v, from)
	case l.Flow.Challenge == "":
		u, err = x.Federation.LinkIdentity(ctx, l.Link, v, from)
	default:
		// The client with the verifier decides. An attacker may have sent the browser here.
		given.Link, given.External = l.Link, v
		u, err = x.SignUps.Linked(ctx, x.DB, l.Link)
	}
	if err != nil {
		return err
	}
	at.How = v.Method()
	if at.Result, err = x.Federation.SealProviderResult(u.ID, &given); err != nil {
		return err
	}
	return x.endFlow(u, at, "", tokens)
}

// failAt ends a login that failed at the provider or by its answer. Texts from outside are
// logged only: anyone can write a URL with one.
func (x loginHandler) failAt(f data.Flow, p federation.Provider, err error) error {
	x.Logger.InfoContext(x.r.Context(), "accounts: a login at a provider has failed", "provider", p.Name(), "error", err)
	if errors.Is(err, auth.ErrInvalid) {
		return x.fail(f, problem.AuthBadOAuthCallback, "The login at the provider did not succeed")
	}
	return x.fail(f, problem.AuthUnexpected, "The provider cannot be reached, or does not accept this application")
}

// enterFrom opens the session of a flow after its client has exchanged the code.
func (x loginHandler) enterFrom(u *data.User, at *data.FlowResult) (*session.Issued, error) {
	ctx, from := x.r.Context(), x.device()
	var e data.ProviderResult
	if at.Result != nil {
		raw, err := x.Keys.Open(federation.ProviderResultPlace(u.ID), at.Result)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
	}
	if e.Link != nil {
		var err error
		if u, err = x.Federation.LinkIdentity(ctx, e.Link, e.External, from); err != nil {
			return nil, err
		}
		by := at.How.Code
		at.How = e.External.Method()
		at.How.Code = by
	}
	in, err := x.Sessions.Enter(ctx, u, at.How, from)
	if err == nil {
		in.Result = e
	}
	return in, err
}
