package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// newUser describes an account to be made.
type newUser struct {
	at       contact
	password string
	metadata store.JSON
	flow     flow
	locale   string
}

// signUp makes an account. in is nil if the contact has to be confirmed first. Then the answer
// is the same for an e-mail address that has an account, and its owner is notified by mail.
func (a *Accounts) signUp(ctx context.Context, n newUser, from device) (u *user, in *issued, err error) {
	if a.config.DisableSignup {
		return nil, nil, errSignupClosed
	}
	if err := a.config.Passwords.Check(n.password, n.at.text()); err != nil {
		return nil, nil, err
	}
	if !a.config.Autoconfirm {
		u, err = a.signUpByCode(ctx, n, from)
		return u, nil, err
	}
	hash, err := a.hashes.Hash(ctx, n.password)
	if err != nil {
		return nil, nil, err
	}
	u = a.fresh(n, &hash)
	n.at.confirm(u, a.now())
	made, err := a.admit(ctx, u, "password", from)
	if err != nil {
		return nil, nil, err
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return a.create(ctx, tx, made) })
	if isTaken(err) {
		return nil, nil, errUserExists
	}
	if err != nil {
		return nil, nil, err
	}
	in, err = a.enter(ctx, u, method{Method: methodPassword}, from)
	return u, in, err
}

// fresh is the user that a sign-up is about.
func (a *Accounts) fresh(n newUser, hash *string) *user {
	now := a.now()
	u := n.at.of()
	u.PasswordHash, u.PasswordChangedAt, u.UserMetadata = hash, &now, n.metadata
	return u
}

// isTaken reports whether an error is a violated unique constraint.
func isTaken(err error) bool {
	taken, ok := errors.AsType[*store.ConstraintError](err)
	return ok && taken.Kind == store.Unique
}

// create writes a new user, with the identities that address and number are, or the
// one they have at the provider that has shown them in.
func (a *Accounts) create(ctx context.Context, tx *store.Tx, n admitted) error {
	u := n.user
	if len(u.UserMetadata) > maxMetadata || len(u.AppMetadata) > maxMetadata {
		return errMetadata
	}
	if err := store.For[user](tx).Insert(ctx, u); err != nil {
		return err
	}
	if n.externalIdentity != nil {
		if _, err := a.addIdentity(ctx, tx, u, n.externalIdentity); err != nil {
			return err
		}
	} else {
		for _, of := range u.addresses() {
			if err := store.For[identity](tx).Insert(ctx, of); err != nil {
				return err
			}
		}
	}
	e := n.from.event("signed_up", &u.ID)
	e.Actor = n.actor
	return a.record(ctx, tx, e, map[string]any{"method": n.how})
}

// errChanged makes a sign-up start again: an account was changed while its password
// was looked at.
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
func (a *Accounts) signUpByCode(ctx context.Context, n newUser, from device) (*user, error) {
	if err := a.reaches(n.at.phone != ""); err != nil {
		return nil, err
	}
	// The hook is asked once, and for an address that has an account as well.
	made, err := a.admit(ctx, a.fresh(n, nil), "password", from)
	if err != nil {
		return nil, err
	}
	for range 3 {
		seen, err := a.at(ctx, a.db, n.at)
		if err != nil {
			return nil, err
		}
		s := &signUpTry{a: a, newUser: n, admitted: made, seen: seen}
		if s.owned, err = a.owned(ctx, a.db, seen, n.at); err != nil {
			return nil, err
		}
		s.waits = seen != nil && !s.owned && a.awaits(seen, n.at)
		if err := s.hash(ctx); err != nil {
			return nil, err
		}
		err = a.db.Tx(ctx, s.run)
		if errors.Is(err, errChanged) || isTaken(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if s.wait > 0 {
			return nil, overMailLimit(n.at, s.wait)
		}
		return a.pretended(s), nil
	}
	return nil, store.ErrConflict
}

// owned reports whether a sign-up must not touch the account with a contact, nil for none. That
// is so if a contact is confirmed, or if anything but a sign-up has changed the account: an
// invitation, an import, an admin or a login at a provider. Such an account may have roles that
// an attacker would take over. The audit log is searched. If its rows have expired, the account
// stays as it is, and its owner logs in by any other mail.
func (a *Accounts) owned(ctx context.Context, s store.Session, u *user, at contact) (bool, error) {
	var id store.ID // the zero id runs the same statements
	if u != nil {
		id = u.ID
	}
	events, theirs := store.For[event](s), store.Eq("user_id", id)
	signUps, err := events.Count(ctx, store.And(theirs, store.Eq("kind", "signed_up"), store.Eq("actor", "")))
	if err != nil {
		return false, err
	}
	others, err := events.Count(ctx, store.And(theirs, store.Compare("actor", store.OpNeq, "")))
	if err != nil || u == nil {
		return false, err
	}
	return at.confirmed(u) || at.others(u) || u.LastSignInAt != nil || signUps == 0 || others > 0, nil
}

// awaits reports whether the mail or message of a sign-up is under way.
func (a *Accounts) awaits(u *user, at contact) bool {
	return u.ConfirmationSentAt != nil && a.now().Before(u.ConfirmationSentAt.Add(a.linkLife(at.signUpKind())))
}

// signUpKind is that of the codes that confirm a sign-up.
func (at contact) signUpKind() codeKind {
	if at.phone != "" {
		return codeSMSSignup
	}
	return codeSignup
}

// signUpTry is a sign-up under way.
type signUpTry struct {
	newUser
	admitted
	a *Accounts

	seen     *user // who has the contact, before the password was looked at
	owned    bool  // whether that account is to be left alone
	waits    bool  // whether a sign-up of theirs waits for its confirmation
	hashed   *string
	disagree bool // with the password of the sign-up that waits

	made *store.ID     // the account, if there was none
	wait time.Duration // for the next mail; nothing is made
}

// hash looks at the password, by one hash in each case.
func (s *signUpTry) hash(ctx context.Context) error {
	hashes := s.a.hashes
	switch {
	case s.seen == nil || !s.owned && !s.waits:
		hash, err := hashes.Hash(ctx, s.password)
		s.hashed = &hash
		return err
	case s.waits && s.seen.PasswordHash != nil:
		_, err := hashes.Verify(ctx, *s.seen.PasswordHash, s.password)
		s.disagree = errors.Is(err, password.ErrMismatch)
		if s.disagree {
			return nil
		}
		return err
	}
	err := hashes.VerifyAbsent(ctx, s.password)
	if errors.Is(err, password.ErrMismatch) {
		return nil
	}
	return err
}

// run writes what comes of it.
func (s *signUpTry) run(ctx context.Context, tx *store.Tx) error {
	a := s.a
	u, err := a.at(ctx, tx, s.at)
	if err != nil {
		return err
	}
	if (u == nil) != (s.seen == nil) || u != nil && (u.ID != s.seen.ID || u.Version != s.seen.Version) {
		return errChanged
	}
	if s.disagree {
		forgotten := []store.Set{store.SetTo("password_hash", nil), store.SetTo("user_metadata", store.JSON("{}"))}
		if _, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), forgotten...); err != nil {
			return err
		}
	}
	m := mailing{kind: s.at.signUpKind(), to: s.at.text(), template: MailConfirmation, locale: s.locale}
	m.code = mailedCode{Email: s.at.email, Phone: s.at.phone, Flow: s.flow}
	if s.at.phone != "" {
		m.template, m.code.Network = SMSConfirmation, s.from.network()
	}
	if s.wait, err = a.mailTurn(ctx, tx, m.kind, s.at); err != nil || s.wait > 0 {
		return err
	}
	switch {
	case u == nil:
		n := s.admitted
		n.user = s.fresh()
		if err := a.create(ctx, tx, n); err != nil {
			return err
		}
		s.made, m.owner = &n.ID, n.ID
	case s.owned && s.at.phone != "":
		if err := s.loginInstead(ctx, tx, &m); err != nil {
			return err
		}
	case s.owned:
		m.owner, m.template = a.keys.absentOwner(s.at), MailExisting
	case s.waits:
		m.owner = u.ID
	default:
		m.owner = u.ID
		if err := s.restart(ctx, tx, u); err != nil {
			return err
		}
	}
	return a.mailCode(ctx, tx, m)
}

// loginInstead turns the message of a sign-up into one for a login by the owner of the number.
func (s *signUpTry) loginInstead(ctx context.Context, tx *store.Tx, m *mailing) error {
	who, err := s.a.addressee(ctx, tx, s.at)
	if err != nil {
		return err
	}
	m.kind, m.template, m.owner = codeSMS, SMSLogin, who.id
	m.code.Create, m.code.Metadata, m.code.AppMetadata = true, s.user.UserMetadata, s.user.AppMetadata
	if who.user != nil && s.a.mayEnter(who.user) != nil {
		m.to = ""
	}
	return nil
}

// restart makes an account that was never confirmed the one of this sign-up.
func (s *signUpTry) restart(ctx context.Context, tx *store.Tx, u *user) error {
	if err := s.a.dropWaysIn(ctx, tx, u); err != nil {
		return err
	}
	_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("password_hash", s.hashed),
		store.SetTo("password_changed_at", s.a.now()), store.SetTo("user_metadata", s.user.UserMetadata))
	if err != nil {
		return err
	}
	return s.a.record(ctx, tx, s.from.event("signed_up", &u.ID), map[string]any{"again": true})
}

// pretended is the answer to a sign-up, whether it has made an account or not. It looks like a
// new account, and only the id of a new one is real.
func (a *Accounts) pretended(s *signUpTry) *user {
	u, now := s.fresh(), a.now()
	u.ID, u.CreatedAt, u.UpdatedAt, u.ConfirmationSentAt = store.NewID(), now, now, &now
	if s.made != nil {
		u.ID = *s.made
	}
	return u
}

// fresh is the user to be made: what the hook has made of it, with the password. It
// is another one for each attempt of a transaction.
func (s *signUpTry) fresh() *user {
	u := *s.user
	u.PasswordHash = s.hashed
	return &u
}

// How long links are good by default.
const (
	linkLife   = 30 * time.Minute
	inviteLife = 24 * time.Hour
)
