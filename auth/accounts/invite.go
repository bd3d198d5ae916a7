package accounts

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Invitation invites a person to an account.
type Invitation struct {
	// Email is accepted in any spelling.
	Email string

	// UserMetadata become the user's if the account is new or was never confirmed.
	UserMetadata map[string]any

	// RedirectTo is where the link of the mail leads in the end. Config.RedirectURLs must
	// allow it.
	//
	// Defaults to Config.SiteURL.
	RedirectTo string

	// Locale is the language of the mail, a BCP 47 tag.
	//
	// Defaults to that of the templates.
	Locale string
}

// Invite makes an account and mails a link by which the reader confirms it, or mails the link
// again. Config.BeforeSignUp is asked with the Method "invite". The error's code is email_exists
// for a confirmed account, validation_failed for what cannot be an e-mail address and for
// RedirectTo, email_provider_disabled without a Mailer, and refused_by_application where the
// hook says [Refuse].
func (a *Accounts) Invite(ctx context.Context, i Invitation) (*User, error) {
	g, err := a.invitation(i)
	if err == nil {
		err = g.Admit(ctx, nil)
	}
	if err == nil {
		err = a.db.Tx(ctx, g.Invite)
	}
	if err != nil {
		return nil, err
	}
	return exportUser(g.User), nil
}

// invitation reads an invitation.
func (a *Accounts) invitation(i Invitation) (*account.Generated, error) {
	if err := a.outbox.Reaches(false); err != nil {
		return nil, err
	}
	g, err := a.generate("invite", i.Email, i.UserMetadata, i.RedirectTo)
	if err == nil {
		g.Locale = data.LanguageTag(i.Locale)
	}
	return g, err
}

// LinkType is the purpose of a [Link].
type LinkType string

// The types of links, by their names on the wire.
const (
	LinkSignUp             LinkType = "signup"               // confirms a new account with a password
	LinkInvite             LinkType = "invite"               // confirms an account made for the reader
	LinkMagicLink          LinkType = "magiclink"            // logs in, and makes an account if there is none
	LinkRecovery           LinkType = "recovery"             // logs in to choose a new password
	LinkEmailChangeCurrent LinkType = "email_change_current" // confirms a new e-mail address, at the present one
	LinkEmailChangeNew     LinkType = "email_change_new"     // confirms a new e-mail address, at the new one
)

// LinkRequest describes a link for [Accounts.GenerateLink]. Type and Email are required.
type LinkRequest struct {
	Type LinkType

	// Email is the present e-mail address of the account, in any spelling.
	Email string

	// NewEmail is the new one, for the types of a change.
	NewEmail string

	// Password, or in its place PasswordHash, is for LinkSignUp, see [NewUser].
	Password, PasswordHash string

	// UserMetadata are those of a new account.
	UserMetadata map[string]any

	// RedirectTo is where the link leads in the end. Config.RedirectURLs must allow it.
	//
	// Defaults to Config.SiteURL.
	RedirectTo string
}

// Link is a secret by which its reader confirms. Who has it can open the account: send it to
// the e-mail address only, and never log it.
type Link struct {
	// User is the account, which the link has made if there was none.
	User *User

	// URL is the link for a mail. It leads to a page with a button.
	URL string

	// Code is the six digits for POST /verify, and TokenHash the token of the link there.
	Code, TokenHash string

	// ExpiresAt is when link and token expire. The digits expire after 10 minutes if that
	// is earlier.
	ExpiresAt time.Time
}

// GenerateLink returns a link and sends no mail, for an application that sends its own. Older
// links of the same purpose end. A link that may make an account makes it now, and
// Config.BeforeSignUp is asked with the Method "admin", or "invite" for LinkInvite.
//
// The error is [ErrUserNotFound] if an account is required. Its code is email_exists if LinkSignUp and
// LinkInvite find a confirmed one, validation_failed for invalid fields, and
// refused_by_application where the hook says [Refuse]. Passwords have the errors of
// [Accounts.CreateUser].
func (a *Accounts) GenerateLink(ctx context.Context, r LinkRequest) (*Link, error) {
	g, err := a.generated(ctx, r)
	if err == nil {
		err = g.Admit(ctx, nil)
	}
	if err == nil {
		err = a.db.Tx(ctx, g.Generate)
	}
	if err != nil {
		return nil, err
	}
	return a.link(g), nil
}

// generated reads a request for a link.
func (a *Accounts) generated(ctx context.Context, r LinkRequest) (*account.Generated, error) {
	g, err := a.generate(r.Type, r.Email, r.UserMetadata, r.RedirectTo)
	if err != nil {
		return nil, err
	}
	changes := g.Kind == data.CodeEmailOld || g.Kind == data.CodeEmailNew
	switch {
	case (g.Kind == data.CodeSignup) != (r.Password+r.PasswordHash != "") || r.Password != "" && r.PasswordHash != "":
		return nil, fail.New(problem.AuthValidation, "a link for a sign-up needs a Password or a PasswordHash, and no other link has one")
	case changes != (r.NewEmail != ""):
		return nil, fail.New(problem.AuthValidation, "a link for a change of e-mail address needs NewEmail, and no other link has one")
	case changes:
		if g.NewEmail, err = NormalizeEmail(r.NewEmail); err != nil {
			return nil, err
		}
	case g.Kind == data.CodeSignup:
		hash, err := a.signUps.PasswordHash(ctx, account.Change{Password: r.Password, Hash: r.PasswordHash}, g.Email)
		if err != nil {
			return nil, err
		}
		g.Hash = &hash
	}
	return g, nil
}

// generate returns a code to be made.
func (a *Accounts) generate(of LinkType, email string, metadata map[string]any, redirect string) (*account.Generated, error) {
	kind, ok := account.LinkKinds[string(of)]
	if !ok {
		return nil, fail.New(problem.AuthValidation, "the type of a link must be one of %s", strings.Join(slices.Sorted(maps.Keys(account.LinkKinds)), ", "))
	}
	canonical, err := NormalizeEmail(email)
	if err != nil {
		return nil, err
	}
	document, err := data.AsDocument(metadata)
	if err != nil {
		return nil, err
	}
	to := a.handler.Redirect(redirect)
	if redirect != "" && to != redirect {
		return nil, fail.New(problem.AuthValidation, "RedirectTo %q is not allowed by Config.RedirectURLs", redirect)
	}
	return &account.Generated{SignUps: a.signUps, Kind: kind, Email: canonical, Metadata: document, Flow: data.Flow{Redirect: to}, By: own}, nil
}

// link returns the generated link.
func (a *Accounts) link(g *account.Generated) *Link {
	return &Link{
		User: exportUser(g.User), URL: a.changes.Link(g.Kind, g.Secrets, g.Flow), Code: g.Secrets.Short, TokenHash: g.Secrets.Token(g.Flow),
		ExpiresAt: a.now().Add(a.changes.LinkLifeOf(g.Kind)),
	}
}
