package wire

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// verifyRoutes take the codes of mails: by clients as JSON, and from the page that
// the links of mails lead to as a form.
var verifyRoutes = []route{
	{http.MethodGet, "verify", on(mailHandler.verifyPage)},
	{http.MethodPost, "verify", on(mailHandler.verifyCode)},
}

// halfAgreed is the answer when one of two addresses has agreed to a change.
const halfAgreed = "Confirmation link accepted. Please proceed to confirm link sent to the other email"

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

// toPhones are the types of verifyTypes with codes that are sent to phones.
var toPhones = map[string]bool{"sms": true, "phone_change": true}

// verified answers a client that brings a code with a session.
func (x mailHandler) verified(p account.Presented) error {
	got, err := x.SignUps.Verify(x.r.Context(), p, x.device())
	if err != nil {
		return err
	}
	if got.User == nil {
		return x.send(http.StatusOK, map[string]string{"msg": halfAgreed, "code": "200"})
	}
	in, err := x.Sessions.Enter(x.r.Context(), got.User, data.Method{Method: data.MailMethods[got.Kind]}, x.device())
	if err != nil {
		return err
	}
	return x.sendSession(in)
}

// verifyForm answers the form of the page: it sends the browser on to the client.
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
		return x.halfWay(f)
	}
	at := data.Arrival{Flow: f, How: data.Method{Method: data.MailMethods[got.Kind]}}
	if err := x.logins().arrive(got.User, at, data.LinkType(got.Kind), auth.ProviderTokens{}); err != nil {
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

// halfWay ends a flow in the browser where one of two addresses has agreed.
func (x mailHandler) halfWay(f data.Flow) error {
	v := url.Values{"message": {halfAgreed}}
	if f.Challenge != "" {
		return x.seeOther(withQuery(f.Redirect, v))
	}
	return x.seeOther(f.Redirect + "#" + v.Encode())
}
