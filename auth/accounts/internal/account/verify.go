package account

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// VerifyTypes are the kinds of codes that each type on the wire stands for. Mails for
// a login lead to the account or make it, which is not the client's to know, so it
// may call them either.
var VerifyTypes = map[string][]data.CodeKind{
	"signup":       {data.CodeSignup, data.CodeMagicLink},
	"invite":       {data.CodeInvite},
	"magiclink":    {data.CodeMagicLink, data.CodeSignup},
	"recovery":     {data.CodeReset},
	"email":        {data.CodeMagicLink, data.CodeSignup, data.CodeInvite},
	"email_change": {data.CodeEmailOld, data.CodeEmailNew},
	"sms":          {data.CodeSMS, data.CodeSMSSignup},
	"phone_change": {data.CodePhone},

	// What generate_link calls its codes.
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

// proven is what a code has shown.
type proven struct {
	User *data.User // nil: the other address of a change has to agree
	Kind data.CodeKind
	Code data.MailedCode
}

// Verify consumes a mailed code and does what it is for. Every code that is not good
// is answered alike.
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
			out.User, err = su.reader(ctx, tx, *c.UserID, out, from)
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

// useMailed consumes the code that is presented, nil for none.
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

// maxClaimants is how many accounts that ask for one address are looked at when
// digits are typed that were mailed to it, the last ones to ask first.
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

// reader returns the account of the user who has proved to own a contact, and makes it if the
// code allows it. The code belongs to the user it was made for, or to none if there was no
// account.
func (su *SignUps) reader(ctx context.Context, tx *store.Tx, owner store.ID, p *proven, from data.Device) (*data.User, error) {
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
	// What stood in the account may have been a squatter's; this is who invites.
	u.UserMetadata = p.Code.Metadata
	return u, data.WriteUserMetadata(ctx, tx, u)
}

// IsDigits reports whether a text can be the short form of a code.
func IsDigits(text string) bool {
	return len(text) == data.ShortDigits && !slices.ContainsFunc([]byte(text), func(c byte) bool { return c < '0' || c > '9' })
}
