package account

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// NewUser describes an account to be made.
type NewUser struct {
	At       data.Contact
	Password string
	Metadata store.JSON
	Flow     data.Flow
	Locale   string
}

// SignUp makes an account. in is nil if the contact has to be confirmed first. Then the answer
// is the same for an e-mail address that has an account, and its owner is notified by mail.
func (su *SignUps) SignUp(ctx context.Context, n NewUser, from data.Device) (u *data.User, in *session.Issued, err error) {
	if su.DisableSignup {
		return nil, nil, fail.ErrSignupClosed
	}
	if err := su.Passwords.Check(n.Password, n.At.Text()); err != nil {
		return nil, nil, err
	}
	if !su.Autoconfirm {
		u, err = su.signUpByCode(ctx, n, from)
		return u, nil, err
	}
	hash, err := su.Hashes.Hash(ctx, n.Password)
	if err != nil {
		return nil, nil, err
	}
	u = su.NewUserOf(n, &hash)
	n.At.Confirm(u, su.Now())
	made, err := su.Sessions.Admit(ctx, u, "password", from)
	if err != nil {
		return nil, nil, err
	}
	err = su.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return su.Create(ctx, tx, made) })
	if data.IsTaken(err) {
		return nil, nil, fail.ErrUserExists
	}
	if err != nil {
		return nil, nil, err
	}
	in, err = su.Sessions.Enter(ctx, u, data.Method{Method: data.MethodPassword}, from)
	return u, in, err
}

// NewUserOf returns the user that a sign-up makes.
func (su *SignUps) NewUserOf(n NewUser, hash *string) *data.User {
	now := su.Now()
	u := n.At.Of()
	u.PasswordHash, u.PasswordChangedAt, u.UserMetadata = hash, &now, n.Metadata
	return u
}

// Create writes a new user with the identities of its contacts, or with the identity of a
// login at a provider.
func (su *SignUps) Create(ctx context.Context, tx *store.Tx, n session.Admitted) error {
	u := n.User
	if len(u.UserMetadata) > data.MaxMetadata || len(u.AppMetadata) > data.MaxMetadata {
		return data.ErrMetadata
	}
	if err := data.Insert(ctx, tx, u); err != nil {
		return err
	}
	if n.ExternalIdentity != nil {
		if _, err := su.Changes.AddIdentity(ctx, tx, u, n.ExternalIdentity); err != nil {
			return err
		}
	} else {
		for _, of := range u.Addresses() {
			if err := data.Insert(ctx, tx, of); err != nil {
				return err
			}
		}
	}
	e := n.From.Event("signed_up", &u.ID)
	e.Actor = n.Actor
	return su.Sessions.Record(ctx, tx, e, map[string]any{"method": n.How})
}

// errChanged makes a sign-up start again, because the account has changed while its
// password was hashed.
var errChanged = errors.New("accounts: an account was changed by another sign-up at the same time")

// signUpByCode makes an account that a mail or a message confirms, sends it again for an
// unconfirmed one, or notifies the owner of an existing one. The answer and its time are the
// same in each case: one password is hashed, one code made and one mail queued. A message costs
// money, so the owner of a number with an account gets the code of a login. The password of the
// sign-up is then forgotten.
//
// Anyone can sign up with any e-mail address. If two sign-ups have different passwords while a
// mail is in flight, its reader cannot know which one they confirm. Then neither password nor
// metadata are kept: the reader is logged in and chooses a password. After that time a sign-up
// begins from scratch. An account that was not only made by sign-ups is not unconfirmed, see
// owned.
func (su *SignUps) signUpByCode(ctx context.Context, n NewUser, from data.Device) (*data.User, error) {
	if err := su.Outbox.Reaches(n.At.Phone != ""); err != nil {
		return nil, err
	}
	// The hook runs once, also for a contact that has an account.
	made, err := su.Sessions.Admit(ctx, su.NewUserOf(n, nil), "password", from)
	if err != nil {
		return nil, err
	}
	for range 3 {
		seen, err := data.At(ctx, su.DB, n.At)
		if err != nil {
			return nil, err
		}
		s := &signUpAttempt{signUps: su, NewUser: n, Admitted: made, seen: seen}
		if s.owned, err = owned(ctx, su.DB, seen, n.At); err != nil {
			return nil, err
		}
		s.waits = seen != nil && !s.owned && su.awaitsConfirmation(seen, n.At)
		if err := s.hash(ctx); err != nil {
			return nil, err
		}
		err = su.DB.Tx(ctx, s.run)
		if errors.Is(err, errChanged) || data.IsTaken(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if s.wait > 0 {
			return nil, throttle.OverMailLimit(n.At, s.wait)
		}
		return su.pretended(s), nil
	}
	return nil, store.ErrConflict
}

// owned reports whether a sign-up must not touch the account with a contact, nil for none. That
// is so if a contact is confirmed, or if anything but a sign-up has changed the account: an
// invitation, an import, an admin or a login at a provider. Such an account may have roles that
// an attacker would take over. The audit log is searched. If its rows have expired, the account
// stays as it is, and its owner logs in by any other mail.
func owned(ctx context.Context, s store.Session, u *data.User, at data.Contact) (bool, error) {
	var id store.ID // the zero id runs the same statements
	if u != nil {
		id = u.ID
	}
	signUps, others, err := data.SignUpsOf(ctx, s, id)
	if err != nil || u == nil {
		return false, err
	}
	return at.Confirmed(u) || at.Others(u) || u.LastSignInAt != nil || signUps == 0 || others > 0, nil
}

// awaitsConfirmation reports whether a sign-up with a contact waits for its confirmation.
func (su *SignUps) awaitsConfirmation(u *data.User, at data.Contact) bool {
	return u.ConfirmationSentAt != nil && su.Now().Before(u.ConfirmationSentAt.Add(su.Changes.LinkLifeOf(at.SignUpKind())))
}

// signUpAttempt is one attempt to sign up.
type signUpAttempt struct {
	NewUser
	session.Admitted
	signUps *SignUps

	seen     *data.User // the account with the contact, before the password was hashed
	owned    bool       // the account must not be changed
	waits    bool       // a sign-up waits for its confirmation
	hashed   *string
	disagree bool // with the password of the sign-up that waits

	made *store.ID     // the account, if there was none
	wait time.Duration // for the next mail; nothing is made
}

// hash hashes the password, or compares it with the stored one. Each case costs one hash.
func (s *signUpAttempt) hash(ctx context.Context) error {
	hashes := s.signUps.Hashes
	switch {
	case s.seen == nil || !s.owned && !s.waits:
		hash, err := hashes.Hash(ctx, s.Password)
		s.hashed = &hash
		return err
	case s.waits && s.seen.PasswordHash != nil:
		_, err := hashes.Verify(ctx, *s.seen.PasswordHash, s.Password)
		s.disagree = errors.Is(err, password.ErrMismatch)
		if s.disagree {
			return nil
		}
		return err
	}
	err := hashes.VerifyAbsent(ctx, s.Password)
	if errors.Is(err, password.ErrMismatch) {
		return nil
	}
	return err
}

// run writes the account or the mail.
func (s *signUpAttempt) run(ctx context.Context, tx *store.Tx) error {
	a := s.signUps
	u, err := data.At(ctx, tx, s.At)
	if err != nil {
		return err
	}
	if (u == nil) != (s.seen == nil) || u != nil && (u.ID != s.seen.ID || u.Version != s.seen.Version) {
		return errChanged
	}
	if s.disagree {
		if err := data.ForgetSignUp(ctx, tx, u.ID); err != nil {
			return err
		}
	}
	m := Mailing{Kind: s.At.SignUpKind(), To: s.At.Text(), Template: outbox.MailConfirmation, Locale: s.Locale}
	m.Code = data.MailedCode{Email: s.At.Email, Phone: s.At.Phone, Flow: s.Flow}
	if s.At.Phone != "" {
		m.Template, m.Code.Network = outbox.SMSConfirmation, s.From.Network()
	}
	if s.wait, err = a.Throttle.MailTurn(ctx, tx, m.Kind, s.At); err != nil || s.wait > 0 {
		return err
	}
	switch {
	case u == nil:
		n := s.Admitted
		n.User = s.fresh()
		if err := a.Create(ctx, tx, n); err != nil {
			return err
		}
		s.made, m.Owner = &n.ID, n.ID
	case s.owned && s.At.Phone != "":
		if err := s.loginInstead(ctx, tx, &m); err != nil {
			return err
		}
	case s.owned:
		m.Owner, m.Template = a.Keys.AbsentOwner(s.At), outbox.MailExisting
	case s.waits:
		m.Owner = u.ID
	default:
		m.Owner = u.ID
		if err := s.restart(ctx, tx, u); err != nil {
			return err
		}
	}
	return a.Changes.MailCode(ctx, tx, m)
}

// loginInstead turns the message of a sign-up into one for a login by the owner of the number.
func (s *signUpAttempt) loginInstead(ctx context.Context, tx *store.Tx, m *Mailing) error {
	who, err := s.signUps.Changes.Addressee(ctx, tx, s.At)
	if err != nil {
		return err
	}
	m.Kind, m.Template, m.Owner = data.CodeSMS, outbox.SMSLogin, who.ID
	m.Code.Create, m.Code.Metadata, m.Code.AppMetadata = true, s.User.UserMetadata, s.User.AppMetadata
	if who.User != nil && s.signUps.Sessions.MayEnter(who.User) != nil {
		m.To = ""
	}
	return nil
}

// restart makes an account that was never confirmed the one of this sign-up.
func (s *signUpAttempt) restart(ctx context.Context, tx *store.Tx, u *data.User) error {
	if err := s.signUps.Changes.removeCredentials(ctx, tx, u); err != nil {
		return err
	}
	if err := data.Restart(ctx, tx, u.ID, s.hashed, s.signUps.Now(), s.User.UserMetadata); err != nil {
		return err
	}
	return s.signUps.Sessions.Record(ctx, tx, s.From.Event("signed_up", &u.ID), map[string]any{"again": true})
}

// pretended is the answer to a sign-up, whether it has made an account or not. It looks like a
// new account, and only the id of a new one is real.
func (su *SignUps) pretended(s *signUpAttempt) *data.User {
	u, now := s.fresh(), su.Now()
	u.ID, u.CreatedAt, u.UpdatedAt, u.ConfirmationSentAt = store.NewID(), now, now, &now
	if s.made != nil {
		u.ID = *s.made
	}
	return u
}

// fresh returns the admitted user with the password, another copy for each attempt of a
// transaction.
func (s *signUpAttempt) fresh() *data.User {
	u := *s.User
	u.PasswordHash = s.hashed
	return &u
}

// Default lifetimes of links.
const (
	LinkLife   = 30 * time.Minute
	InviteLife = 24 * time.Hour
)

// upgrade is the metadata that Config.BeforeSignUp returned for an anonymous user who gets an
// account: members to set, and null for members to remove. The codes of a change keep it.
type upgrade struct{ app, user store.JSON }

// AdmitGuest is [session.Sessions.Admit] for an anonymous user who gets an account. It keeps
// anonymous users from bypassing the hook and Config.DisableSignup.
func (su *SignUps) AdmitGuest(ctx context.Context, guest data.User, how string, from data.Device) (up upgrade, err error) {
	if su.DisableSignup {
		return up, fail.ErrSignupClosed
	}
	before := guest
	if _, err := su.Sessions.Admit(ctx, &guest, how, from); err != nil {
		return up, err
	}
	if len(guest.AppMetadata) > data.MaxMetadata || len(guest.UserMetadata) > data.MaxMetadata {
		return up, data.ErrMetadata
	}
	return upgradeOf(&before, &guest)
}

// upgradeOf returns the changes from the metadata of one user to those of another.
func upgradeOf(before, after *data.User) (up upgrade, err error) {
	if up.app, err = data.Changes(before.AppMetadata, after.AppMetadata); err != nil {
		return up, err
	}
	up.user, err = data.Changes(before.UserMetadata, after.UserMetadata)
	return up, err
}

// AdmitLink runs BeforeSignUp for an identity by which an anonymous user gets an account.
func (su *SignUps) AdmitLink(ctx context.Context, to *data.Linking, v *data.ExternalIdentity, from data.Device) (upgrade, error) {
	u, err := su.Linked(ctx, su.DB, to)
	if err != nil || !u.IsAnonymous {
		return upgrade{}, err
	}
	guest := *u
	if u.Email == nil && v.Proven {
		guest.Email = v.Email
	}
	if guest.UserMetadata, err = v.FillMetadata(u.UserMetadata); err != nil {
		return upgrade{}, err
	}
	return su.AdmitGuest(ctx, guest, v.Provider, from)
}

// admitBy runs BeforeSignUp for a change by an admin by which an anonymous user gets an e-mail
// address or a phone number.
func (ch *Changes) admitBy(ctx context.Context, by role.Authority, u *data.User, c *Change) error {
	if !u.IsAnonymous || c.Email == "" && c.Phone == "" {
		return nil
	}
	guest := *u
	if err := ch.apply(by, &guest, *c); err != nil {
		return err
	}
	if _, err := ch.Sessions.Admit(ctx, &guest, "admin", by.From); err != nil {
		return err
	}
	up, err := upgradeOf(u, &guest)
	c.App, c.User = up.app, up.user
	return err
}

// Upgrade writes the admitted metadata when an anonymous user gets an account.
func Upgrade(ctx context.Context, tx *store.Tx, u *data.User, up upgrade) (err error) {
	if u.AppMetadata, err = data.Merged(u.AppMetadata, up.app); err != nil {
		return err
	}
	if u.UserMetadata, err = data.Merged(u.UserMetadata, up.user); err != nil {
		return err
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	return data.WriteMetadata(ctx, tx, u)
}

// upgradeBy writes the metadata that were admitted when an anonymous user asked for the e-mail
// address or phone number that is confirmed now. A code without them is rejected unless an
// admin has made it, since the hook did not run.
func upgradeBy(ctx context.Context, tx *store.Tx, guest *data.User, c *data.MailedCode) error {
	switch {
	case !guest.IsAnonymous || c.Session == nil:
		return nil
	case c.AppMetadata == "":
		return fail.ErrOTP
	}
	return Upgrade(ctx, tx, guest, upgrade{app: c.AppMetadata, user: c.Metadata})
}
