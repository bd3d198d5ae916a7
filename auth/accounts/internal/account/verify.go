package account

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// VerifyTypes are the kinds of codes that each type on the wire stands for. A mail for a
// login may open or make an account. Clients cannot know which, so both types accept its
// code.
var VerifyTypes = map[string][]data.CodeKind{
	"signup":       {data.CodeSignup, data.CodeMagicLink},
	"invite":       {data.CodeInvite},
	"magiclink":    {data.CodeMagicLink, data.CodeSignup},
	"recovery":     {data.CodeReset},
	"email":        {data.CodeMagicLink, data.CodeSignup, data.CodeInvite},
	"email_change": {data.CodeEmailOld, data.CodeEmailNew},
	"sms":          {data.CodeSMS, data.CodeSMSSignup},
	"phone_change": {data.CodePhone},

	// The types of generate_link.
	"email_change_current": {data.CodeEmailOld},
	"email_change_new":     {data.CodeEmailNew},
}

// Presented is a mailed code in a request: the token of its link, or its digits and the contact
// they were sent to.
type Presented struct {
	Kinds  []data.CodeKind
	Token  string
	At     data.Contact
	Digits string
}

// proven is the result of a verified code.
type proven struct {
	User *data.User // nil: the other e-mail address has to confirm the change
	Kind data.CodeKind
	Code data.MailedCode
}

// Verify consumes a mailed code and carries out its purpose. All invalid codes have the same
// error.
func (su *SignUps) Verify(ctx context.Context, p Presented, from data.Device) (out *proven, err error) {
	err = su.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := su.useMailed(ctx, tx, p)
		if err != nil {
			return err
		}
		if c == nil {
			return fail.ErrOTP
		}
		out = &proven{Kind: data.CodeKind(c.Kind)}
		if err := c.Read(&out.Code); err != nil {
			return err
		}
		switch out.Kind {
		case data.CodeEmailOld, data.CodeEmailNew:
			out.User, err = su.Changes.agree(ctx, tx, *c.UserID, out)
		case data.CodePhone:
			out.User, err = su.Changes.agreePhone(ctx, tx, *c.UserID, out)
		default:
			out.User, err = su.ownerOf(ctx, tx, *c.UserID, out, from)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.User != nil {
		err = su.Sessions.MayEnter(out.User)
	}
	return out, err
}

// useMailed consumes the presented code. It returns nil for an invalid one.
func (su *SignUps) useMailed(ctx context.Context, tx *store.Tx, p Presented) (*data.Code, error) {
	long := strings.TrimPrefix(p.Token, code.PKCEPrefix)
	for _, kind := range p.Kinds {
		if long != "" {
			if c, err := su.Codes.UseCode(ctx, tx, kind, long); c != nil || err != nil {
				return c, err
			}
			continue
		}
		owners, err := su.ownersOf(ctx, tx, kind, p.At)
		if err != nil {
			return nil, err
		}
		for _, owner := range owners {
			if c, err := su.Codes.UseShortCode(ctx, tx, kind, owner, p.Digits); c != nil || err != nil {
				return c, err
			}
		}
	}
	return nil, nil
}

// maxClaimants is the number of accounts whose codes are compared with entered digits if
// several have asked for one contact, the latest first.
const maxClaimants = 3

// ownersOf returns the possible owners of the codes of a kind that were sent to a contact.
func (su *SignUps) ownersOf(ctx context.Context, tx *store.Tx, kind data.CodeKind, at data.Contact) ([]store.ID, error) {
	if kind != data.CodeEmailNew && kind != data.CodePhone {
		// A login that was requested before the account existed, perhaps by another person
		who, err := su.Changes.Addressee(ctx, tx, at)
		return append([]store.ID{who.ID}, su.Keys.AbsentOwners(at)...), err
	}
	users, err := data.Claimants(ctx, tx, at, maxClaimants)
	owners := make([]store.ID, 0, maxClaimants)
	for _, u := range users {
		owners = append(owners, u.ID)
	}
	return owners, err
}

// ownerOf returns the account of the user who has proved to own a contact, and makes it if the
// code allows it. The code belongs to the user it was made for, or to none if there was no
// account.
func (su *SignUps) ownerOf(ctx context.Context, tx *store.Tx, owner store.ID, p *proven, from data.Device) (*data.User, error) {
	at := p.Code.At()
	u, err := data.ReachedAt(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	if u == nil && p.Code.Create && slices.Contains(su.Keys.AbsentOwners(at), owner) {
		if err := su.Changes.Release(ctx, tx, at); err != nil {
			return nil, err
		}
		u = at.Of()
		at.Confirm(u, su.Now())
		u.AppMetadata, u.UserMetadata = p.Code.AppMetadata, p.Code.Metadata
		return u, su.Create(ctx, tx, session.Admitted{User: u, How: "otp", From: from})
	}
	if u == nil || u.ID != owner && !p.Code.Create {
		return nil, fail.ErrOTP
	}
	first := !at.Confirmed(u)
	keepPassword := p.Kind == data.CodeSignup || p.Kind == data.CodeSMSSignup
	if err := su.Changes.proveOwner(ctx, tx, u, at, keepPassword, from); err != nil || !first || p.Kind != data.CodeInvite || p.Code.Metadata == "" {
		return u, err
	}
	// The metadata of the account may be a squatter's. These are of the invitation.
	u.UserMetadata = p.Code.Metadata
	return u, data.WriteUserMetadata(ctx, tx, u)
}

// IsDigits reports whether a text can be the short form of a code.
func IsDigits(text string) bool {
	return len(text) == data.ShortDigits && !slices.ContainsFunc([]byte(text), func(c byte) bool { return c < '0' || c > '9' })
}

// Generated is a code for an admin.
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

// makes reports whether the kind of the code makes an account if there is none.
func (g *Generated) makes() bool {
	return g.Kind == data.CodeSignup || g.Kind == data.CodeInvite || g.Kind == data.CodeMagicLink
}

// LinkKinds are the kinds of codes that an admin or the application gets without a mail, by
// their names on the wire.
var LinkKinds = map[string]data.CodeKind{
	"signup": data.CodeSignup, "invite": data.CodeInvite, "magiclink": data.CodeMagicLink, "recovery": data.CodeReset,
	"email_change_current": data.CodeEmailOld, "email_change_new": data.CodeEmailNew,
}

// Admit runs Config.BeforeSignUp if the code may make an account, in the transaction of the
// application if there is one.
func (g *Generated) Admit(ctx context.Context, tx *store.Tx) (err error) {
	if !g.makes() {
		return nil
	}
	how := "admin"
	if g.Kind == data.CodeInvite {
		how = "invite"
	}
	g.new, err = g.SignUps.Sessions.AdmitIn(ctx, tx, g.SignUps.NewUserOf(NewUser{At: data.Contact{Email: g.Email}, Metadata: g.Metadata}, g.Hash), how, g.By.From)
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

// code returns the content of the code.
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
		// With the code the requesting client could open the account.
		if err := role.Over(ctx, tx, g.By, g.User); err != nil {
			return err
		}
	}
	opens := g.Kind == data.CodeSignup || g.Kind == data.CodeInvite
	switch {
	case g.User == nil && g.makes():
		return g.make(ctx, tx)
	case g.User == nil:
		return fail.ErrUserUnknown
	case opens && (g.User.EmailConfirmedAt != nil || data.Contact{Email: g.Email}.Others(g.User)):
		return &problem.Error{Code: problem.AuthEmailExists}
	case g.Kind == data.CodeSignup:
		if err := g.SignUps.Changes.removeCredentials(ctx, tx, g.User); err != nil {
			return err
		}
		// The content of the account may be a squatter's.
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
	n, u := g.new, *g.new.User // the transaction may run again
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
