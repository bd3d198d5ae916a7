package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// verifyRoutes accept the codes of mails: as JSON from clients, and as a form from the page
// to which the links lead.
var verifyRoutes = []route{
	{http.MethodGet, "verify", on(mailHandler.verifyPage)},
	{http.MethodPost, "verify", on(mailHandler.verifyCode)},
}

// oneAddressAgreed is the message when one of two e-mail addresses has confirmed a change.
const oneAddressAgreed = "Confirmation link accepted. Please proceed to confirm link sent to the other email"

// verifyCode answers POST /verify.
func (x mailHandler) verifyCode() error {
	if media, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type")); media == "application/x-www-form-urlencoded" {
		return x.verifyForm()
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("type", "token", "token_hash", "email", "phone")
	if err != nil {
		return err
	}
	kinds := account.VerifyTypes[in["type"]]
	switch {
	case kinds == nil:
		return fail.New(problem.AuthValidation, "Invalid verification type")
	case in["token_hash"] != "" && (in["email"] != "" || in["phone"] != "" || in["token"] != ""):
		return fail.New(problem.AuthValidation, "Only the token_hash and type should be provided")
	case in["token_hash"] != "":
		return x.verified(account.Presented{Kinds: kinds, Token: in["token_hash"]})
	case in["token"] == "":
		return fail.New(problem.AuthValidation, "Verify requires a token or a token hash")
	}
	at, err := x.SignUps.ContactOf(in["email"], in["phone"])
	if err != nil {
		return err
	}
	if (at.Phone != "") != toPhones[in["type"]] {
		return fail.New(problem.AuthValidation, "Invalid verification type")
	}
	subject, err := x.Throttle.SubjectAt(x.r.Context(), at)
	if err != nil {
		return err
	}
	return x.budgets().attemptSent(subject, at, func() error {
		if !account.IsDigits(in["token"]) {
			return fail.ErrOTP
		}
		return x.verified(account.Presented{Kinds: kinds, At: at, Digits: in["token"]})
	})
}

// toPhones are the types of [account.VerifyTypes] with codes that are sent to phones.
var toPhones = map[string]bool{"sms": true, "phone_change": true}

// verified answers a code with a session.
func (x mailHandler) verified(p account.Presented) error {
	got, err := x.SignUps.Verify(x.r.Context(), p, x.device())
	if err != nil {
		return err
	}
	if got.User == nil {
		return x.send(http.StatusOK, map[string]string{"msg": oneAddressAgreed, "code": "200"})
	}
	in, err := x.Sessions.Enter(x.r.Context(), got.User, data.Method{Method: data.MailMethods[got.Kind]}, x.device())
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// verifyForm answers the form of the page: it redirects the browser to the client.
func (x mailHandler) verifyForm() error {
	if x.sameOrigin.Check(x.r) != nil {
		return auth.ErrCrossOrigin
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxBody)
	if err := x.r.ParseForm(); err != nil {
		return fail.New(problem.AuthValidation, "The form cannot be read")
	}
	form := x.r.PostForm
	kinds, token := account.VerifyTypes[form.Get("type")], form.Get("token")
	back := data.Flow{Redirect: x.Redirect(form.Get("redirect_to"))}
	if kinds == nil || token == "" {
		return x.logins().fail(back, problem.AuthOTPExpired, errLink)
	}
	got, err := x.SignUps.Verify(x.r.Context(), account.Presented{Kinds: kinds, Token: token}, x.device())
	if err != nil {
		return x.failed(back, err)
	}
	f := got.Code.Flow
	f.Redirect = x.Redirect(f.Redirect) // what is allowed may have changed
	if got.User == nil {
		return x.endFlowHalfAgreed(f)
	}
	at := data.FlowResult{Flow: f, How: data.Method{Method: data.MailMethods[got.Kind]}}
	if err := x.logins().endFlow(got.User, at, data.LinkType(got.Kind), auth.ProviderTokens{}); err != nil {
		return x.failed(f, err) // a hook may refuse the token
	}
	return nil
}

// errLink is the text for an invalid link.
const errLink = "Email link is invalid or has expired"

// failed ends a flow in the browser with the part of an error that is public.
func (x mailHandler) failed(back data.Flow, err error) error {
	if f, ok := errors.AsType[*fail.Failure](err); ok && f.Code == problem.AuthOTPExpired {
		return x.logins().fail(back, f.Code, errLink)
	}
	code, text := problem.AuthText(x.r, err, x.Logger)
	return x.logins().fail(back, code, text)
}

// endFlowHalfAgreed ends a flow in the browser when one of two e-mail addresses has confirmed
// a change.
func (x mailHandler) endFlowHalfAgreed(f data.Flow) error {
	v := url.Values{"message": {oneAddressAgreed}}
	if f.Challenge != "" {
		return x.seeOther(withQuery(f.Redirect, v))
	}
	return x.seeOther(f.Redirect + "#" + v.Encode())
}

// pageTexts are the texts of the page, by the type of its link.
var pageTexts = map[string]struct{ Title, Text, Button string }{
	"signup":       {"Confirm your address", "Confirm that this email address is yours, and go on to", "Confirm"},
	"invite":       {"Accept the invitation", "You have been invited to", "Accept"},
	"magiclink":    {"Sign in", "You are about to sign in to", "Sign in"},
	"email":        {"Sign in", "You are about to sign in to", "Sign in"},
	"recovery":     {"Reset your password", "Go on to choose a new password for", "Continue"},
	"email_change": {"Confirm the new address", "Confirm the change of your email address at", "Confirm"},
}

const pageStyle = `
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;font:1rem/1.5 system-ui,sans-serif;background:#f4f4f5;color:#18181b}
main{background:#fff;border-radius:.75rem;padding:2rem;margin:1rem;max-width:24rem;box-shadow:0 1px 4px rgba(0,0,0,.15)}
h1{font-size:1.25rem;margin:0 0 .5rem}
p{margin:0 0 1.5rem;overflow-wrap:anywhere}
button{width:100%;padding:.75rem;border:0;border-radius:.5rem;font:inherit;font-weight:600;background:#1d4ed8;color:#fff;cursor:pointer}
button:hover{background:#1e40af}
button:focus-visible{outline:3px solid #93c5fd}
small{display:block;margin-top:1rem;color:#52525b}
@media(prefers-color-scheme:dark){body{background:#18181b;color:#f4f4f5}main{background:#27272a}small{color:#a1a1aa}}
`

// page is the page to which a link in a mail leads. Only its button consumes the code, so
// programs that follow links in mails consume nothing.
var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Text}} <strong>{{.Site}}</strong>.</p>
<form method="post" action="{{.Action}}">
<input type="hidden" name="token" value="{{.Token}}">
<input type="hidden" name="type" value="{{.Type}}">
<input type="hidden" name="redirect_to" value="{{.Redirect}}">
<button type="submit">{{.Button}}</button>
</form>
<small>If you did not ask for this, close the page: nothing has happened.</small>
</main>
</body>
</html>
`))

// pageStyleHash lets the page's own style pass its policy.
var pageStyleHash = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// maxLinkToken is the longest token that the page puts into its form.
const maxLinkToken = 256

// verifyPage answers GET /verify. It does not use the database.
func (x mailHandler) verifyPage() error {
	q := x.r.URL.Query()
	kind, token := q.Get("type"), q.Get("token")
	texts, ok := pageTexts[kind]
	if !ok || token == "" || len(token) > maxLinkToken {
		return fail.New(problem.AuthValidation, "Verify requires a token and its type")
	}
	redirect := x.redirectTo()
	var body bytes.Buffer
	err := page.Execute(&body, map[string]any{
		"Title": texts.Title, "Text": texts.Text, "Button": texts.Button, "Style": template.CSS(pageStyle), // a constant
		"Site": hostOf(x.SiteURL), "Action": x.Changes.VerifyURL(), "Token": token, "Type": kind, "Redirect": redirect,
	})
	if err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Robots-Tag", "noindex")
	// The page's URL contains the token, so it is sent to the same origin only. With
	// no-referrer the browser would add "Origin: null" to the form, which looks cross-origin
	// where Sec-Fetch-Site is unknown.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+pageStyleHash+"; base-uri 'none'; frame-ancestors 'none'; form-action "+
		formTargets(x.PublicURL, x.SiteURL, redirect))
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body.Bytes()) // the client has closed the connection
	}
	return nil
}

// formTargets returns the sources of the policy form-action. Browsers also apply it to the
// redirect that answers the form. All are schemes and hosts of configured URLs.
func formTargets(addresses ...string) string {
	targets := []string{"'self'"}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || strings.ContainsAny(u.Host, ";, '\"") {
			continue
		}
		target := u.Scheme + ":"
		if u.Scheme == "https" || u.Scheme == "http" {
			target += "//" + u.Host
		}
		if !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	return strings.Join(targets, " ")
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// newSameOrigin returns the check that forms come from pages of this server.
func newSameOrigin(publicURL string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	return p, p.AddTrustedOrigin(crossorigin.Of(publicURL)) // a proxy may have changed Host
}
