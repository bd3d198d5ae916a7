package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// mailRoutes send mails and text messages.
var mailRoutes = []route{
	{http.MethodPost, "otp", on(mailHandler.otp)},
	{http.MethodPost, "magiclink", on(mailHandler.magicLink)},
	{http.MethodPost, "recover", on(mailHandler.recover)},
	{http.MethodPost, "resend", on(mailHandler.resend)},
	{http.MethodGet, "reauthenticate", on(mailHandler.reauthenticate)},
}

// mailRequest is a request for a mail or a text message.
type mailRequest struct {
	data.Contact
	body object
	flow data.Flow
}

// askedMail reads a request for a mail.
func (x mailHandler) askedMail() (in mailRequest, err error) {
	in, err = x.asked()
	if err == nil && in.Phone != "" {
		err = fail.ErrNoEmail
	}
	return in, err
}

// asked reads the members that all requests for a mail or a message have.
func (x mailHandler) asked() (in mailRequest, err error) {
	if in.body, err = x.body(); err != nil {
		return in, err
	}
	texts, err := in.body.texts("email", "phone", "channel", "code_challenge", "code_challenge_method")
	if err != nil {
		return in, err
	}
	if in.Contact, err = x.SignUps.ContactOf(texts["email"], texts["phone"]); err != nil {
		return in, err
	}
	if err := in.CheckChannel(texts["channel"]); err != nil {
		return in, err
	}
	in.flow, err = x.readFlow(texts["code_challenge"], texts["code_challenge_method"])
	return in, err
}

// otp answers POST /otp: a login by mail or by message. It may make an account,
// but only when the code comes back, so the request leaves no account behind.
func (x mailHandler) otp() error {
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
func (x mailHandler) magicLink() error {
	in, err := x.askedMail()
	if err != nil {
		return err
	}
	return x.loginByCode(in, true)
}

func (x mailHandler) loginByCode(in mailRequest, create bool) error {
	metadata, err := in.body.metadata("data")
	if err != nil {
		return err
	}
	create = create && !x.SignUps.DisableSignup
	code := data.MailedCode{Email: in.Email, Phone: in.Phone, Flow: in.flow, Create: create}
	if create {
		// The hook runs now; the account is made when the code comes back.
		n, err := x.Sessions.Admit(x.r.Context(), x.SignUps.NewUserOf(account.NewUser{At: in.Contact, Metadata: metadata}, nil), "otp", x.device())
		if err != nil {
			return err
		}
		code.Metadata, code.AppMetadata = n.UserMetadata, n.AppMetadata
	}
	m := account.Mailing{Kind: data.CodeMagicLink, Template: outbox.MailMagicLink, Code: code}
	if in.Phone != "" {
		m.Kind, m.Template = data.CodeSMS, outbox.SMSLogin
	}
	return x.mailUnauthenticated(m, func(u *data.User) bool {
		return u == nil && create || u != nil && x.Sessions.MayEnter(u) == nil
	})
}

// recover answers POST /recover.
func (x mailHandler) recover() error {
	in, err := x.askedMail()
	if err != nil {
		return err
	}
	m := account.Mailing{Kind: data.CodeReset, Template: outbox.MailRecovery, Code: data.MailedCode{Email: in.Email, Flow: in.flow}}
	return x.mailUnauthenticated(m, func(u *data.User) bool { return u != nil && x.Sessions.MayEnter(u) == nil })
}

// resend answers POST /resend.
func (x mailHandler) resend() error {
	in, err := x.asked()
	if err != nil {
		return err
	}
	what, err := in.body.text("type")
	if err != nil {
		return err
	}
	switch {
	case in.Phone != "":
		return x.resendSMS(in, what)
	case what == "signup":
		m := account.Mailing{Kind: data.CodeSignup, Template: outbox.MailConfirmation, Code: data.MailedCode{Email: in.Email, Flow: in.flow}}
		return x.mailUnauthenticated(m, func(u *data.User) bool {
			return u != nil && u.EmailConfirmedAt == nil && x.Sessions.MayEnter(u) == nil
		})
	case what == "email_change":
		return x.resendEmailChange(in)
	}
	return errResendType
}

// errResendType is the error for an unknown type of POST /resend.
var errResendType = fail.New(problem.AuthValidation, "Missing one of these types: signup, email_change, sms, phone_change")

// resendSMS answers POST /resend for messages.
func (x mailHandler) resendSMS(in mailRequest, what string) error {
	if what == "phone_change" {
		return x.resendPhoneChange(in)
	}
	if what != "sms" {
		return errResendType
	}
	m := account.Mailing{Kind: data.CodeSMSSignup, Template: outbox.SMSConfirmation, Code: data.MailedCode{Phone: in.Phone}}
	return x.mailUnauthenticated(m, func(u *data.User) bool {
		return u != nil && u.PhoneConfirmedAt == nil && x.Sessions.MayEnter(u) == nil
	})
}

// mailUnauthenticated sends a code to an e-mail address or a phone number in an unauthenticated
// request, if may allows it for the user with it (nil without one). The answer is the same
// whether there is an account and whether a code is sent.
func (x mailHandler) mailUnauthenticated(m account.Mailing, may func(*data.User) bool) error {
	at := m.Code.At()
	if err := x.Outbox.Reaches(at.Phone != ""); err != nil {
		return err
	}
	id := store.NewID()
	m.Queued = &id
	if at.Phone != "" {
		m.Code.Network = x.device().Network()
	}
	return x.mailWithin(at, &id, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		if wait, err = x.Throttle.MailTurn(ctx, tx, m.Kind, at); err != nil || wait > 0 {
			return wait, err
		}
		who, err := x.Changes.Addressee(ctx, tx, at)
		if err != nil {
			return 0, err
		}
		this := m // the transaction may run again
		this.Owner, this.Locale = who.ID, x.locale(who.User)
		if may(who.User) {
			this.To = at.Text()
		}
		return 0, x.Changes.MailCode(ctx, tx, this)
	})
}

// mailWithin answers a request for mails, or for a message with the id that send sets. send queues them
// unless the last ones are too recent.
func (x mailHandler) mailWithin(at data.Contact, id *store.ID, send func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error)) error {
	err := x.budgets().texting(at.Phone, func() error {
		var wait time.Duration
		err := x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			wait, err = send(ctx, tx)
			return err
		})
		if err == nil && wait > 0 {
			err = throttle.OverMailLimit(at, wait)
		}
		return err
	})
	if err != nil {
		return err
	}
	if at.Phone == "" {
		return x.send(http.StatusOK, struct{}{})
	}
	return x.send(http.StatusOK, map[string]store.ID{"message_id": *id})
}

// reauthenticate answers GET /reauthenticate. It sends digits that PUT /user accepts as the
// user's proof, by mail if possible and by text message otherwise.
func (x mailHandler) reauthenticate() error {
	if err := x.cookies().checkOriginOfEffect(); err != nil {
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
	texted := u.Phone != nil && u.PhoneConfirmedAt != nil && x.Outbox.SMS != nil
	m := account.Mailing{Kind: data.CodeReauth, Template: outbox.MailReauthentication}
	switch {
	case mailed && (x.Outbox.Mailer != nil || !texted):
		m.Code.Email = *u.Email
	case texted:
		m.Template, m.Code.Phone = outbox.SMSReauthentication, *u.Phone
	default:
		return fail.New(problem.AuthValidation, "Reauthentication requires the user to have an email or a phone number")
	}
	return x.mailUnauthenticated(m, func(found *data.User) bool { return found != nil && found.ID == u.ID })
}

// resendEmailChange mails the e-mail addresses of a change again. The request names the
// present e-mail address.
func (x mailHandler) resendEmailChange(in mailRequest) error {
	a := x.Handler
	if a.Outbox.Mailer == nil {
		return fail.ErrNoMailer
	}
	return x.mailWithin(in.Contact, nil, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := data.ByEmail(ctx, tx, in.Email)
		if err != nil {
			return 0, err
		}
		if u == nil || u.NewEmail == nil || a.Sessions.MayEnter(u) != nil {
			return a.Throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodeEmailOld, data.CodeEmailNew)
		if err != nil {
			return 0, err
		}
		still, err := account.RequesterAlive(ctx, tx, &asked)
		if err == nil && still {
			still, err = a.Changes.AgreementHolds(ctx, tx, u)
		}
		switch {
		case err != nil:
			return 0, err
		case !still:
			return a.Throttle.MailTurnOf(ctx, tx, data.CodeEmailOld, in.Email)
		}
		asked.Flow = in.flow
		return a.Changes.MailEmailChange(ctx, tx, u, asked, x.locale(u))
	})
}

// resendPhoneChange sends the code of a change again. The request names the present or the
// new phone number.
func (x mailHandler) resendPhoneChange(in mailRequest) error {
	a, ctx := x.Handler, x.r.Context()
	to := in.Contact
	u, err := data.ChangerOf(ctx, a.DB, in.Contact)
	if err != nil {
		return err
	}
	if u != nil {
		to.Phone = *u.NewPhone // which gets the message
	}
	id := store.NewID()
	return x.mailWithin(to, &id, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := data.ChangerOf(ctx, tx, in.Contact)
		if err != nil {
			return 0, err
		}
		if u == nil || *u.NewPhone != to.Phone || a.Sessions.MayEnter(u) != nil {
			return a.Throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		asked, err := account.LastChange(ctx, tx, u, data.CodePhone)
		if err != nil {
			return 0, err
		}
		switch still, err := account.RequesterAlive(ctx, tx, &asked); {
		case err != nil:
			return 0, err
		case !still:
			return a.Throttle.MailTurn(ctx, tx, data.CodePhone, to)
		}
		return a.Changes.SendPhoneChange(ctx, tx, u, account.Mailing{Queued: &id, Locale: x.locale(u), Code: asked})
	})
}
