package accounts

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// unlinkIdentity takes an identity off an account, and with it what rests on it: the sessions
// that were begun by it, but for the one that asks; the password, where the identity
// is the address; and the address, where no other identity has it. One identity has to
// stay.
func (a *Accounts) unlinkIdentity(ctx context.Context, by *session, id store.ID, from device) error {
	owner := by.UserID
	return a.whileOpen(ctx, by, func(ctx context.Context, tx *store.Tx) error {
		u, err := store.For[user](tx).Get(ctx, owner)
		if err != nil {
			return err
		}
		rest, err := a.identitiesOf(ctx, tx, owner)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rest, func(i *identity) bool { return i.ID == id })
		if at < 0 {
			return &problem.Error{Code: problem.AuthIdentityNotFound}
		}
		if len(rest) == 1 {
			return &problem.Error{Code: problem.AuthSingleIdentity}
		}
		gone := rest[at]
		rest = slices.Delete(rest, at, at+1)
		if err := store.For[identity](tx).Delete(ctx, id); err != nil {
			return err
		}
		if err := a.notice(ctx, tx, u, changeIdentityRemoved); err != nil {
			return err
		}
		if err := a.withoutIdentity(ctx, tx, u, gone, rest); err != nil {
			return err
		}
		if err := a.endBegunAt(ctx, tx, owner, by.ID, gone.Provider); err != nil {
			return err
		}
		if err := a.dropCodes(ctx, tx, owner, codeFlow); err != nil { // of logins that are not over yet
			return err
		}
		e := from.event("identity_unlinked", &owner)
		e.SessionID = &by.ID
		return a.record(ctx, tx, e, map[string]any{"provider": gone.Provider, "identity_id": gone.ID})
	})
}

// withoutIdentity takes from a user what an identity has brought.
func (a *Accounts) withoutIdentity(ctx context.Context, tx *store.Tx, u *user, gone *identity, rest []*identity) error {
	has := func(i *identity) bool { return i.Email != nil && u.Email != nil && *i.Email == *u.Email }
	if gone.Provider == "email" {
		u.PasswordHash, u.PasswordChangedAt = nil, nil
	}
	if gone.Provider == "phone" {
		u.Phone, u.PhoneConfirmedAt = nil, nil
		if u.Email == nil { // the password was that of the number
			u.PasswordHash, u.PasswordChangedAt = nil, nil
		}
		if err := a.dropMailed(ctx, tx, u); err != nil {
			return err
		}
	}
	if has(gone) && !slices.ContainsFunc(rest, has) {
		u.Email, u.EmailConfirmedAt = nil, nil
		if err := a.dropMailed(ctx, tx, u); err != nil { // they were mailed there
			return err
		}
		for _, i := range rest {
			if !i.proven() {
				continue
			}
			if err := a.giveEmail(ctx, tx, u, i.Email); err != nil {
				return err
			}
			if u.Email != nil {
				break
			}
		}
	}
	if err := a.syncProviders(ctx, tx, u); err != nil {
		return err
	}
	_, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID),
		store.SetTo("email", u.Email), store.SetTo("email_confirmed_at", u.EmailConfirmedAt), store.SetTo("app_metadata", u.AppMetadata),
		store.SetTo("phone", u.Phone), store.SetTo("phone_confirmed_at", u.PhoneConfirmedAt), store.SetTo("password_hash", u.PasswordHash), store.SetTo("password_changed_at", u.PasswordChangedAt))
	return err
}

// proven reports whether the provider was believed for the address.
func (i *identity) proven() bool {
	var data struct {
		Verified bool `json:"email_verified"`
	}
	return i.Email != nil && json.Unmarshal([]byte(i.Data), &data) == nil && data.Verified
}

// endBegunAt ends the sessions that a user has begun by an identity, but for one.
func (a *Accounts) endBegunAt(ctx context.Context, tx *store.Tx, owner, but store.ID, provider string) error {
	living, err := store.For[session](tx).List(ctx, store.Query{Where: store.And(
		store.Eq("user_id", owner), store.Null("ended_at"), store.Compare("id", store.OpNeq, but),
	)})
	if err != nil {
		return err
	}
	begun := slices.DeleteFunc(living, func(s *session) bool { return !s.begunAt(provider) })
	return a.endIn(ctx, tx, store.In("id", idsOf(begun)), endedByUnlinking)
}

// begunAt reports whether a session was begun by an identity of a provider. Those that
// were begun with a password, by a mail or by a message are of the address and of the
// number.
func (s *session) begunAt(provider string) bool {
	methods, err := s.shown()
	if err != nil || len(methods) == 0 {
		return true // unknown, so it ends
	}
	if provider == "email" || provider == "phone" {
		return methods[0].Method != methodOAuth
	}
	return methods[0].Provider == provider
}
