package accounts

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// mailRoutes are the requests that end in a mail or a text message.
var mailRoutes = []route{
	{http.MethodPost, "otp", (*exchange).otp},
	{http.MethodPost, "magiclink", (*exchange).magicLink},
	{http.MethodPost, "recover", (*exchange).recover},
	{http.MethodPost, "resend", (*exchange).resend},
	{http.MethodGet, "reauthenticate", (*exchange).reauthenticate},
}

// asked is a request for a mail or a message.
type asked struct {
	contact
	body object
	flow flow
}

// askedMail reads a request for a mail.
func (x *exchange) askedMail() (in asked, err error) {
	in, err = x.asked()
	if err == nil && in.phone != "" {
		err = errNoEmail
	}
	return in, err
}

// asked reads what every request for a mail or a message has.
func (x *exchange) asked() (in asked, err error) {
	if in.body, err = x.body(); err != nil {
		return in, err
	}
	texts, err := in.body.texts("email", "phone", "channel", "code_challenge", "code_challenge_method")
	if err != nil {
		return in, err
	}
	if in.contact, err = x.a.contactOf(texts["email"], texts["phone"]); err != nil {
		return in, err
	}
	if err := in.checkChannel(texts["channel"]); err != nil {
		return in, err
	}
	in.flow, err = x.readFlow(texts["code_challenge"], texts["code_challenge_method"])
	return in, err
}

// checkChannel refuses a number that is to be reached by anything but a text message.
func (at contact) checkChannel(channel string) error {
	if at.phone != "" && channel != "" && channel != "sms" {
		return errNoChannel
	}
	return nil
}

// otp answers POST /otp: a login by mail or by a message, which makes an account where there is none.
// The account is made when the code comes back, so that asking leaves none behind.
func (x *exchange) otp() error {
	in, err := x.asked()
	if err != nil {
		return err
	}
	create, err := in.body.flag("create_user", true)
	if err != nil {
		return err
	}
	return x.loginByCode(in, create)
}

// magicLink answers POST /magiclink, which older clients send for POST /otp.
func (x *exchange) magicLink() error {
	in, err := x.askedMail()
	if err != nil {
		return err
	}
	return x.loginByCode(in, true)
}

func (x *exchange) loginByCode(in asked, create bool) error {
	metadata, err := in.body.metadata("data")
	if err != nil {
		return err
	}
	create = create && !x.a.config.DisableSignup
	code := mailedCode{Email: in.email, Phone: in.phone, Flow: in.flow, Create: create}
	if create {
		// The account is made when the code comes back, and admitted now.
		n, err := x.a.admit(x.r.Context(), x.a.fresh(newUser{at: in.contact, metadata: metadata}, nil), "otp", x.device())
		if err != nil {
			return err
		}
		code.Metadata, code.AppMetadata = n.UserMetadata, n.AppMetadata
	}
	m := mailing{kind: codeMagicLink, template: MailMagicLink, code: code}
	if in.phone != "" {
		m.kind, m.template = codeSMS, SMSLogin
	}
	return x.mailUnauthenticated(m, func(u *user) bool {
		return u == nil && create || u != nil && x.a.mayEnter(u) == nil
	})
}

// recover answers POST /recover.
func (x *exchange) recover() error {
	in, err := x.askedMail()
	if err != nil {
		return err
	}
	m := mailing{kind: codeReset, template: MailRecovery, code: mailedCode{Email: in.email, Flow: in.flow}}
	return x.mailUnauthenticated(m, func(u *user) bool { return u != nil && x.a.mayEnter(u) == nil })
}

// resend answers POST /resend.
func (x *exchange) resend() error {
	in, err := x.asked()
	if err != nil {
		return err
	}
	what, err := in.body.text("type")
	if err != nil {
		return err
	}
	switch {
	case in.phone != "":
		return x.resendSMS(in, what)
	case what == "signup":
		m := mailing{kind: codeSignup, template: MailConfirmation, code: mailedCode{Email: in.email, Flow: in.flow}}
		return x.mailUnauthenticated(m, func(u *user) bool { return u != nil && u.EmailConfirmedAt == nil && x.a.mayEnter(u) == nil })
	case what == "email_change":
		return x.resendEmailChange(in)
	}
	return errResendType
}

// errResendType is the error for an unknown type of POST /resend.
var errResendType = failf(problem.AuthValidation, "Missing one of these types: signup, email_change, sms, phone_change")

// resendSMS answers POST /resend for messages.
func (x *exchange) resendSMS(in asked, what string) error {
	if what == "phone_change" {
		return x.resendPhoneChange(in)
	}
	if what != "sms" {
		return errResendType
	}
	m := mailing{kind: codeSMSSignup, template: SMSConfirmation, code: mailedCode{Phone: in.phone}}
	return x.mailUnauthenticated(m, func(u *user) bool { return u != nil && u.PhoneConfirmedAt == nil && x.a.mayEnter(u) == nil })
}

// mailUnauthenticated sends a code to an e-mail address or a phone number in an unauthenticated
// request, if may allows it for the user with it (nil without one). The answer is the same
// whether there is an account and whether a code is sent.
func (x *exchange) mailUnauthenticated(m mailing, may func(*user) bool) error {
	at := m.code.at()
	if err := x.a.reaches(at.phone != ""); err != nil {
		return err
	}
	m.id = store.NewID()
	if at.phone != "" {
		m.code.Network = x.device().network()
	}
	return x.mailWithin(at, m.id, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		if wait, err = x.a.mailTurn(ctx, tx, m.kind, at); err != nil || wait > 0 {
			return wait, err
		}
		who, err := x.a.addressee(ctx, tx, at)
		if err != nil {
			return 0, err
		}
		this := m // the function may run again
		this.owner, this.locale = who.id, x.locale(who.user)
		if may(who.user) {
			this.to = at.text()
		}
		return 0, x.a.mailCode(ctx, tx, this)
	})
}

// mailWithin answers a request for mails or for the message with an id, which send queues
// unless the last of them are too young.
func (x *exchange) mailWithin(at contact, id store.ID, send func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error)) error {
	err := x.texting(at.phone, func() error {
		var wait time.Duration
		err := x.a.db.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			wait, err = send(ctx, tx)
			return err
		})
		if err == nil && wait > 0 {
			err = overMailLimit(at, wait)
		}
		return err
	})
	if err != nil {
		return err
	}
	if at.phone == "" {
		return x.send(http.StatusOK, struct{}{})
	}
	return x.send(http.StatusOK, map[string]store.ID{"message_id": id})
}

// reauthenticate answers GET /reauthenticate. It sends digits that PUT /user accepts as the
// user's proof, by mail if possible and by text message otherwise.
func (x *exchange) reauthenticate() error {
	if err := x.checkOriginOfEffect(); err != nil {
		return err
	}
	u, _, err := x.caller()
	switch {
	case err != nil:
		return err
	case x.r.Method == http.MethodHead:
		return nil
	}
	mailed := u.Email != nil && u.EmailConfirmedAt != nil
	texted := u.Phone != nil && u.PhoneConfirmedAt != nil && x.a.config.SMS != nil
	m := mailing{kind: codeReauth, template: MailReauthentication}
	switch {
	case mailed && (x.a.config.Mailer != nil || !texted):
		m.code.Email = *u.Email
	case texted:
		m.template, m.code.Phone = SMSReauthentication, *u.Phone
	default:
		return failf(problem.AuthValidation, "Reauthentication requires the user to have an email or a phone number")
	}
	return x.mailUnauthenticated(m, func(found *user) bool { return found != nil && found.ID == u.ID })
}

// flag returns a member that is true or false; one that is missing or null is absent.
func (o object) flag(name string, absent bool) (bool, error) {
	v, ok := o[name]
	switch {
	case !ok || v.Kind() == strictjson.Null:
		return absent, nil
	case v.Kind() != strictjson.Bool:
		return false, failf(problem.AuthValidation, "%s must be true or false", name)
	}
	return v.Bool(), nil
}
