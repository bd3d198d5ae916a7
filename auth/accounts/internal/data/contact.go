package data

import (
	"context"
	"errors"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Contact is an e-mail address or a phone number of a possible account. It is canonical, and
// the other one is empty.
type Contact struct{ Email, Phone string }

// Text is what stands in the database.
func (at Contact) Text() string {
	if at.Phone != "" {
		return at.Phone
	}
	return at.Email
}

// Column is the name of its kind, and the provider of its identity.
func (at Contact) Column() string {
	if at.Phone != "" {
		return "phone"
	}
	return "email"
}

// in selects the users with the contact.
func (at Contact) in() store.Cond {
	if at.Phone != "" {
		return userPhone.Eq(&at.Phone)
	}
	return userEmail.Eq(&at.Email)
}

// cleared removes a contact of the same kind.
func (at Contact) cleared() store.Set {
	if at.Phone != "" {
		return userPhone.To(nil)
	}
	return userEmail.To(nil)
}

// Confirmed reports whether the user has shown that the contact is theirs.
func (at Contact) Confirmed(u *User) bool {
	if at.Phone != "" {
		return u.PhoneConfirmedAt != nil
	}
	return u.EmailConfirmedAt != nil
}

// ErrNotConfirmed is the error for a login with the right password and an unconfirmed contact.
func (at Contact) ErrNotConfirmed() error {
	if at.Phone != "" {
		return fail.New(problem.AuthPhoneNotConfirmed, "Phone not confirmed")
	}
	return fail.ErrNotConfirmed
}

// Confirm marks the contact as confirmed.
func (at Contact) Confirm(u *User, now time.Time) {
	if at.Phone != "" {
		u.Phone, u.PhoneConfirmedAt = &at.Phone, &now
	} else {
		u.Email, u.EmailConfirmedAt = &at.Email, &now
	}
	u.IsAnonymous = false
}

// Of returns a user with nothing but the contact.
func (at Contact) Of() *User {
	if at.Phone != "" {
		return &User{Phone: &at.Phone, Role: Audience, AppMetadata: PhoneProvider}
	}
	return &User{Email: &at.Email, Role: Audience, AppMetadata: EmailProvider}
}

// The app_metadata of users who are known by their address or their number.
const (
	EmailProvider store.JSON = `{"provider":"email","providers":["email"]}`
	PhoneProvider store.JSON = `{"provider":"phone","providers":["phone"]}`
)

// Others reports whether an account with an unconfirmed contact has confirmed the other one.
// Then the contact was only claimed, and a person who proves to own it is not the owner of the
// account.
func (at Contact) Others(u *User) bool {
	return !at.Confirmed(u) && (u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil)
}

// At finds the account with a contact, nil without one.
func At(ctx context.Context, s store.Session, at Contact) (*User, error) {
	u, err := store.For[User](s).First(ctx, store.Query{Where: store.And(at.in(), userRemovedAt.Null())})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return u, err
}

// ReachedAt finds the user who gets a code for a contact, nil without one: the owner of the
// account that has it, unless others returns true.
func ReachedAt(ctx context.Context, s store.Session, at Contact) (*User, error) {
	u, err := At(ctx, s, at)
	if u != nil && at.Others(u) {
		u = nil
	}
	return u, err
}

// CheckChannel refuses a number that is to be reached by anything but a text message.
func (at Contact) CheckChannel(channel string) error {
	if at.Phone != "" && channel != "" && channel != "sms" {
		return fail.ErrNoChannel
	}
	return nil
}

// SignUpKind is that of the codes that confirm a sign-up.
func (at Contact) SignUpKind() CodeKind {
	if at.Phone != "" {
		return CodeSMSSignup
	}
	return CodeSignup
}

// MaxEmail is the longest address mail can be sent to (RFC 5321 section 4.5.3.1.3,
// less the brackets).
const MaxEmail = 254

// CanonicalEmail returns an e-mail address in the form that is stored and compared: without
// surrounding space, in lower case and normalization form C. ok is false for a text that is not
// a plain address.
//
// It is also false for an address with a non-ASCII letter that becomes ASCII in lower case:
// mail to "gmaİl.com" (U+0130) does not go to "gmail.com", so the two must not be the same
// account. Invisible characters and domains in a spelling other than the one that is looked up
// are rejected too. Mail servers map such domains to another one (UTS 46), so one mailbox would
// have many addresses.
func CanonicalEmail(text string) (email string, ok bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf && unicode.ToLower(r) < utf8.RuneSelf }) {
		return "", false
	}
	// Small letters are composed once more: some have one form with their accent
	// where the capital ones do not.
	text = norm.NFC.String(strings.ToLower(norm.NFC.String(text)))
	if len(text) > MaxEmail || strings.ContainsAny(text, "\r\n\t <>\",;\\") {
		return "", false
	}
	parsed, err := netmail.ParseAddress(text)
	if err != nil || parsed.Address != text || parsed.Name != "" {
		return "", false
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.HasSuffix(domain, ".") || strings.ContainsFunc(text, unseen) || strings.ContainsFunc(domain, notOfDomains) ||
		!norm.NFKC.IsNormalString(domain) {
		return "", false
	}
	return text, true
}

// unseen reports whether a character takes no room, or that of others, or stands for bytes
// that are not UTF-8.
func unseen(r rune) bool {
	return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.Is(unicode.Variation_Selector, r)
}

// notOfDomains reports whether a character is none of those of names of hosts.
func notOfDomains(r rune) bool {
	return r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}

// CanonicalPhone returns a number as digits of E.164, without the plus. It takes none with
// "(0)", which is dialled within some countries only and belongs to the number in others:
// a phone would have two numbers where an operator helps, and as many messages.
func CanonicalPhone(text string) (phone string, ok bool) {
	phone = strings.NewReplacer(" ", "", "-", "").Replace(text)
	if strings.Contains(phone, "(0)") {
		return "", false
	}
	phone = strings.NewReplacer("(", "", ")", "").Replace(phone)
	phone = strings.TrimPrefix(phone, "+")
	if len(phone) < 7 || len(phone) > 15 || phone[0] == '0' || strings.Trim(phone, "0123456789") != "" {
		return "", false
	}
	return phone, true
}
