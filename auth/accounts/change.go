package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// change is what an admin wants an account to be. What is nil or empty stays.
type change struct {
	id           *store.ID // of a new account
	email, phone string    // canonical
	confirmEmail bool
	confirmPhone bool
	password     string
	hash         string // in place of password
	role         string
	ban          *time.Duration // 0 ends one
	app, user    store.JSON     // merged into the metadata; empty for none
	roles        *[]string
}

// prepare judges the password and hashes it, which takes too long for a transaction.
func (a *Accounts) prepare(ctx context.Context, c *change, email string) (err error) {
	switch {
	case c.password != "" && c.hash != "":
		return failf(problem.AuthValidation, "Only a password or a password hash should be provided")
	case c.hash != "":
		if password.CheckHash(c.hash) != nil {
			return failf(problem.AuthValidation, "password_hash must be one of argon2id, in the PHC string format, or of bcrypt")
		}
	case c.password != "":
		if err := a.config.Passwords.Check(c.password, email); err != nil {
			return err
		}
		c.hash, err = a.hashes.Hash(ctx, c.password)
	}
	return err
}

// createBy makes an account on behalf of an admin or the application.
func (a *Accounts) createBy(ctx context.Context, by authority, c change) (*user, error) {
	switch {
	case c.email == "" && c.phone == "":
		return nil, failf(problem.AuthValidation, "Cannot create a user without either an email or phone")
	case c.id != nil && by.limits != nil:
		return nil, errEscalation // rows of the application may still refer to the former user of the id
	}
	if err := a.prepare(ctx, &c, c.email); err != nil {
		return nil, err
	}
	u := &user{Role: audience, AppMetadata: c.providers(), UserMetadata: "{}"}
	if c.id != nil {
		u.ID = *c.id
	}
	if err := a.apply(by, u, c); err != nil {
		return nil, err
	}
	made, err := a.admit(ctx, u, "admin", by.from)
	if err != nil {
		return nil, err
	}
	made.actor = by.actor
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := a.create(ctx, tx, made); err != nil || c.roles == nil {
			return err
		}
		return a.setRoles(ctx, tx, by, u, *c.roles)
	})
	return u, taken(err)
}

// providers is the app_metadata of a new account.
func (c *change) providers() store.JSON {
	switch {
	case c.email == "":
		return phoneProvider
	case c.phone == "":
		return emailProvider
	}
	return `{"provider":"email","providers":["email","phone"]}`
}

// taken says which name of an account another one has.
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
	return failf(problem.AuthUserExists, "A user with this id exists")
}

// changeBy changes an account on behalf of an admin or the application. A new password, e-mail
// address or phone number ends all sessions, and so does a ban.
func (a *Accounts) changeBy(ctx context.Context, by authority, id store.ID, c change) error {
	u, err := a.userByID(ctx, a.db, id)
	if err == nil && u.RemovedAt != nil {
		err = errUserUnknown
	}
	if err != nil {
		return err
	}
	// Check the rights before the password is hashed.
	if err := a.over(ctx, a.db, by, u); err != nil {
		return err
	}
	if err := a.prepare(ctx, &c, deref(u.Email)); err != nil {
		return err
	}
	if err := a.admitBy(ctx, by, u, &c); err != nil {
		return err
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return a.changeIn(ctx, tx, by, id, c) })
	return taken(err)
}

func (a *Accounts) changeIn(ctx context.Context, tx *store.Tx, by authority, id store.ID, c change) error {
	u, err := a.userByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := a.over(ctx, tx, by, u); err != nil {
		return err
	}
	before := *u
	if err := a.apply(by, u, c); err != nil {
		return err
	}
	if !slices.EqualFunc(before.addresses(), u.addresses(), sameIdentity) {
		if err := a.changeAddresses(ctx, tx, u); err != nil {
			return err
		}
		if err := a.syncProviders(ctx, tx, u); err != nil {
			return err
		}
	}
	if err := store.For[user](tx).Save(ctx, u); err != nil {
		return err
	}
	if c.roles != nil {
		if err := a.setRoles(ctx, tx, by, u, *c.roles); err != nil {
			return err
		}
	}
	if err := a.changed(ctx, tx, &before, u, c); err != nil {
		return err
	}
	return a.record(ctx, tx, by.event("user_changed", &u.ID), map[string]any{"changed": c.names(&before, u)})
}

// apply changes an account in memory.
func (a *Accounts) apply(by authority, u *user, c change) (err error) {
	now := a.now()
	if c.email != "" {
		u.Email, u.NewEmail, u.EmailChangeHalf = &c.email, nil, nil
	}
	if c.phone != "" {
		u.Phone, u.NewPhone = &c.phone, nil
	}
	if c.confirmEmail && u.Email != nil && u.EmailConfirmedAt == nil {
		u.EmailConfirmedAt = &now
	}
	if c.confirmPhone && u.Phone != nil && u.PhoneConfirmedAt == nil {
		u.PhoneConfirmedAt = &now
	}
	if u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil {
		u.IsAnonymous = false
	}
	if c.hash != "" {
		u.PasswordHash, u.PasswordChangedAt = &c.hash, &now
	}
	if c.role != "" && c.role != u.Role {
		if !by.holds([]string{c.role}, nil) {
			return errEscalation
		}
		u.Role = c.role
	}
	if c.ban != nil {
		u.BannedUntil = nil
		if *c.ban > 0 {
			until := now.Add(*c.ban)
			u.BannedUntil = &until
		}
	}
	if u.AppMetadata, err = merged(u.AppMetadata, c.app); err != nil {
		return err
	}
	u.UserMetadata, err = merged(u.UserMetadata, c.user)
	return err
}

// changed does what follows from a change: it ends sessions or makes access tokens
// anew, and takes back the links that were sent to an address.
func (a *Accounts) changed(ctx context.Context, tx *store.Tx, before, u *user, c change) error {
	notices, why := c.ownerNotices(before, u), ""
	switch {
	case c.ban != nil && *c.ban > 0:
		why = endedByBan
	case len(notices) > 0:
		why = notices[0]
	}
	for _, notice := range notices {
		if err := a.notice(ctx, tx, before, notice); err != nil {
			return err
		}
	}
	if why != "" {
		if err := a.endOthers(ctx, tx, u, nil, why); err != nil {
			return err
		}
	}
	if why == "" && before.Role == u.Role && before.AppMetadata == u.AppMetadata && before.IsAnonymous == u.IsAnonymous {
		return nil
	}
	return a.revokeUser(ctx, tx, u)
}

// ownerNotices are the changes that the owner is notified of, in this order. They end the
// sessions of the account.
func (c *change) ownerNotices(before, u *user) []string {
	var out []string
	if c.hash != "" {
		out = append(out, changePassword)
	}
	if deref(before.Email) != deref(u.Email) {
		out = append(out, changeEmail)
	}
	if deref(before.Phone) != deref(u.Phone) {
		out = append(out, changePhone)
	}
	return out
}

// names are those of the members that a change has changed, for the audit log.
func (c *change) names(before, u *user) []string {
	out := c.ownerNotices(before, u)
	for name, changed := range map[string]bool{
		"email_confirmed": before.EmailConfirmedAt == nil && u.EmailConfirmedAt != nil,
		"phone_confirmed": before.PhoneConfirmedAt == nil && u.PhoneConfirmedAt != nil,
		"role":            before.Role != u.Role, "ban": c.ban != nil, "roles": c.roles != nil,
		"app_metadata": before.AppMetadata != u.AppMetadata, "user_metadata": before.UserMetadata != u.UserMetadata,
	} {
		if changed {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// changeAddresses keeps the identities that address and number are what the account
// says they are.
func (a *Accounts) changeAddresses(ctx context.Context, tx *store.Tx, u *user) error {
	identities := store.For[identity](tx)
	for _, of := range u.addresses() {
		which := store.And(store.Eq("user_id", u.ID), store.Eq("provider", of.Provider), store.Eq("issuer", ""))
		n, err := identities.PatchWhere(ctx, which, store.SetTo("data", of.Data), store.SetTo("email", of.Email))
		if err != nil {
			return err
		}
		if n == 0 {
			if err := identities.Insert(ctx, of); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameIdentity reports whether two identities say the same.
func sameIdentity(a, b *identity) bool { return a.Provider == b.Provider && a.Data == b.Data }

// addresses are the identities that a user has by their address and their number.
func (u *user) addresses() []*identity {
	var out []*identity
	if u.Email != nil {
		out = append(out, u.knownBy("email", *u.Email))
	}
	if u.Phone != nil {
		out = append(out, u.knownBy("phone", *u.Phone))
	}
	return out
}

func (u *user) knownBy(provider, address string) *identity {
	data, err := store.JSONOf(map[string]any{
		"sub": u.ID, provider: address, "email_verified": u.EmailConfirmedAt != nil, "phone_verified": u.PhoneConfirmedAt != nil,
	})
	if err != nil {
		panic(err) // texts and booleans can be written
	}
	i := &identity{UserID: u.ID, Provider: provider, Subject: u.ID.String(), Data: data}
	if provider == "email" {
		i.Email = &address
	}
	return i
}

// readBan reads a duration, or "none".
func readBan(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	if text == "none" {
		return new(time.Duration), nil
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d <= 0 {
		return nil, failf(problem.AuthValidation, `ban_duration must be "none" or a duration as "24h" or "1h30m"`)
	}
	return &d, nil
}
