package federation

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

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
		if err := fd.Changes.DropMailed(ctx, tx, u); err != nil {
			return err
		}
	}
	if has(gone) && !slices.ContainsFunc(rest, has) {
		u.Email, u.EmailConfirmedAt = nil, nil
		if err := fd.Changes.DropMailed(ctx, tx, u); err != nil { // they were mailed there
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
