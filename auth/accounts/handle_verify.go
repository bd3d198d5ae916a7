package accounts

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// verifyRoutes take the codes of mails: by clients as JSON, and from the page that
// the links of mails lead to as a form.
var verifyRoutes = []route{
	{http.MethodGet, "verify", (*exchange).verifyPage},
	{http.MethodPost, "verify", (*exchange).verifyCode},
}

// halfAgreed is the answer when one of two addresses has agreed to a change.
const halfAgreed = "Confirmation link accepted. Please proceed to confirm link sent to the other email"

// verifyCode answers POST /verify.
func (x *exchange) verifyCode() error {
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
	kinds := verifyTypes[in["type"]]
	switch {
	case kinds == nil:
		return failf(problem.AuthValidation, "Invalid verification type")
	case in["token_hash"] != "" && (in["email"] != "" || in["phone"] != "" || in["token"] != ""):
		return failf(problem.AuthValidation, "Only the token_hash and type should be provided")
	case in["token_hash"] != "":
		return x.verified(presented{kinds: kinds, token: in["token_hash"]})
	case in["token"] == "":
		return failf(problem.AuthValidation, "Verify requires a token or a token hash")
	}
	at, err := x.a.contactOf(in["email"], in["phone"])
	if err != nil {
		return err
	}
	if (at.phone != "") != toPhones[in["type"]] {
		return failf(problem.AuthValidation, "Invalid verification type")
	}
	subject, err := x.a.subjectAt(x.r.Context(), at)
	if err != nil {
		return err
	}
	return x.attemptSent(subject, at, func() error {
		if !isDigits(in["token"]) {
			return errOTP
		}
		return x.verified(presented{kinds: kinds, at: at, digits: in["token"]})
	})
}

// toPhones are the types of verifyTypes with codes that are sent to phones.
var toPhones = map[string]bool{"sms": true, "phone_change": true}

// verified answers a client that brings a code with a session.
func (x *exchange) verified(p presented) error {
	got, err := x.a.verify(x.r.Context(), p, x.device())
	if err != nil {
		return err
	}
	if got.user == nil {
		return x.send(http.StatusOK, map[string]string{"msg": halfAgreed, "code": "200"})
	}
	in, err := x.a.enter(x.r.Context(), got.user, method{Method: mailMethods[got.kind]}, x.device())
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// verifyForm answers the form of the page: it sends the browser on to the client.
func (x *exchange) verifyForm() error {
	if x.a.sameOrigin.Check(x.r) != nil {
		return auth.ErrCrossOrigin
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxBody)
	if err := x.r.ParseForm(); err != nil {
		return failf(problem.AuthValidation, "The form cannot be read")
	}
	form := x.r.PostForm
	kinds, token := verifyTypes[form.Get("type")], form.Get("token")
	back := flow{Redirect: x.a.config.redirect(form.Get("redirect_to"))}
	if kinds == nil || token == "" {
		return x.fail(back, problem.AuthOTPExpired, errLink)
	}
	got, err := x.a.verify(x.r.Context(), presented{kinds: kinds, token: token}, x.device())
	if err != nil {
		return x.failed(back, err)
	}
	f := got.code.Flow
	f.Redirect = x.a.config.redirect(f.Redirect) // what is allowed may have changed
	if got.user == nil {
		return x.halfWay(f)
	}
	at := arrival{Flow: f, How: method{Method: mailMethods[got.kind]}}
	if err := x.arrive(got.user, at, linkType(got.kind), auth.ProviderTokens{}); err != nil {
		return x.failed(f, err) // a hook may refuse the token
	}
	return nil
}

// errLink is the text for an invalid link.
const errLink = "Email link is invalid or has expired"

// failed ends a flow in the browser with the part of an error that is public.
func (x *exchange) failed(back flow, err error) error {
	if f, ok := errors.AsType[*failure](err); ok && f.code == problem.AuthOTPExpired {
		return x.fail(back, f.code, errLink)
	}
	code, text := problem.AuthText(x.r, err, x.a.config.Logger)
	return x.fail(back, code, text)
}

// halfWay ends a flow in the browser where one of two addresses has agreed.
func (x *exchange) halfWay(f flow) error {
	v := url.Values{"message": {halfAgreed}}
	if f.Challenge != "" {
		return x.seeOther(withQuery(f.Redirect, v))
	}
	return x.seeOther(f.Redirect + "#" + v.Encode())
}
