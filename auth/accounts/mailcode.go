package accounts

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// Codes that are mailed, as a link and as digits, and those that are sent to a phone, as
// digits only. Who has one reads the mails of an address, or the messages to a number.
const (
	codeSignup    codeKind = "signup"
	codeInvite    codeKind = "invite"
	codeMagicLink codeKind = "magiclink"
	codeReset     codeKind = "recovery"
	codeEmailOld  codeKind = "email_change_current" // to the address that an account has
	codeEmailNew  codeKind = "email_change_new"     // to the one it is to have
	codeReauth    codeKind = "reauthentication"     // digits only

	codeSMSSignup codeKind = "sms_signup"
	codeSMS       codeKind = "sms"          // a login
	codePhone     codeKind = "phone_change" // to the number that an account is to have
)

// digitsLife is the lifetime of the digits of a mail or a message, which can be guessed (OWASP
// ASVS 6.5.5). The link of a mail cannot, and lives longer.
const digitsLife = 10 * time.Minute

// mailedCode is what a mailed code is for.
type mailedCode struct {
	Email    string    `json:"email"`           // where it was mailed to
	Phone    string    `json:"phone,omitempty"` // or sent to
	Flow     flow      `json:"flow"`
	NewEmail string    `json:"new_email,omitempty"` // which the account is to have
	Session  *store.ID `json:"session,omitempty"`   // that asks for the new address
	Create   bool      `json:"create,omitempty"`    // whether it makes an account where there is none
	Network  string    `json:"network,omitempty"`   // from where a message was asked for, see sentHere

	// Of that account, or of an invited one, as returned by Config.BeforeSignUp. For an
	// anonymous user who gets an account see upgrade.
	Metadata    store.JSON `json:"metadata,omitempty"`
	AppMetadata store.JSON `json:"app_metadata,omitempty"`
}

// at is where the code was sent to.
func (c *mailedCode) at() contact { return contact{email: c.Email, phone: c.Phone} }

// addressee is the user with an e-mail address or a phone number. Without a user a code is made
// and a mail queued that is not sent, so that neither the answer nor its time reveals whether
// there is an account.
type addressee struct {
	id   store.ID // of the user, or one derived from the contact
	user *user    // nil without an account
}

func (a *Accounts) addressee(ctx context.Context, s store.Session, at contact) (addressee, error) {
	u, err := a.reachedAt(ctx, s, at)
	if err != nil || u == nil {
		return addressee{id: a.keys.absentOwner(at)}, err
	}
	return addressee{u.ID, u}, nil
}

// absentOwner returns the owner's id for codes to a contact without an account.
func (k *keyring) absentOwner(at contact) store.ID { return k.absentOwners(at)[0] }

// absentOwners returns these ids under each of the master keys.
func (k *keyring) absentOwners(at contact) []store.ID {
	sums := k.hashNames("nobody " + at.text())
	out := make([]store.ID, len(sums))
	for i, sum := range sums {
		copy(out[i][:], sum[:])
	}
	return out
}

// mailing is a mail or a message with a code in it.
type mailing struct {
	id       store.ID // of its row in the outbox; the zero ID is a new one
	kind     codeKind
	owner    store.ID // of the code
	to       string   // canonical; empty sends nothing
	template string
	locale   string
	present  string // address of an account that is to have the one it goes to; empty without one
	code     mailedCode
}

// mailCode makes a code and sends it.
func (a *Accounts) mailCode(ctx context.Context, tx *store.Tx, m mailing) error {
	s, err := a.makeMailed(ctx, tx, m.kind, m.owner, m.code)
	if err != nil {
		return err
	}
	values := map[string]string{"site": a.config.SiteURL, "expires": a.linkLife(m.kind).String()}
	if m.code.Phone != "" {
		values["code"] = s.short
		return a.mail(ctx, tx, mail{id: m.id, to: m.to, sms: true, template: m.template, locale: m.locale, values: values, life: a.linkLife(m.kind)})
	}
	values["email"] = m.code.Email
	if m.code.NewEmail != "" {
		values["email"], values["new_email"] = cmp.Or(m.present, m.code.Email), m.code.NewEmail
	}
	switch {
	case m.template == MailExisting: // says that there is an account, and leads nowhere
	case m.kind == codeReauth:
		values["code"], values["expires"] = s.short, digitsLife.String()
	case m.kind == codeInvite:
		values["link"] = a.link(m.kind, s, m.code.Flow)
	default:
		values["link"], values["code"], values["expires"] = a.link(m.kind, s, m.code.Flow), s.short, digitsLife.String()
	}
	return a.mail(ctx, tx, mail{to: m.to, template: m.template, locale: m.locale, values: values, life: a.linkLife(m.kind)})
}

// makeMailed makes a code for a mail and records the time.
func (a *Accounts) makeMailed(ctx context.Context, tx *store.Tx, kind codeKind, owner store.ID, c mailedCode) (secrets, error) {
	s, err := a.makeCode(ctx, tx, newCode{kind: kind, user: &owner, life: a.linkLife(kind), data: c, mailed: true})
	if err != nil {
		return s, err
	}
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", owner), store.SetTo(sentColumns[kind], a.now()))
	return s, err
}

// mailedKinds are invalidated when a user gets another password, e-mail address or phone
// number. Codes of logins in progress at providers are among them.
var mailedKinds = []codeKind{codeSignup, codeInvite, codeMagicLink, codeReset, codeEmailOld, codeEmailNew, codeReauth, codeSMSSignup, codeSMS, codePhone, codePhoneFactor, codeFlow}

// dropMailed takes back all that was mailed to a user, and with it the change of address or
// number that is under way: what is left of one could be mailed again.
func (a *Accounts) dropMailed(ctx context.Context, tx *store.Tx, u *user) error {
	if err := a.dropChange(ctx, tx, u); err != nil {
		return err
	}
	return a.dropCodes(ctx, tx, u.ID, mailedKinds...)
}

// dropChange ends a change of address or number that is under way.
func (a *Accounts) dropChange(ctx context.Context, tx *store.Tx, u *user) error {
	u.NewEmail, u.EmailChangeHalf, u.NewPhone = nil, nil, nil // callers go on with the user
	_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("new_email", nil), store.SetTo("email_change_half", nil), store.SetTo("new_phone", nil))
	return err
}

// sentColumns are the columns of a user that say when a mail was sent.
var sentColumns = map[codeKind]string{
	codeSignup: "confirmation_sent_at", codeInvite: "confirmation_sent_at", codeMagicLink: "recovery_sent_at", codeReset: "recovery_sent_at",
	codeEmailOld: "email_change_sent_at", codeEmailNew: "email_change_sent_at", codeReauth: "reauthentication_sent_at",
	codeSMSSignup: "confirmation_sent_at", codeSMS: "recovery_sent_at", codePhone: "phone_change_sent_at",
}

// linkLife is the lifetime of the link of a code, or of the digits of one without a link.
func (a *Accounts) linkLife(kind codeKind) time.Duration {
	switch kind {
	case codeInvite:
		return a.config.InviteLife
	case codeReauth, codeSMSSignup, codeSMS, codePhone:
		return digitsLife
	}
	return a.config.LinkLife
}

// pkcePrefix marks the token of a link with a flow that ends in a PKCE code. Clients look for
// it.
const pkcePrefix = "pkce_"

// token is a code as a link has it.
func (s *secrets) token(f flow) string {
	if f.Challenge != "" {
		return pkcePrefix + s.long
	}
	return s.long
}

// link is the URL of the page on which the reader of a mail confirms. It begins with
// Config.PublicURL and uses no header of the request.
func (a *Accounts) link(kind codeKind, s secrets, f flow) string {
	// The token stands first, where existing clients and tests look for it.
	return a.verifyURL() + "?token=" + url.QueryEscape(s.token(f)) + "&type=" + url.QueryEscape(linkType(kind)) +
		"&redirect_to=" + url.QueryEscape(f.Redirect)
}

func (a *Accounts) verifyURL() string { return strings.TrimSuffix(a.config.PublicURL, "/") + "/verify" }

// linkType is what clients call a kind of code.
func linkType(kind codeKind) string {
	if kind == codeEmailOld || kind == codeEmailNew {
		return "email_change"
	}
	return string(kind)
}

// locale is the language of a mail: what the user has asked for, and otherwise what
// the browser asks for first.
func (x *exchange) locale(u *user) string {
	if u != nil && u.locale() != "" {
		return u.locale()
	}
	first, _, _ := strings.Cut(x.r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return languageTag(strings.TrimSpace(first))
}
