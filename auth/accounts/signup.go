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
	email    string
	password string
	metadata store.JSON
	flow     flow
	locale   string
}

// signUp makes an account. in is nil where the address has to be confirmed first;
// the answer is then the same for an address that has an account, whose owner is
// told by mail.
func (a *Accounts) signUp(ctx context.Context, n newUser, from device) (u *user, in *issued, err error) {
	if a.config.DisableSignup {
		return nil, nil, errSignupClosed
	}
	var ok bool
	if n.email, ok = canonicalEmail(n.email); !ok {
		return nil, nil, errNoEmail
	}
	if err := a.config.Passwords.Check(n.password, n.email); err != nil {
		return nil, nil, err
	}
	if !a.config.Autoconfirm {
		u, err = a.signUpByMail(ctx, n, from)
		return u, nil, err
	}
	hash, err := a.hashes.Hash(ctx, n.password)
	if err != nil {
		return nil, nil, err
	}
	u = a.fresh(n, &hash)
	u.EmailConfirmedAt = u.PasswordChangedAt
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
	return &user{Email: &n.email, PasswordHash: hash, PasswordChangedAt: &now, Role: audience, AppMetadata: emailProvider, UserMetadata: n.metadata}
}

// isTaken reports whether an address or another name is somebody's already.
func isTaken(err error) bool {
	taken, ok := errors.AsType[*store.ConstraintError](err)
	return ok && taken.Kind == store.Unique
}

// emailProvider is the app_metadata of users who are known by their address.
const emailProvider store.JSON = `{"provider":"email","providers":["email"]}`

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
	if n.visitor != nil {
		if _, err := a.addIdentity(ctx, tx, u, n.visitor); err != nil {
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

// signUpByMail makes an account that a mail confirms, or mails again for one that
// waits, or tells its owner. The answer is the same in each case, and so is the time:
// one password is hashed, one code made and one mail queued.
//
// Anybody can sign up with the address of somebody else. If two do, with different
// passwords, while a mail is under way, its reader cannot tell whose password they
// confirm; so then nobody's is kept, nor what they have said of themselves: the reader is
// let in, and chooses one. After that time a sign-up begins anew, with nothing of the one
// before.
func (a *Accounts) signUpByMail(ctx context.Context, n newUser, from device) (*user, error) {
	if a.config.Mailer == nil {
		return nil, errNoMailer
	}
	// The hook is asked once, and for an address that has an account as well.
	made, err := a.admit(ctx, a.fresh(n, nil), "password", from)
	if err != nil {
		return nil, err
	}
	for range 3 {
		seen, err := a.byEmail(ctx, a.db, n.email)
		if err != nil {
			return nil, err
		}
		s := &signUpTry{a: a, newUser: n, admitted: made, seen: seen, waits: seen != nil && a.awaits(seen)}
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
		if s.limited {
			return nil, a.overMailLimit()
		}
		return a.pretended(s), nil
	}
	return nil, store.ErrConflict
}

// awaits reports whether the mail of a sign-up is under way.
func (a *Accounts) awaits(u *user) bool {
	return u.EmailConfirmedAt == nil && u.ConfirmationSentAt != nil && a.now().Before(u.ConfirmationSentAt.Add(a.config.LinkLife))
}

// signUpTry is a sign-up under way.
type signUpTry struct {
	newUser
	admitted
	a *Accounts

	seen     *user // who has the address, before the password was looked at
	waits    bool  // whether a sign-up of theirs waits for its confirmation
	hashed   *string
	disagree bool // with the password of the sign-up that waits

	made    *store.ID // the account, if there was none
	limited bool      // too many mails
}

// hash looks at the password, by one hash in each case.
func (s *signUpTry) hash(ctx context.Context) error {
	hashes := s.a.hashes
	switch {
	case s.seen == nil || s.seen.EmailConfirmedAt == nil && !s.waits:
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
	err := hashes.VerifyNobody(ctx, s.password)
	if errors.Is(err, password.ErrMismatch) {
		return nil
	}
	return err
}

// run writes what comes of it.
func (s *signUpTry) run(ctx context.Context, tx *store.Tx) error {
	a := s.a
	u, err := a.byEmail(ctx, tx, s.email)
	if err != nil {
		return err
	}
	if (u == nil) != (s.seen == nil) || u != nil && (u.ID != s.seen.ID || u.Version != s.seen.Version) {
		return errChanged
	}
	if s.disagree {
		nobodys := []store.Set{store.SetTo("password_hash", nil), store.SetTo("user_metadata", store.JSON("{}"))}
		if _, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), nobodys...); err != nil {
			return err
		}
	}
	within, err := a.mayMail(ctx, tx, codeSignup, s.email)
	s.limited = !within
	if err != nil || !within {
		return err
	}
	m := mailing{kind: codeSignup, to: s.email, template: MailConfirmation, locale: s.locale, code: mailedCode{Email: s.email, Flow: s.flow}}
	switch {
	case u == nil:
		n := s.admitted
		n.user = s.fresh()
		if err := a.create(ctx, tx, n); err != nil {
			return err
		}
		s.made, m.owner = &n.ID, n.ID
	case u.EmailConfirmedAt != nil:
		m.owner, m.template = a.nobody(s.email), MailExisting
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

// pretended is the answer to a sign-up, whether it has made an account or not: what a
// new one looks like. Only a new one has an id that means something.
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
