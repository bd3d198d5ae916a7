package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// ReadAddresses reads the new contacts of an account.
func (c *Change) ReadAddresses(email, phone string) error {
	var ok bool
	if email != "" {
		if c.Email, ok = data.CanonicalEmail(email); !ok {
			return fail.ErrNoEmail
		}
	}
	if phone != "" {
		if c.Phone, ok = data.CanonicalPhone(phone); !ok {
			return fail.ErrNoPhone
		}
	}
	return nil
}

// Change is a change of an account by an admin. Nil and empty fields change nothing.
type Change struct {
	ID           *store.ID // of a new account
	Email, Phone string    // canonical
	ConfirmEmail bool
	ConfirmPhone bool
	Password     string
	Hash         string // in place of password
	Role         string
	Ban          *time.Duration // 0 ends one
	App, User    store.JSON     // merged into the metadata; empty for none
	Roles        *[]string
}

// prepare checks the password and hashes it, which takes too long for a transaction.
func (ch *Changes) prepare(ctx context.Context, c *Change, email string) (err error) {
	switch {
	case c.Password != "" && c.Hash != "":
		return fail.New(problem.AuthValidation, "Only a password or a password hash should be provided")
	case c.Hash != "":
		if password.CheckHash(c.Hash) != nil {
			return fail.New(problem.AuthValidation, "password_hash must be one of argon2id, in the PHC string format, or of bcrypt")
		}
	case c.Password != "":
		if err := ch.Passwords.Check(c.Password, email); err != nil {
			return err
		}
		c.Hash, err = ch.Hashes.Hash(ctx, c.Password)
	}
	return err
}

// PasswordHash returns the hash of the password of a sign-up.
func (su *SignUps) PasswordHash(ctx context.Context, c Change, email string) (string, error) {
	err := su.Changes.prepare(ctx, &c, email)
	return c.Hash, err
}

// CreateBy makes an account on behalf of an admin or the application.
func (su *SignUps) CreateBy(ctx context.Context, by role.Authority, c Change) (*data.User, error) {
	if err := su.Changes.prepare(ctx, &c, c.Email); err != nil {
		return nil, err
	}
	return su.createBy(ctx, nil, su.DB.Tx, by, c)
}

// CreateIn is CreateBy in a transaction of the application, which continues after an error.
func (su *SignUps) CreateIn(ctx context.Context, tx *store.Tx, by role.Authority, c Change) (*data.User, error) {
	if c.Password != "" {
		return nil, fail.New(problem.AuthValidation, "a password is not hashed in a transaction: give a PasswordHash, see HashPassword")
	}
	if err := su.Changes.prepare(ctx, &c, c.Email); err != nil {
		return nil, err
	}
	return su.createBy(ctx, tx, tx.Tx, by, c)
}

// createBy makes an account in a transaction that begin begins.
func (su *SignUps) createBy(ctx context.Context, outer *store.Tx, begin func(context.Context, func(context.Context, *store.Tx) error) error, by role.Authority, c Change) (*data.User, error) {
	switch {
	case c.Email == "" && c.Phone == "":
		return nil, fail.New(problem.AuthValidation, "Cannot create a user without either an email or phone")
	case c.ID != nil && by.Limits != nil:
		return nil, fail.ErrEscalation // rows of the application may still refer to the former user of the id
	}
	u := &data.User{Role: data.Audience, AppMetadata: c.providers(), UserMetadata: "{}"}
	if c.ID != nil {
		u.ID = *c.ID
	}
	if err := su.Changes.apply(by, u, c); err != nil {
		return nil, err
	}
	made, err := su.Sessions.AdmitIn(ctx, outer, u, "admin", by.From)
	if err != nil {
		return nil, err
	}
	made.Actor = by.Actor
	err = begin(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := su.Create(ctx, tx, made); err != nil || c.Roles == nil {
			return err
		}
		return su.Roles.SetRoles(ctx, tx, by, u, *c.Roles)
	})
	return u, taken(err)
}

// providers returns the app_metadata of a new account.
func (c *Change) providers() store.JSON {
	switch {
	case c.Email == "":
		return data.PhoneProvider
	case c.Phone == "":
		return data.EmailProvider
	}
	return `{"provider":"email","providers":["email","phone"]}`
}

// taken names the contact that another account has.
func taken(err error) error {
	broken, ok := errors.AsType[*store.ConstraintError](err)
	if !ok || broken.Kind != store.Unique || broken.Table != "auth_users" || len(broken.Columns) != 1 {
		return err
	}
	switch broken.Columns[0] {
	case "email":
		return &problem.Error{Code: problem.AuthEmailExists}
	case "phone":
		return &problem.Error{Code: problem.AuthPhoneExists}
	}
	return fail.New(problem.AuthUserExists, "A user with this id exists")
}

// ChangeBy changes an account on behalf of an admin or the application. A new password, e-mail
// address or phone number ends all sessions, and so does a ban.
func (ch *Changes) ChangeBy(ctx context.Context, by role.Authority, id store.ID, c Change) error {
	u, err := data.UserByID(ctx, ch.DB, id)
	if err == nil && u.RemovedAt != nil {
		err = fail.ErrUserUnknown
	}
	if err != nil {
		return err
	}
	// Check the rights before the password is hashed.
	if err := role.Over(ctx, ch.DB, by, u); err != nil {
		return err
	}
	if err := ch.prepare(ctx, &c, data.Deref(u.Email)); err != nil {
		return err
	}
	if err := ch.admitBy(ctx, by, u, &c); err != nil {
		return err
	}
	err = ch.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return ch.changeIn(ctx, tx, by, id, c) })
	return taken(err)
}

func (ch *Changes) changeIn(ctx context.Context, tx *store.Tx, by role.Authority, id store.ID, c Change) error {
	u, err := data.UserByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := role.Over(ctx, tx, by, u); err != nil {
		return err
	}
	before := *u
	if err := ch.apply(by, u, c); err != nil {
		return err
	}
	if !slices.EqualFunc(before.Addresses(), u.Addresses(), data.SameIdentity) {
		if err := changeAddresses(ctx, tx, u); err != nil {
			return err
		}
		if err := data.SyncProviders(ctx, tx, u); err != nil {
			return err
		}
	}
	if err := data.SaveUser(ctx, tx, u); err != nil {
		return err
	}
	if c.Roles != nil {
		if err := ch.Roles.SetRoles(ctx, tx, by, u, *c.Roles); err != nil {
			return err
		}
	}
	if err := ch.changed(ctx, tx, &before, u, c); err != nil {
		return err
	}
	return ch.Sessions.Record(ctx, tx, by.Event("user_changed", &u.ID), map[string]any{"changed": c.names(&before, u)})
}

// apply changes an account in memory.
func (ch *Changes) apply(by role.Authority, u *data.User, c Change) (err error) {
	now := ch.Now()
	if c.Email != "" {
		u.Email, u.NewEmail, u.EmailChangeHalf = &c.Email, nil, nil
	}
	if c.Phone != "" {
		u.Phone, u.NewPhone = &c.Phone, nil
	}
	if c.ConfirmEmail && u.Email != nil && u.EmailConfirmedAt == nil {
		u.EmailConfirmedAt = &now
	}
	if c.ConfirmPhone && u.Phone != nil && u.PhoneConfirmedAt == nil {
		u.PhoneConfirmedAt = &now
	}
	if u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil {
		u.IsAnonymous = false
	}
	if c.Hash != "" {
		u.PasswordHash, u.PasswordChangedAt = &c.Hash, &now
	}
	if c.Role != "" && c.Role != u.Role {
		if !by.Holds([]string{c.Role}, nil) {
			return fail.ErrEscalation
		}
		u.Role = c.Role
	}
	if c.Ban != nil {
		u.BannedUntil = nil
		if *c.Ban > 0 {
			until := now.Add(*c.Ban)
			u.BannedUntil = &until
		}
	}
	if u.AppMetadata, err = data.Merged(u.AppMetadata, c.App); err != nil {
		return err
	}
	u.UserMetadata, err = data.Merged(u.UserMetadata, c.User)
	return err
}

// changed applies the consequences of a change: it ends sessions or revokes access tokens,
// and deletes the codes that were sent to an e-mail address.
func (ch *Changes) changed(ctx context.Context, tx *store.Tx, before, u *data.User, c Change) error {
	notices, why := c.ownerNotices(before, u), ""
	switch {
	case c.Ban != nil && *c.Ban > 0:
		why = session.EndedByBan
	case len(notices) > 0:
		why = notices[0]
	}
	for _, notice := range notices {
		if err := ch.Outbox.Notice(ctx, tx, before, notice); err != nil {
			return err
		}
	}
	if why != "" {
		if err := ch.endOthers(ctx, tx, u, nil, why); err != nil {
			return err
		}
	}
	if why == "" && before.Role == u.Role && before.AppMetadata == u.AppMetadata && before.IsAnonymous == u.IsAnonymous {
		return nil
	}
	return ch.Sessions.RevokeUser(ctx, tx, u)
}

// ownerNotices are the changes that the owner is notified of, in this order. They end the
// sessions of the account.
func (c *Change) ownerNotices(before, u *data.User) []string {
	var out []string
	if c.Hash != "" {
		out = append(out, outbox.ChangePassword)
	}
	if data.Deref(before.Email) != data.Deref(u.Email) {
		out = append(out, outbox.ChangeEmail)
	}
	if data.Deref(before.Phone) != data.Deref(u.Phone) {
		out = append(out, outbox.ChangePhone)
	}
	return out
}

// names returns the names of the changed members, for the audit log.
func (c *Change) names(before, u *data.User) []string {
	out := c.ownerNotices(before, u)
	for name, changed := range map[string]bool{
		"email_confirmed": before.EmailConfirmedAt == nil && u.EmailConfirmedAt != nil,
		"phone_confirmed": before.PhoneConfirmedAt == nil && u.PhoneConfirmedAt != nil,
		"role":            before.Role != u.Role, "ban": c.Ban != nil, "roles": c.Roles != nil,
		"app_metadata": before.AppMetadata != u.AppMetadata, "user_metadata": before.UserMetadata != u.UserMetadata,
	} {
		if changed {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// changeAddresses makes the identities of e-mail address and phone number equal to the
// contacts of the account.
func changeAddresses(ctx context.Context, tx *store.Tx, u *data.User) error {
	for _, of := range u.Addresses() {
		if err := data.WriteAddress(ctx, tx, of); err != nil {
			return err
		}
	}
	return nil
}

// ReadBan reads a duration, or "none".
func ReadBan(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	if text == "none" {
		return new(time.Duration), nil
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d <= 0 {
		return nil, fail.New(problem.AuthValidation, `ban_duration must be "none" or a duration as "24h" or "1h30m"`)
	}
	return &d, nil
}

// DeleteBy deletes an account on behalf of an admin or the application. With keep the row stays
// under its id, without personal data. In both cases the e-mail address can be used for another
// account.
func (ch *Changes) DeleteBy(ctx context.Context, by role.Authority, id store.ID, keep bool) error {
	return ch.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := data.UserByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := role.Over(ctx, tx, by, u); err != nil {
			return err
		}
		if keep && u.RemovedAt != nil {
			return nil
		}
		if err := ch.Sessions.RunBeforeDelete(ctx, tx, u, keep); err != nil {
			return err
		}
		if err := ch.Sessions.EndIn(ctx, tx, data.SessionsOf(id), session.EndedByRemoval); err != nil {
			return err
		}
		if err := ch.Sessions.RevokeUser(ctx, tx, u); err != nil {
			return err
		}
		if err := data.RemoveBelongings(ctx, tx, id); err != nil {
			return err
		}
		if err := ch.removeRow(ctx, tx, u, keep); err != nil {
			return err
		}
		return ch.Sessions.Record(ctx, tx, by.Event("user_deleted", &id), map[string]any{"kept": keep})
	})
}

func (ch *Changes) removeRow(ctx context.Context, tx *store.Tx, u *data.User, keep bool) error {
	if !keep {
		return data.DeleteUser(ctx, tx, u.ID)
	}
	return data.Anonymize(ctx, tx, u.ID, ch.Now())
}
