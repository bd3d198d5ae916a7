package federation

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Receive returns the account of a verified identity, and makes one if there is none. It is the
// account that has the identity, or the one with the e-mail address, see meet.
func (fd *Federation) Receive(ctx context.Context, v *data.ExternalIdentity, from data.Device) (u *data.User, err error) {
	var n *session.Admitted // the new account, if it comes to that
	for range 5 {
		err = fd.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			u, err = fd.receiveIn(ctx, tx, v, n, from)
			return err
		})
		switch {
		case errors.Is(err, errNotAdmitted):
			if n, err = fd.newAccount(ctx, v, from); err != nil {
				return nil, err
			}
		case data.IsTaken(err):
			// Of two first logins at once one meets the row of the other, and finds it
			// when it looks again.
		default:
			return u, err
		}
	}
	return nil, fail.ErrUserExists
}

// errNotAdmitted makes receive ask whether a new account may be made, which it cannot do
// in a transaction.
var errNotAdmitted = errors.New("accounts: a new account must be checked outside the transaction")

// newAccount prepares an account. It has an address only if the provider is believed
// for it.
func (fd *Federation) newAccount(ctx context.Context, v *data.ExternalIdentity, from data.Device) (*session.Admitted, error) {
	if fd.DisableSignup {
		return nil, fail.ErrSignupClosed
	}
	u := &data.User{Role: data.Audience}
	if v.Proven {
		now := fd.Now()
		u.Email, u.EmailConfirmedAt = v.Email, &now
	}
	var err error
	if u.AppMetadata, err = data.WithProviders("{}", []string{v.Provider}); err != nil {
		return nil, err
	}
	if u.UserMetadata, err = v.FillMetadata("{}"); err != nil {
		return nil, err
	}
	n, err := fd.Sessions.Admit(ctx, u, v.Provider, from)
	n.ExternalIdentity = v
	return &n, err
}

func (fd *Federation) receiveIn(ctx context.Context, tx *store.Tx, v *data.ExternalIdentity, n *session.Admitted, from data.Device) (*data.User, error) {
	i, err := data.IdentityOf(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	if i == nil {
		return fd.meet(ctx, tx, v, n, from)
	}
	u, err := data.GetUser(ctx, tx, i.UserID)
	if err != nil {
		return nil, err
	}
	if err := fd.Sessions.MayEnter(u); err != nil {
		return nil, err
	}
	doc, err := store.JSONOf(v.Data)
	if err != nil {
		return nil, err
	}
	v.Identity = i.ID
	return u, data.RecordLogin(ctx, tx, i.ID, doc, v.Email, fd.Now())
}

// meet finds an account for an identity that is seen for the first time. An e-mail address
// leads to an account only if the provider has verified it and is trusted. If the account has
// confirmed the address, both belong to the same person. If not, the account is taken over and
// what was in it is removed. Without a trusted address a new account is made without it,
// whether another account has the address or not.
func (fd *Federation) meet(ctx context.Context, tx *store.Tx, v *data.ExternalIdentity, n *session.Admitted, from data.Device) (*data.User, error) {
	var u *data.User
	if v.Proven {
		var err error
		if u, err = data.ReachedAt(ctx, tx, data.Contact{Email: *v.Email}); err != nil {
			return nil, err
		}
	}
	if u == nil {
		if n == nil {
			return nil, errNotAdmitted
		}
		if v.Proven {
			if err := fd.Changes.Release(ctx, tx, data.Contact{Email: *v.Email}); err != nil {
				return nil, err
			}
		}
		fresh := *n.User // a transaction may run several times
		made := *n
		made.User = &fresh
		return &fresh, fd.SignUps.Create(ctx, tx, made)
	}
	if err := fd.Sessions.MayEnter(u); err != nil {
		return nil, err
	}
	if u.EmailConfirmedAt == nil {
		if err := fd.Changes.Evict(ctx, tx, u, data.Contact{Email: *v.Email}, from); err != nil {
			return nil, err
		}
		now := fd.Now()
		u.EmailConfirmedAt = &now
	}
	if err := fd.Outbox.Notice(ctx, tx, u, outbox.ChangeIdentityAdded); err != nil {
		return nil, err
	}
	return u, fd.join(ctx, tx, u, v, from.Event("identity_linked", &u.ID))
}

// join gives an account that exists the identity of a login, and what goes with it. e
// is the line of the audit log for it.
func (fd *Federation) join(ctx context.Context, tx *store.Tx, u *data.User, v *data.ExternalIdentity, e *data.Event) error {
	i, err := fd.Changes.AddIdentity(ctx, tx, u, v)
	if err != nil {
		return err
	}
	if u.UserMetadata, err = v.FillMetadata(u.UserMetadata); err != nil {
		return err
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	u.IsAnonymous = false
	if err := data.WriteJoined(ctx, tx, u); err != nil {
		return err
	}
	return fd.Sessions.Record(ctx, tx, e, map[string]any{"provider": v.Provider, "identity_id": i.ID})
}

// UnlinkIdentity takes an identity off an account, and with it what rests on it: the sessions
// that were begun by it, but for the one that asks; the password, where the identity
// is the address; and the address, where no other identity has it. One identity has to
// stay.
func (fd *Federation) UnlinkIdentity(ctx context.Context, by *data.Session, id store.ID, from data.Device) error {
	owner := by.UserID
	return fd.Sessions.WhileOpen(ctx, by, func(ctx context.Context, tx *store.Tx) error {
		u, err := data.GetUser(ctx, tx, owner)
		if err != nil {
			return err
		}
		rest, err := data.IdentitiesOf(ctx, tx, owner)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rest, func(i *data.Identity) bool { return i.ID == id })
		if at < 0 {
			return &problem.Error{Code: problem.AuthIdentityNotFound}
		}
		if len(rest) == 1 {
			return &problem.Error{Code: problem.AuthSingleIdentity}
		}
		gone := rest[at]
		rest = slices.Delete(rest, at, at+1)
		if err := data.DeleteIdentity(ctx, tx, id); err != nil {
			return err
		}
		if err := fd.Outbox.Notice(ctx, tx, u, outbox.ChangeIdentityRemoved); err != nil {
			return err
		}
		if err := fd.withoutIdentity(ctx, tx, u, gone, rest); err != nil {
			return err
		}
		if err := fd.endBegunAt(ctx, tx, owner, by.ID, gone.Provider); err != nil {
			return err
		}
		if err := fd.Codes.DropCodes(ctx, tx, owner, data.CodeFlow); err != nil { // of logins that are not over yet
			return err
		}
		e := from.Event("identity_unlinked", &owner)
		e.SessionID = &by.ID
		return fd.Sessions.Record(ctx, tx, e, map[string]any{"provider": gone.Provider, "identity_id": gone.ID})
	})
}

// withoutIdentity takes from a user what an identity has brought.
func (fd *Federation) withoutIdentity(ctx context.Context, tx *store.Tx, u *data.User, gone *data.Identity, rest []*data.Identity) error {
	has := func(i *data.Identity) bool { return i.Email != nil && u.Email != nil && *i.Email == *u.Email }
	if gone.Provider == "email" {
		u.PasswordHash, u.PasswordChangedAt = nil, nil
	}
	if gone.Provider == "phone" {
		u.Phone, u.PhoneConfirmedAt = nil, nil
		if u.Email == nil { // the password was that of the number
			u.PasswordHash, u.PasswordChangedAt = nil, nil
		}
		if err := fd.Changes.CancelMailed(ctx, tx, u); err != nil {
			return err
		}
	}
	if has(gone) && !slices.ContainsFunc(rest, has) {
		u.Email, u.EmailConfirmedAt = nil, nil
		if err := fd.Changes.CancelMailed(ctx, tx, u); err != nil { // they were mailed there
			return err
		}
		for _, i := range rest {
			if !i.Proven() {
				continue
			}
			if err := fd.giveEmail(ctx, tx, u, i.Email); err != nil {
				return err
			}
			if u.Email != nil {
				break
			}
		}
	}
	if err := data.SyncProviders(ctx, tx, u); err != nil {
		return err
	}
	return data.WriteUnlinked(ctx, tx, u)
}

// endBegunAt ends the sessions that a user has begun by an identity, but for one.
func (fd *Federation) endBegunAt(ctx context.Context, tx *store.Tx, owner, but store.ID, provider string) error {
	living, err := data.OpenSessions(ctx, tx, owner, but)
	if err != nil {
		return err
	}
	begun := slices.DeleteFunc(living, func(s *data.Session) bool { return !s.BegunAt(provider) })
	return fd.Sessions.EndIn(ctx, tx, data.SessionsAmong(data.IDsOf(begun)), session.EndedByUnlinking)
}
