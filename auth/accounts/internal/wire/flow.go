package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// readFlow reads the PKCE challenge and the redirect URL of a flow.
func (x *request) readFlow(challenge, method string) (data.Flow, error) {
	f := data.Flow{Challenge: challenge, Method: method, Redirect: x.redirectTo(), Cookie: x.wantsCookie()}
	if challenge == "" {
		if method != "" {
			return f, fail.New(problem.AuthValidation, "code_challenge_method needs code_challenge")
		}
		return f, nil
	}
	switch f.Method {
	case "S256":
		f.Method = "s256"
	case "", "s256", "plain":
	default:
		return f, fail.New(problem.AuthValidation, "code_challenge_method must be s256 or plain")
	}
	if !data.Unreserved(challenge) {
		return f, fail.New(problem.AuthValidation, "code_challenge must be 43 to 128 letters, digits, '-', '.', '_' or '~'")
	}
	return f, nil
}

// endFlow redirects the browser to the client: with a code if the client has a verifier, and
// with the session otherwise.
func (x loginHandler) endFlow(u *data.User, at data.FlowResult, kind string, given auth.ProviderTokens) error {
	f := at.Flow
	if f.Challenge == "" {
		return x.endFlowImplicit(u, at, kind, given)
	}
	s, err := x.Codes.MakeCode(x.r.Context(), x.DB, code.Spec{Kind: data.CodeFlow, User: &u.ID, Life: data.FlowLife, Data: at})
	if err != nil {
		return err
	}
	return x.seeOther(withQuery(f.Redirect, url.Values{"code": {s.Long}}))
}

// endFlowImplicit ends a flow of a client without a verifier: with the tokens in the
// fragment, or with a cookie and no token.
func (x loginHandler) endFlowImplicit(u *data.User, at data.FlowResult, kind string, given auth.ProviderTokens) error {
	in, err := x.Sessions.Enter(x.r.Context(), u, at.How, x.device())
	if err != nil {
		return err
	}
	v := url.Values{}
	if x.Cookies && at.Flow.Cookie || x.hasCookie() {
		s, err := x.cookies().rotate(in.Session)
		if err != nil {
			return err
		}
		v.Set("token_type", "cookie")
		v.Set("expires_at", strconv.FormatInt(s.ExpiresAt.Unix(), 10))
	} else {
		v = url.Values{
			"access_token": {in.Access}, "refresh_token": {in.Refresh}, "token_type": {"bearer"},
			"expires_in": {strconv.FormatInt(int64(in.Life/time.Second), 10)}, "expires_at": {strconv.FormatInt(in.Expires.Unix(), 10)},
		}
		setUnlessEmpty(v, "provider_token", given.Access)
		setUnlessEmpty(v, "provider_refresh_token", given.Refresh)
	}
	setUnlessEmpty(v, "type", kind)
	return x.seeOther(at.Flow.Redirect + "#" + v.Encode())
}

func setUnlessEmpty(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

// fail ends a failed flow in the browser. The error is in the query, and for older clients
// in the fragment.
func (x loginHandler) fail(f data.Flow, code, text string) error {
	kind := "access_denied" // RFC 6749 section 4.1.2.1
	if problem.Status(code, true) >= http.StatusInternalServerError {
		kind = "server_error"
	}
	v := url.Values{"error": {kind}, "error_code": {code}, "error_description": {text}}
	return x.seeOther(withQuery(f.Redirect, v) + "#" + v.Encode())
}

// withQuery adds parameters to an allowed URL.
func withQuery(address string, v url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // allowed URLs parse
	}
	q := u.Query()
	for name, values := range v {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// seeOther sends the browser on with a GET (RFC 9110 section 15.4.4).
func (x *request) seeOther(address string) error {
	h := x.w.Header()
	h.Set("Location", address)
	h.Set("Referrer-Policy", "no-referrer")
	x.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// grantPKCE exchanges the code of a flow for a session.
func (x loginHandler) grantPKCE(body object) (*session.Issued, error) {
	in, err := body.texts("auth_code", "code_verifier")
	if err != nil {
		return nil, err
	}
	if in["auth_code"] == "" || in["code_verifier"] == "" {
		return nil, fail.New(problem.AuthValidation, "invalid request: both auth code and code verifier should be non-empty")
	}
	// A wrong verifier consumes the code too, because the client is not its owner.
	c, err := x.Codes.UseCode(x.r.Context(), x.DB, data.CodeFlow, in["auth_code"])
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fail.OrElse(x.Sessions.EndReplayed(x.r.Context(), in["auth_code"]), fail.ErrNoFlow)
	}
	var at data.FlowResult
	if err := c.Read(&at); err != nil {
		return nil, err
	}
	if !at.Flow.Verifies(in["code_verifier"]) {
		return nil, &problem.Error{Code: problem.AuthBadCodeVerifier}
	}
	u, err := data.GetUser(x.r.Context(), x.DB, *c.UserID)
	if err != nil {
		return nil, err
	}
	if err := x.Sessions.MayEnter(u); err != nil {
		return nil, err
	}
	at.How.Code = &c.ID
	return x.enterFrom(u, &at)
}

// redirectTo returns the final URL of a flow: the requested one if Config.RedirectURLs allow
// it, and Config.SiteURL otherwise. It uses no header of the request.
func (x *request) redirectTo() string {
	return x.Redirect(x.r.URL.Query().Get("redirect_to"))
}

// Redirect returns a URL if flows may lead to it, and SiteURL otherwise.
func (h *Handler) Redirect(asked string) string {
	if asked != "" && h.allowsRedirect(asked) {
		return asked
	}
	return h.SiteURL
}

// allowsRedirect reports whether a flow may lead to a URL. URLs are compared as text, because
// browsers and parsers differ. Ambiguous ones are rejected first (RFC 9700 section 4.1).
func (h *Handler) allowsRedirect(asked string) bool {
	if !PlainURL(asked) {
		return false
	}
	for _, allowed := range append([]string{h.SiteURL}, h.RedirectURLs...) {
		prefix, wild := strings.CutSuffix(allowed, "/*")
		if asked == allowed || wild && (asked == prefix || strings.HasPrefix(asked, prefix+"/")) {
			return true
		}
	}
	return false
}

// maxRedirect is the length of the longest redirect URL, in bytes.
const maxRedirect = 2048

// PlainURL reports whether a URL is absolute and unambiguous: no user, no backslash, no
// control character, no ".." in its path. It has no fragment, because tokens are put there.
func PlainURL(text string) bool {
	if len(text) > maxRedirect {
		return false
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '\\' || c == '#' {
			return false
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.User != nil || u.Scheme == "javascript" || u.Scheme == "data" {
		return false
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host == "" {
		return false
	}
	path, err := url.PathUnescape(u.EscapedPath())
	if err != nil {
		return false
	}
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == ';' || r == '\\' }) {
		if segment == ".." || segment == "." {
			return false
		}
	}
	return !strings.ContainsAny(path, "\\\r\n\x00")
}

// authorizeLink answers GET /user/identities/authorize: the user links an identity of a
// provider.
func (x loginHandler) authorizeLink() error {
	if err := x.noHead(); err != nil {
		return err
	}
	u, s, err := x.linker(x.nonce())
	if err == nil {
		err = x.budgets().drawBegun(u)
	}
	if err != nil {
		return err
	}
	return x.redirectToProvider(&data.Linking{User: u.ID, Session: s.ID})
}

// nonce returns the digits of GET /reauthenticate in the query of a request without a body.
// They are valid once, so they may appear in logs of URLs. A password is not accepted there.
func (x loginHandler) nonce() map[string]string {
	return map[string]string{"nonce": x.r.URL.Query().Get("nonce")}
}

// linker returns the user who may link and unlink identities, if that is enabled. A user with
// a second factor needs level 2. Without one the request may have to prove the user's
// identity, see proveSelf, since an identity outlasts the session.
func (x loginHandler) linker(in map[string]string) (*data.User, *data.Session, error) {
	u, s, err := x.caller()
	if err != nil {
		return nil, nil, err
	}
	if !x.ManualLinking {
		return nil, nil, &problem.Error{Code: problem.AuthLinkingDisabled}
	}
	if err := x.Sessions.MayEnter(u); err != nil {
		return nil, nil, err
	}
	if err := x.factors().needsSecondFactor(u, s); err != nil {
		return nil, nil, err
	}
	level, err := x.factors().assurance(s)
	if err == nil && level < 2 {
		err = x.users().proveSelf(u, s, in)
	}
	return u, s, err
}

// unlink answers DELETE /user/identities/{identity}.
func (x loginHandler) unlink() error {
	_, s, err := x.linker(x.nonce())
	if err != nil {
		return err
	}
	id, err := store.ParseID(x.params["identity"])
	if err != nil {
		return &problem.Error{Code: problem.AuthIdentityNotFound}
	}
	if err := x.Federation.UnlinkIdentity(x.r.Context(), s, id, x.device()); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}

// grantIDToken exchanges an ID token, which an app got from a provider by itself, for a
// session, or links it to the account of the caller.
func (x loginHandler) grantIDToken(body object) (*session.Issued, error) {
	in, err := body.texts("provider", "id_token", "access_token", "nonce", "current_password")
	if err != nil {
		return nil, err
	}
	linked, err := body.flag("link_identity", false)
	if err != nil {
		return nil, err
	}
	v, err := x.judgeIDToken(in)
	if err != nil {
		return nil, err
	}
	if err := x.budgets().drawMany("providers", netaddr.Name(x.address())); err != nil {
		return nil, err // a valid token can be sent any number of times
	}
	ctx, from := x.r.Context(), x.device()
	u, err := x.receiveOrLink(ctx, v, linked, in["current_password"])
	if err != nil {
		return nil, err
	}
	return x.Sessions.Enter(ctx, u, v.Method(), from)
}

// judgeIDToken verifies an ID token by the provider's keys.
func (x loginHandler) judgeIDToken(in map[string]string) (*data.ExternalIdentity, error) {
	if in["id_token"] == "" || in["provider"] == "" {
		return nil, fail.New(problem.AuthValidation, "provider and id_token are required")
	}
	p, err := x.Federation.Provider(in["provider"])
	if err != nil {
		return nil, err
	}
	judge, ok := p.(federation.IDTokenVerifier)
	if !ok {
		return nil, fail.New(problem.AuthValidation, "The provider has no ID tokens")
	}
	who, err := judge.VerifyIDToken(x.r.Context(), in["id_token"], auth.IDTokenOptions{Nonce: in["nonce"], AccessToken: in["access_token"]})
	if errors.Is(err, auth.ErrInvalid) {
		x.Logger.InfoContext(x.r.Context(), "accounts: an ID token was rejected", "provider", p.Name(), "error", err)
		return nil, fail.New(problem.AuthInvalidCredentials, "Bad ID token")
	}
	if err != nil {
		return nil, err
	}
	return federation.ExternalIdentityOf(p, who)
}

// receiveOrLink finds the account of a verified identity, or links it to the caller's. The nonce
// of the request belongs to the ID token, so only a password can prove the user.
func (x loginHandler) receiveOrLink(ctx context.Context, v *data.ExternalIdentity, linked bool, entered string) (*data.User, error) {
	if !linked {
		return x.Federation.Receive(ctx, v, x.device())
	}
	u, s, err := x.linker(map[string]string{"current_password": entered})
	if err != nil {
		return nil, err
	}
	return x.Federation.LinkIdentity(ctx, &data.Linking{User: u.ID, Session: s.ID}, v, x.device())
}
