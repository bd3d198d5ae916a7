package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Tx manages accounts in a transaction of the application: accounts and the application's rows
// commit together, and mails are sent if they do. [Accounts.In] returns it. Like [store.Tx] it
// belongs to the goroutine of the transaction.
//
// The errors are those of the methods of [Accounts]. After an error of a method the transaction
// can continue, except after [store.ErrConflict].
type Tx struct {
	accounts *Accounts
	tx       *store.Tx
}

// In returns the accounts in a transaction of their database.
//
//	err := db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
//		owner, err := app.Accounts().In(tx).CreateUser(ctx, accounts.NewUser{Email: email})
//		if err != nil {
//			return err
//		}
//		return store.For[Team](tx).Insert(ctx, &Team{OwnerID: owner.ID})
//	})
func (a *Accounts) In(tx *store.Tx) *Tx { return &Tx{a, tx} }

// User is [Accounts.User].
func (t *Tx) User(ctx context.Context, id store.ID) (*User, error) { return userByID(ctx, t.tx, id) }

// UserByEmail is [Accounts.UserByEmail].
func (t *Tx) UserByEmail(ctx context.Context, email string) (*User, error) {
	return userByEmail(ctx, t.tx, email)
}

// CreateUser is [Accounts.CreateUser]. The user has a PasswordHash in place of a Password,
// because hashing takes too long for a transaction; see [Accounts.HashPassword].
func (t *Tx) CreateUser(ctx context.Context, n NewUser) (*User, error) {
	c, err := n.change()
	if err != nil {
		return nil, err
	}
	u, err := t.accounts.signUps.CreateIn(ctx, t.tx, own, c)
	if err != nil {
		return nil, err
	}
	return exportUser(u), nil
}

// SetRoles is [Accounts.SetRoles].
func (t *Tx) SetRoles(ctx context.Context, id store.ID, roles ...string) error {
	return t.tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return t.accounts.roles.GiveRoles(ctx, tx, own, id, roles)
	})
}

// RolesOf is [Accounts.RolesOf].
func (t *Tx) RolesOf(ctx context.Context, id store.ID) (roles, permissions []string, err error) {
	g, err := data.RightsOf(ctx, t.tx, id)
	return g.Roles, g.Permissions, err
}

// LinkIdentity is [Accounts.LinkIdentity].
func (t *Tx) LinkIdentity(ctx context.Context, id store.ID, identity auth.Identity) error {
	return t.accounts.linkIdentity(ctx, t.tx.Tx, id, identity)
}

// Invite is [Accounts.Invite].
func (t *Tx) Invite(ctx context.Context, i Invitation) (*User, error) {
	g, err := t.accounts.invitation(i)
	if err == nil {
		err = g.Admit(ctx, t.tx)
	}
	if err == nil {
		err = t.tx.Tx(ctx, g.Invite)
	}
	if err != nil {
		return nil, err
	}
	return exportUser(g.User), nil
}

// GenerateLink is [Accounts.GenerateLink]. A link for a sign-up has a PasswordHash.
func (t *Tx) GenerateLink(ctx context.Context, r LinkRequest) (*Link, error) {
	if r.Password != "" {
		return nil, fail.New(problem.AuthValidation, "a password is not hashed in a transaction: give a PasswordHash, see HashPassword")
	}
	g, err := t.accounts.generated(ctx, r)
	if err == nil {
		err = g.Admit(ctx, t.tx)
	}
	if err == nil {
		err = t.tx.Tx(ctx, g.Generate)
	}
	if err != nil {
		return nil, err
	}
	return t.accounts.link(g), nil
}

// HashPassword checks a password by Config.Passwords and returns its hash, for the PasswordHash
// of a new user. A password must not be like the e-mail address, which may be empty. Errors are
// those of [Accounts.CreateUser].
func (a *Accounts) HashPassword(ctx context.Context, password, email string) (string, error) {
	if err := a.config.Passwords.Check(password, email); err != nil {
		return "", err
	}
	return a.hashes.Hash(ctx, password)
}

// NormalizeEmail returns an e-mail address in the form in which accounts store and compare it.
// The error's code is validation_failed for a text that is no e-mail address.
func NormalizeEmail(address string) (string, error) {
	canonical, ok := data.CanonicalEmail(address)
	if !ok {
		return "", fail.ErrNoEmail
	}
	return canonical, nil
}

// LinkIdentity gives a user an identity of one of Config.Providers, by which the user logs in
// from then on. The identity opens the account, so the application must have verified it. The
// owner of the account is notified. The error is [ErrUserNotFound] for an unknown user. Its code is
// identity_already_exists for an identity that is linked, and validation_failed for one without
// a Subject, an unknown provider and a user without an account.
func (a *Accounts) LinkIdentity(ctx context.Context, id store.ID, identity auth.Identity) error {
	return a.linkIdentity(ctx, a.db.Tx, id, identity)
}

func (a *Accounts) linkIdentity(ctx context.Context, begin func(context.Context, func(context.Context, *store.Tx) error) error, id store.ID, identity auth.Identity) error {
	p, err := a.federation.Provider(identity.Provider)
	if err != nil {
		return err
	}
	if identity.Subject == "" {
		return fail.New(problem.AuthValidation, "an identity needs a Subject")
	}
	v, err := federation.ExternalIdentityOf(p, identity)
	if err != nil {
		return err
	}
	return begin(ctx, func(ctx context.Context, tx *store.Tx) error { return a.federation.LinkBy(ctx, tx, own, id, v) })
}
