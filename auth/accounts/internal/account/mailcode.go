package account

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/store"
)

// addressee is the user with an e-mail address or a phone number. Without a user a code is made
// and a mail queued that is not sent, so that neither the answer nor its time reveals whether
// there is an account.
type addressee struct {
	ID   store.ID   // of the user, or one derived from the contact
	User *data.User // nil without an account
}

// Addressee finds the user who gets a code for a contact.
func (ch *Changes) Addressee(ctx context.Context, s store.Session, at data.Contact) (addressee, error) {
	u, err := data.ReachedAt(ctx, s, at)
	if err != nil || u == nil {
		return addressee{ID: ch.Keys.AbsentOwner(at)}, err
	}
	return addressee{u.ID, u}, nil
}

// Mailing is a mail or a message with a code in it.
type Mailing struct {
	ID       store.ID // of its row in the outbox; the zero ID is a new one
	Kind     data.CodeKind
	Owner    store.ID // of the code
	To       string   // canonical; empty sends nothing
	Template string
	Locale   string
	present  string // address of an account that is to have the one it goes to; empty without one
	Code     data.MailedCode
}

// MailCode makes a code and sends it.
func (ch *Changes) MailCode(ctx context.Context, tx *store.Tx, m Mailing) error {
	s, err := ch.makeMailed(ctx, tx, m.Kind, m.Owner, m.Code)
	if err != nil {
		return err
	}
	values := map[string]string{"site": ch.SiteURL, "expires": ch.linkLife(m.Kind).String()}
	if m.Code.Phone != "" {
		values["code"] = s.Short
		return ch.Outbox.Queue(ctx, tx, outbox.Mail{ID: m.ID, To: m.To, SMS: true, Template: m.Template, Locale: m.Locale, Values: values, Life: ch.linkLife(m.Kind)})
	}
	values["email"] = m.Code.Email
	if m.Code.NewEmail != "" {
		values["email"], values["new_email"] = cmp.Or(m.present, m.Code.Email), m.Code.NewEmail
	}
	switch {
	case m.Template == outbox.MailExisting: // says that there is an account, and leads nowhere
	case m.Kind == data.CodeReauth:
		values["code"], values["expires"] = s.Short, data.DigitsLife.String()
	case m.Kind == data.CodeInvite:
		values["link"] = ch.Link(m.Kind, s, m.Code.Flow)
	default:
		values["link"], values["code"], values["expires"] = ch.Link(m.Kind, s, m.Code.Flow), s.Short, data.DigitsLife.String()
	}
	return ch.Outbox.Queue(ctx, tx, outbox.Mail{To: m.To, Template: m.Template, Locale: m.Locale, Values: values, Life: ch.linkLife(m.Kind)})
}

// makeMailed makes a code for a mail and records the time.
func (ch *Changes) makeMailed(ctx context.Context, tx *store.Tx, kind data.CodeKind, owner store.ID, c data.MailedCode) (code.Secrets, error) {
	s, err := ch.Codes.MakeCode(ctx, tx, code.Spec{Kind: kind, User: &owner, Life: ch.linkLife(kind), Data: c, Mailed: true})
	if err != nil {
		return s, err
	}
	return s, data.RecordSent(ctx, tx, owner, kind, ch.Now())
}

// DropMailed takes back all that was mailed to a user, and with it the change of address or
// number that is under way: what is left of one could be mailed again.
func (ch *Changes) DropMailed(ctx context.Context, tx *store.Tx, u *data.User) error {
	if err := data.DropChange(ctx, tx, u); err != nil {
		return err
	}
	return ch.Codes.DropCodes(ctx, tx, u.ID, data.MailedKinds...)
}

// LinkLife is the lifetime of the link of a code, or of the digits of one without a link.
func (ch *Changes) linkLife(kind data.CodeKind) time.Duration {
	switch kind {
	case data.CodeInvite:
		return ch.InviteLife
	case data.CodeReauth, data.CodeSMSSignup, data.CodeSMS, data.CodePhone:
		return data.DigitsLife
	}
	return ch.LinkLife
}

// Link is the URL of the page on which the reader of a mail confirms. It begins with
// Config.PublicURL and uses no header of the request.
func (ch *Changes) Link(kind data.CodeKind, s code.Secrets, f data.Flow) string {
	// The token stands first, where existing clients and tests look for it.
	return ch.VerifyURL() + "?token=" + url.QueryEscape(s.Token(f)) + "&type=" + url.QueryEscape(data.LinkType(kind)) +
		"&redirect_to=" + url.QueryEscape(f.Redirect)
}

// VerifyURL is the URL to which the links of mails lead.
func (ch *Changes) VerifyURL() string { return strings.TrimSuffix(ch.PublicURL, "/") + "/verify" }
