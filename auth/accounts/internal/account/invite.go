package account

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Generated is a code that an admin has asked for.
type Generated struct {
	SignUps         *SignUps
	Kind            data.CodeKind
	Email, NewEmail string // canonical
	Metadata        store.JSON
	Hash            *string // of the password of a sign-up
	Flow            data.Flow
	By              role.Authority
	Locale          string

	new     session.Admitted // to be made if there is no account
	User    *data.User
	Secrets code.Secrets
}

// makes reports whether a kind of code makes an account where there is none.
func (g *Generated) makes() bool {
	return g.Kind == data.CodeSignup || g.Kind == data.CodeInvite || g.Kind == data.CodeMagicLink
}

// Admit asks the application whether it wants an account, if one may be made.
func (g *Generated) Admit(ctx context.Context) (err error) {
	if !g.makes() {
		return nil
	}
	how := "admin"
	if g.Kind == data.CodeInvite {
		how = "invite"
	}
	g.new, err = g.SignUps.Sessions.Admit(ctx, g.SignUps.Fresh(NewUser{At: data.Contact{Email: g.Email}, Metadata: g.Metadata}, g.Hash), how, g.By.From)
	g.new.Actor = g.By.Actor
	return err
}

// Invite makes an account if there is none, and mails a code.
func (g *Generated) Invite(ctx context.Context, tx *store.Tx) error {
	if err := g.account(ctx, tx); err != nil {
		return err
	}
	m := Mailing{Kind: data.CodeInvite, Owner: g.User.ID, To: g.Email, Template: outbox.MailInvite, Locale: g.Locale, Code: g.code()}
	if err := g.SignUps.Changes.MailCode(ctx, tx, m); err != nil {
		return err
	}
	var err error
	g.User, err = data.GetUser(ctx, tx, g.User.ID)
	return err
}

// Generate makes an account if the kind of code allows it, and a code.
func (g *Generated) Generate(ctx context.Context, tx *store.Tx) error {
	if err := g.account(ctx, tx); err != nil {
		return err
	}
	c := g.code()
	if g.NewEmail != "" && data.Deref(g.User.NewEmail) != g.NewEmail {
		if err := data.BeginEmailChange(ctx, tx, g.User.ID, g.NewEmail); err != nil {
			return err
		}
	}
	var err error
	if g.Secrets, err = g.SignUps.Changes.makeMailed(ctx, tx, g.Kind, g.User.ID, c); err != nil {
		return err
	}
	if err := g.record(ctx, tx, "link_generated"); err != nil {
		return err
	}
	g.User, err = data.GetUser(ctx, tx, g.User.ID)
	return err
}

// code is what the code is for.
func (g *Generated) code() data.MailedCode {
	c := data.MailedCode{Email: g.Email, Flow: g.Flow, NewEmail: g.NewEmail}
	switch g.Kind {
	case data.CodeEmailNew:
		c.Email = g.NewEmail
	case data.CodeInvite:
		c.Metadata = g.new.User.UserMetadata
	}
	return c
}

// account finds the account that the code is for, or makes it.
func (g *Generated) account(ctx context.Context, tx *store.Tx) (err error) {
	if g.User, err = data.ByEmail(ctx, tx, g.Email); err != nil {
		return err
	}
	if g.User != nil {
		// A code would open the account to the client that asked for it.
		if err := role.Over(ctx, tx, g.By, g.User); err != nil {
			return err
		}
	}
	opens := g.Kind == data.CodeSignup || g.Kind == data.CodeInvite
	switch {
	case g.User == nil && g.makes():
		return g.make(ctx, tx)
	case g.User == nil:
		return &problem.Error{Code: problem.AuthUserNotFound}
	case opens && (g.User.EmailConfirmedAt != nil || data.Contact{Email: g.Email}.Others(g.User)):
		return &problem.Error{Code: problem.AuthEmailExists}
	case g.Kind == data.CodeSignup:
		if err := g.SignUps.Changes.dropWaysIn(ctx, tx, g.User); err != nil {
			return err
		}
		// What stood in the account may be a squatter's.
		err = data.Restart(ctx, tx, g.User.ID, g.Hash, g.SignUps.Now(), g.new.User.UserMetadata)
	case g.Kind == data.CodeInvite:
		err = g.inviteAgain(ctx, tx)
	}
	return err
}

// inviteAgain turns an unconfirmed account into an invited one. What a sign-up left in it may
// be an attacker's, who could have the confirmation mailed again to a user who expects a mail.
func (g *Generated) inviteAgain(ctx context.Context, tx *store.Tx) error {
	owned, err := owned(ctx, tx, g.User, data.Contact{Email: g.Email})
	if err != nil {
		return err
	}
	var metadata *store.JSON
	if !owned {
		metadata = &g.new.User.UserMetadata
	}
	if g.User, err = data.MarkInvited(ctx, tx, g.User.ID, g.SignUps.Now(), metadata); err != nil {
		return err
	}
	return g.record(ctx, tx, "invited")
}

func (g *Generated) make(ctx context.Context, tx *store.Tx) error {
	n, u := g.new, *g.new.User // the function of a transaction may run again
	n.User, g.User = &u, &u
	if g.Hash == nil {
		g.User.PasswordChangedAt = nil
	}
	if g.Kind == data.CodeInvite {
		now := g.SignUps.Now()
		g.User.InvitedAt = &now
	}
	if err := g.SignUps.Create(ctx, tx, n); err != nil {
		return err
	}
	if g.Kind == data.CodeInvite {
		return g.record(ctx, tx, "invited")
	}
	return nil
}

func (g *Generated) record(ctx context.Context, tx *store.Tx, kind string) error {
	return g.SignUps.Sessions.Record(ctx, tx, g.By.Event(kind, &g.User.ID), map[string]any{"type": g.Kind})
}
