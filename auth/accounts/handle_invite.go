package accounts

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// inviteRoutes are of admins: codes for others, by mail and without.
var inviteRoutes = []route{
	{http.MethodPost, "invite", byAdmin((*exchange).invite)},
	{http.MethodPost, "admin/generate_link", byAdmin((*exchange).generateLink)},
}

// invite answers POST /invite: it makes an account and mails a link to it.
func (x *exchange) invite(by authority) error {
	in, err := x.askedMail()
	if err != nil {
		return err
	}
	metadata, err := in.body.metadata("data")
	if err != nil {
		return err
	}
	if x.a.config.Mailer == nil {
		return errNoMailer
	}
	g := &generated{a: x.a, kind: codeInvite, email: in.email, metadata: metadata, flow: in.flow.ofAnother(), by: by, locale: x.locale(nil)}
	if err := g.admit(x.r.Context()); err != nil {
		return err
	}
	if err := x.a.db.Tx(x.r.Context(), g.invite); err != nil {
		return err
	}
	v, err := x.view(g.user)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// linkTypes are the kinds of codes that admins can have without a mail.
var linkTypes = map[string]codeKind{
	"signup": codeSignup, "invite": codeInvite, "magiclink": codeMagicLink, "recovery": codeReset,
	"email_change_current": codeEmailOld, "email_change_new": codeEmailNew,
}

// generateLink answers POST /admin/generate_link: it makes the code of a mail for an
// application that sends its mails itself.
func (x *exchange) generateLink(by authority) error {
	in, err := x.askedMail()
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
		return failf(problem.AuthValidation, "Invalid email action link type requested")
	}
	g := &generated{a: x.a, kind: kind, email: in.email, metadata: metadata, flow: in.flow.ofAnother(), by: by}
	switch kind {
	case codeSignup:
		if texts["password"] == "" {
			return failf(problem.AuthValidation, "Signup requires a valid password")
		}
		if err := x.a.config.Passwords.Check(texts["password"], in.email); err != nil {
			return weak(err)
		}
		hash, err := x.a.hashes.Hash(x.r.Context(), texts["password"])
		if err != nil {
			return err
		}
		g.hash = &hash
	case codeEmailOld, codeEmailNew:
		var ok bool
		if g.newEmail, ok = canonicalEmail(texts["new_email"]); !ok {
			return errNoEmail
		}
	}
	if err := g.admit(x.r.Context()); err != nil {
		return err
	}
	if err := x.a.db.Tx(x.r.Context(), g.generate); err != nil {
		return err
	}
	return x.sendGenerated(g)
}

// generatedView is a user with, beside its members, a code.
type generatedView struct {
	*userView
	ActionLink       string   `json:"action_link"`
	EmailOTP         string   `json:"email_otp"`
	HashedToken      string   `json:"hashed_token"`
	RedirectTo       string   `json:"redirect_to"`
	VerificationType codeKind `json:"verification_type"`
}

// sendGenerated answers with the user and the code.
func (x *exchange) sendGenerated(g *generated) error {
	v, err := x.view(g.user)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, generatedView{
		v, x.a.link(g.kind, g.secrets, g.flow), g.secrets.short, g.secrets.token(g.flow), g.flow.Redirect, g.kind,
	})
}

// generated is a code that an admin has asked for.
type generated struct {
	a               *Accounts
	kind            codeKind
	email, newEmail string // canonical
	metadata        store.JSON
	hash            *string // of the password of a sign-up
	flow            flow
	by              authority
	locale          string

	new     admitted // to be made if there is no account
	user    *user
	secrets secrets
}

// makes reports whether a kind of code makes an account where there is none.
func (g *generated) makes() bool {
	return g.kind == codeSignup || g.kind == codeInvite || g.kind == codeMagicLink
}

// admit asks the application whether it wants an account, if one may be made.
func (g *generated) admit(ctx context.Context) (err error) {
	if !g.makes() {
		return nil
	}
	how := "admin"
	if g.kind == codeInvite {
		how = "invite"
	}
	g.new, err = g.a.admit(ctx, g.a.fresh(newUser{at: contact{email: g.email}, metadata: g.metadata}, g.hash), how, g.by.from)
	g.new.actor = g.by.actor
	return err
}

// invite makes an account if there is none, and mails a code.
func (g *generated) invite(ctx context.Context, tx *store.Tx) error {
	if err := g.account(ctx, tx); err != nil {
		return err
	}
	m := mailing{kind: codeInvite, owner: g.user.ID, to: g.email, template: MailInvite, locale: g.locale, code: g.code()}
	if err := g.a.mailCode(ctx, tx, m); err != nil {
		return err
	}
	var err error
	g.user, err = store.For[user](tx).Get(ctx, g.user.ID)
	return err
}

// generate makes an account if the kind of code allows it, and a code.
func (g *generated) generate(ctx context.Context, tx *store.Tx) error {
	if err := g.account(ctx, tx); err != nil {
		return err
	}
	c := g.code()
	if g.newEmail != "" && deref(g.user.NewEmail) != g.newEmail {
		_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", g.user.ID), store.SetTo("new_email", g.newEmail), store.SetTo("email_change_half", nil))
		if err != nil {
			return err
		}
	}
	var err error
	if g.secrets, err = g.a.makeMailed(ctx, tx, g.kind, g.user.ID, c); err != nil {
		return err
	}
	if err := g.record(ctx, tx, "link_generated"); err != nil {
		return err
	}
	g.user, err = store.For[user](tx).Get(ctx, g.user.ID)
	return err
}

// code is what the code is for.
func (g *generated) code() mailedCode {
	c := mailedCode{Email: g.email, Flow: g.flow, NewEmail: g.newEmail}
	switch g.kind {
	case codeEmailNew:
		c.Email = g.newEmail
	case codeInvite:
		c.Metadata = g.new.user.UserMetadata
	}
	return c
}

// account finds the account that the code is for, or makes it.
func (g *generated) account(ctx context.Context, tx *store.Tx) (err error) {
	if g.user, err = g.a.byEmail(ctx, tx, g.email); err != nil {
		return err
	}
	if g.user != nil {
		// A code would open the account to the client that asked for it.
		if err := g.a.over(ctx, tx, g.by, g.user); err != nil {
			return err
		}
	}
	opens := g.kind == codeSignup || g.kind == codeInvite
	switch {
	case g.user == nil && g.makes():
		return g.make(ctx, tx)
	case g.user == nil:
		return &problem.Error{Code: problem.AuthUserNotFound}
	case opens && (g.user.EmailConfirmedAt != nil || contact{email: g.email}.others(g.user)):
		return &problem.Error{Code: problem.AuthEmailExists}
	case g.kind == codeSignup:
		if err := g.a.dropWaysIn(ctx, tx, g.user); err != nil {
			return err
		}
		// What stood in the account may be a squatter's.
		_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", g.user.ID), store.SetTo("password_hash", g.hash),
			store.SetTo("password_changed_at", g.a.now()), store.SetTo("user_metadata", g.new.user.UserMetadata))
	case g.kind == codeInvite:
		err = g.inviteAgain(ctx, tx)
	}
	return err
}

// inviteAgain turns an unconfirmed account into an invited one. What a sign-up left in it may
// be an attacker's, who could have the confirmation mailed again to a user who expects a mail.
func (g *generated) inviteAgain(ctx context.Context, tx *store.Tx) error {
	owned, err := g.a.owned(ctx, tx, g.user, contact{email: g.email})
	if err != nil {
		return err
	}
	sets := []store.Set{store.SetTo("invited_at", g.a.now())}
	if !owned {
		sets = append(sets, store.SetTo("password_hash", nil), store.SetTo("password_changed_at", nil), store.SetTo("user_metadata", g.new.user.UserMetadata))
	}
	if g.user, err = store.For[user](tx).Patch(ctx, g.user.ID, sets...); err != nil {
		return err
	}
	return g.record(ctx, tx, "invited")
}

func (g *generated) make(ctx context.Context, tx *store.Tx) error {
	n, u := g.new, *g.new.user // the function of a transaction may run again
	n.user, g.user = &u, &u
	if g.hash == nil {
		g.user.PasswordChangedAt = nil
	}
	if g.kind == codeInvite {
		now := g.a.now()
		g.user.InvitedAt = &now
	}
	if err := g.a.create(ctx, tx, n); err != nil {
		return err
	}
	if g.kind == codeInvite {
		return g.record(ctx, tx, "invited")
	}
	return nil
}

func (g *generated) record(ctx context.Context, tx *store.Tx, kind string) error {
	return g.a.record(ctx, tx, g.by.event(kind, &g.user.ID), map[string]any{"type": g.kind})
}
