package wire

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// admitChange runs BeforeSignUp for a change by which an anonymous user gets an account. As
// with a sign-up the change has an e-mail address or a phone number, not both: a decision about
// both would hold when only one of them is confirmed.
func (x userHandler) admitChange(u *data.User, c *account.UserChange) (err error) {
	if !u.IsAnonymous || c.Email == "" && c.Phone == "" {
		return nil
	}
	if c.Email != "" && c.Phone != "" {
		return fail.ErrBothContacts
	}
	guest, how := *u, "otp"
	if c.Email != "" {
		guest.Email = &c.Email
	}
	if c.Phone != "" {
		guest.Phone = &c.Phone
	}
	if c.Hash != nil {
		how = data.MethodPassword
	}
	if c.Data.Kind() == strictjson.Object {
		if guest.UserMetadata, err = data.Merged(u.UserMetadata, store.JSON(c.Data.Raw())); err != nil {
			return err
		}
	}
	c.Upgrade, err = x.SignUps.AdmitGuest(x.r.Context(), guest, how, x.device())
	return err
}

// userRoutes change the user's own account.
var userRoutes = []route{{http.MethodPut, "user", byUser(userHandler.putUser)}}

// putUser answers PUT /user.
func (x userHandler) putUser(u *data.User, s *data.Session) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("email", "phone", "channel", "password", "current_password", "nonce", "code_challenge", "code_challenge_method")
	if err != nil {
		return err
	}
	c := &account.UserChange{Changes: x.Changes, Session: s, Locale: x.locale(u), Data: body["data"]}
	if c.Flow, err = x.readFlow(in["code_challenge"], in["code_challenge_method"]); err != nil {
		return err
	}
	if app, ok := body["app_metadata"]; ok && app.Kind() != strictjson.Null {
		return &problem.Error{Code: problem.AuthNotAdmin, Message: "Updating app_metadata requires admin privileges"}
	}
	if _, err := body.metadata("data"); err != nil {
		return err
	}
	if err := c.ReadEmail(u, in["email"]); err != nil {
		return err
	}
	if err := c.ReadPhone(u, in["phone"], in["channel"]); err != nil {
		return err
	}
	if err := x.prove(u, s, c, in); err != nil {
		return err
	}
	if in["password"] != "" {
		if err := x.newPassword(u, c, in["password"]); err != nil {
			return fail.Weak(err)
		}
	}
	if err := x.admitChange(u, c); err != nil {
		return err
	}
	if u, err = x.apply(c, u); err != nil {
		return err
	}
	if c.Hash != nil && x.hasCookie() {
		if _, err := x.cookies().rotate(s); err != nil {
			return err
		}
	}
	v, err := x.view(u)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// prove requires a proof of identity for a change of the password, of the phone number, or of
// an e-mail address that the present one does not confirm. A recent login is a proof. After
// an older one the password or the digits of GET /reauthenticate are.
func (x userHandler) prove(u *data.User, s *data.Session, c *account.UserChange, in map[string]string) error {
	if in["password"] != "" || c.Email != "" || c.Phone != "" {
		if err := x.factors().needsSecondFactor(u, s); err != nil {
			return err
		}
	}
	if in["password"] == "" && c.Phone == "" && (c.Email == "" || x.Changes.NeedsBothAddresses(u)) {
		return nil
	}
	return x.proveSelf(u, s, in)
}

// proveSelf checks current_password or nonce of a request if the session is older than
// Config.ReauthenticateAfter.
func (x userHandler) proveSelf(u *data.User, s *data.Session, in map[string]string) error {
	ctx, a := x.r.Context(), x.Handler
	switch {
	case u.PasswordHash != nil && in["current_password"] != "":
		return x.budgets().attempt(throttle.SubjectOf(u), func() error {
			_, err := a.Hashes.Verify(ctx, *u.PasswordHash, in["current_password"])
			if errors.Is(err, password.ErrMismatch) {
				return fail.ErrCredentials
			}
			return err
		})
	case in["nonce"] != "":
		return x.budgets().attempt(throttle.SubjectOf(u), func() error {
			used, err := a.Codes.UseShortCode(ctx, a.DB, data.CodeReauth, u.ID, in["nonce"])
			if err == nil && used == nil {
				return fail.ErrNonce
			}
			return err
		})
	case u.IsAnonymous: // has no credentials
		return nil
	case a.Now().Before(s.ShownAt().Add(a.ReauthenticateAfter)), a.Changes.ChoosesPassword(s):
		return nil
	}
	return &problem.Error{Code: problem.AuthReauthenticate}
}

// newPassword hashes a new password. The answer that it equals the present one is the answer
// to a guess, so it draws on the same budget.
func (x userHandler) newPassword(u *data.User, c *account.UserChange, text string) error {
	ctx, a := x.r.Context(), x.Handler
	name := cmp.Or(c.Email, data.Deref(u.Email), c.Phone, data.Deref(u.Phone))
	if name == "" {
		return fail.New(problem.AuthValidation, "Updating password of a user without an email or phone is not allowed")
	}
	if err := a.Changes.Passwords.Check(text, name); err != nil {
		return err
	}
	if u.PasswordHash != nil {
		err := x.budgets().attempt(throttle.SubjectOf(u), func() error {
			_, err := a.Hashes.Verify(ctx, *u.PasswordHash, text)
			if err == nil {
				return &problem.Error{Code: problem.AuthSamePassword}
			}
			if errors.Is(err, password.ErrMismatch) {
				return fail.ErrCredentials
			}
			return err
		})
		if !errors.Is(err, fail.ErrCredentials) {
			return err
		}
	}
	hash, err := a.Hashes.Hash(ctx, text)
	c.Hash = &hash
	return err
}

// apply makes the change, within the budgets of messages if it sends one.
func (x userHandler) apply(c *account.UserChange, seen *data.User) (u *data.User, err error) {
	err = x.budgets().texting(x.budgets().toConfirm(c.Phone), func() error {
		u, err = c.Apply(x.r.Context(), seen)
		return err
	})
	return u, err
}

// inviteRoutes make codes for other users, mailed or returned to the admin.
var inviteRoutes = []route{
	{http.MethodPost, "invite", byAdmin(adminHandler.invite)},
	{http.MethodPost, "admin/generate_link", byAdmin(adminHandler.generateLink)},
}

// invite answers POST /invite: it makes an account and mails a link to it.
func (x adminHandler) invite(by role.Authority) error {
	in, err := x.mails().askedMail()
	if err != nil {
		return err
	}
	metadata, err := in.body.metadata("data")
	if err != nil {
		return err
	}
	if x.Outbox.Mailer == nil {
		return fail.ErrNoMailer
	}
	g := &account.Generated{SignUps: x.SignUps, Kind: data.CodeInvite, Email: in.Email, Metadata: metadata, Flow: in.flow.OfAnother(), By: by, Locale: x.locale(nil)}
	if err := g.Admit(x.r.Context(), nil); err != nil {
		return err
	}
	if err := x.DB.Tx(x.r.Context(), g.Invite); err != nil {
		return err
	}
	v, err := x.view(g.User)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// generateLink answers POST /admin/generate_link: it makes a code for an application that sends
// mails by itself.
func (x adminHandler) generateLink(by role.Authority) error {
	in, err := x.mails().askedMail()
	if err != nil {
		return err
	}
	texts, err := in.body.texts("type", "password", "new_email")
	if err != nil {
		return err
	}
	metadata, err := in.body.metadata("data")
	if err != nil {
		return err
	}
	kind, ok := account.LinkKinds[texts["type"]]
	if !ok {
		return fail.New(problem.AuthValidation, "Invalid email action link type requested")
	}
	g := &account.Generated{SignUps: x.SignUps, Kind: kind, Email: in.Email, Metadata: metadata, Flow: in.flow.OfAnother(), By: by}
	switch kind {
	case data.CodeSignup:
		if texts["password"] == "" {
			return fail.New(problem.AuthValidation, "Signup requires a valid password")
		}
		if err := x.Changes.Passwords.Check(texts["password"], in.Email); err != nil {
			return fail.Weak(err)
		}
		hash, err := x.Hashes.Hash(x.r.Context(), texts["password"])
		if err != nil {
			return err
		}
		g.Hash = &hash
	case data.CodeEmailOld, data.CodeEmailNew:
		var ok bool
		if g.NewEmail, ok = data.CanonicalEmail(texts["new_email"]); !ok {
			return fail.ErrNoEmail
		}
	}
	if err := g.Admit(x.r.Context(), nil); err != nil {
		return err
	}
	if err := x.DB.Tx(x.r.Context(), g.Generate); err != nil {
		return err
	}
	return x.sendGenerated(g)
}

// GeneratedView is a user and a code in one object.
type GeneratedView struct {
	*UserView
	ActionLink       string        `json:"action_link"`
	EmailOTP         string        `json:"email_otp"`
	HashedToken      string        `json:"hashed_token"`
	RedirectTo       string        `json:"redirect_to"`
	VerificationType data.CodeKind `json:"verification_type"`
}

// sendGenerated answers with the user and the code.
func (x adminHandler) sendGenerated(g *account.Generated) error {
	v, err := x.view(g.User)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, GeneratedView{
		v, x.Changes.Link(g.Kind, g.Secrets, g.Flow), g.Secrets.Short, g.Secrets.Token(g.Flow), g.Flow.Redirect, g.Kind,
	})
}
