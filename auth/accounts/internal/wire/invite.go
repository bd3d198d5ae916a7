package wire

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// inviteRoutes are of admins: codes for others, by mail and without.
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
	if err := g.Admit(x.r.Context()); err != nil {
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

// linkTypes are the kinds of codes that admins can have without a mail.
var linkTypes = map[string]data.CodeKind{
	"signup": data.CodeSignup, "invite": data.CodeInvite, "magiclink": data.CodeMagicLink, "recovery": data.CodeReset,
	"email_change_current": data.CodeEmailOld, "email_change_new": data.CodeEmailNew,
}

// generateLink answers POST /admin/generate_link: it makes the code of a mail for an
// application that sends its mails itself.
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
	kind, ok := linkTypes[texts["type"]]
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
	if err := g.Admit(x.r.Context()); err != nil {
		return err
	}
	if err := x.DB.Tx(x.r.Context(), g.Generate); err != nil {
		return err
	}
	return x.sendGenerated(g)
}

// GeneratedView is a user with, beside its members, a code.
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
