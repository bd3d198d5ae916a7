package accounts

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// verifyTypes are the kinds of codes that each type on the wire stands for. Mails for
// a login lead to the account or make it, which is not the client's to know, so it
// may call them either.
var verifyTypes = map[string][]codeKind{
	"signup":       {codeSignup, codeMagicLink},
	"invite":       {codeInvite},
	"magiclink":    {codeMagicLink, codeSignup},
	"recovery":     {codeReset},
	"email":        {codeMagicLink, codeSignup, codeInvite},
	"email_change": {codeEmailOld, codeEmailNew},
	"sms":          {codeSMS, codeSMSSignup},
	"phone_change": {codePhone},

	// What generate_link calls its codes.
	"email_change_current": {codeEmailOld},
	"email_change_new":     {codeEmailNew},
}

// presented is a mailed code in a request: the token of its link, or its digits and the contact
// they were sent to.
type presented struct {
	kinds  []codeKind
	token  string
	at     contact
	digits string
}

// proven is what a code has shown.
type proven struct {
	user *user // nil: the other address of a change has to agree
	kind codeKind
	code mailedCode
}

// amr of logins by mail or message.
var mailMethods = map[codeKind]string{
	codeSignup: "email/signup", codeInvite: "invite", codeMagicLink: "magiclink", codeReset: "recovery",
	codeEmailOld: "email_change", codeEmailNew: "email_change",
	codeSMSSignup: "otp", codeSMS: "otp", codePhone: "otp",
}

// verify consumes a mailed code and does what it is for. Every code that is not good
// is answered alike.
func (a *Accounts) verify(ctx context.Context, p presented, from device) (out *proven, err error) {
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := a.useMailed(ctx, tx, p)
		if err != nil {
			return err
		}
		if c == nil {
			return errOTP
		}
		out = &proven{kind: codeKind(c.Kind)}
		if err := c.read(&out.code); err != nil {
			return err
		}
		switch out.kind {
		case codeEmailOld, codeEmailNew:
			out.user, err = a.agree(ctx, tx, *c.UserID, out)
		case codePhone:
			out.user, err = a.agreePhone(ctx, tx, *c.UserID, out)
		default:
			out.user, err = a.reader(ctx, tx, *c.UserID, out, from)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.user != nil {
		err = a.mayEnter(out.user)
	}
	return out, err
}

// useMailed consumes the code that is presented, nil for none.
func (a *Accounts) useMailed(ctx context.Context, tx *store.Tx, p presented) (*code, error) {
	long := strings.TrimPrefix(p.token, pkcePrefix)
	for _, kind := range p.kinds {
		if long != "" {
			if c, err := a.useCode(ctx, tx, kind, long); c != nil || err != nil {
				return c, err
			}
			continue
		}
		owners, err := a.ownersOf(ctx, tx, kind, p.at)
		if err != nil {
			return nil, err
		}
		for _, owner := range owners {
			if c, err := a.useShortCode(ctx, tx, kind, owner, p.digits); c != nil || err != nil {
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
func (a *Accounts) ownersOf(ctx context.Context, tx *store.Tx, kind codeKind, at contact) ([]store.ID, error) {
	if kind != codeEmailNew && kind != codePhone {
		// A login that was requested before the account existed, perhaps by another person
		who, err := a.addressee(ctx, tx, at)
		return append([]store.ID{who.id}, a.keys.absentOwners(at)...), err
	}
	users, err := store.For[user](tx).List(ctx, store.Query{
		Where: store.Eq("new_"+at.column(), at.text()), Order: []store.Order{{Column: at.column() + "_change_sent_at", Desc: true}}, Limit: store.Limit(maxClaimants),
	})
	owners := make([]store.ID, 0, maxClaimants)
	for _, u := range users {
		owners = append(owners, u.ID)
	}
	return owners, err
}

// reader returns the account of the user who has proved to own a contact, and makes it if the
// code allows it. The code belongs to the user it was made for, or to none if there was no
// account.
func (a *Accounts) reader(ctx context.Context, tx *store.Tx, owner store.ID, p *proven, from device) (*user, error) {
	at := p.code.at()
	u, err := a.reachedAt(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	if u == nil && p.code.Create && slices.Contains(a.keys.absentOwners(at), owner) {
		if err := a.release(ctx, tx, at); err != nil {
			return nil, err
		}
		u = at.of()
		at.confirm(u, a.now())
		u.AppMetadata, u.UserMetadata = p.code.AppMetadata, p.code.Metadata
		return u, a.create(ctx, tx, admitted{user: u, how: "otp", from: from})
	}
	if u == nil || u.ID != owner && !p.code.Create {
		return nil, errOTP
	}
	first := !at.confirmed(u)
	keepPassword := p.kind == codeSignup || p.kind == codeSMSSignup
	if err := a.proveOwner(ctx, tx, u, at, keepPassword, from); err != nil || !first || p.kind != codeInvite || p.code.Metadata == "" {
		return u, err
	}
	// What stood in the account may have been a squatter's; this is who invites.
	u.UserMetadata = p.code.Metadata
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("user_metadata", u.UserMetadata))
	return u, err
}

// isDigits reports whether a text can be the short form of a code.
func isDigits(text string) bool {
	return len(text) == shortDigits && !slices.ContainsFunc([]byte(text), func(c byte) bool { return c < '0' || c > '9' })
}
