package plinthtest

import (
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// user is a user of the test.
type user struct {
	id      store.ID
	token   string
	expires time.Time
}

// Email returns the e-mail address of a user: "alice@example.org" for alice, and the name
// itself if it is an address.
func (k *Kit) Email(name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@example.org"
}

// As returns a client that is signed in as a user. The first time it makes the account, with a
// confirmed e-mail address (see [Kit.Email]) and without a password. With roles it gives the
// account exactly these roles, which must exist. The session is real: it ends when the clock
// passes its end, and As signs in again.
//
// An application without accounts gets a token of another issuer, as by [Kit.Caller].
func (k *Kit) As(name string, roles ...string) apitest.Client {
	k.tb.Helper()
	if k.app.Accounts() == nil {
		return k.Caller(authtest.User(k.ID(name).String(), roles...))
	}
	u := k.account(name)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(roles) > 0 {
		if err := k.app.Accounts().SetRoles(k.tb.Context(), u.id, roles...); err != nil {
			k.tb.Fatalf("plinthtest: roles of %s: %v", name, err)
		}
	}
	if len(roles) > 0 || !k.Now().Before(u.expires) {
		k.signIn(name, u)
	}
	return k.Anonymous().With("Authorization", "Bearer "+u.token)
}

// SignIn is [Kit.As] with a new session. It shows what the application adds to tokens
// (accounts.Config.BeforeToken) since it has changed, such as the tenant of a user.
func (k *Kit) SignIn(name string, roles ...string) apitest.Client {
	k.tb.Helper()
	k.mu.Lock()
	if u := k.users[name]; u != nil {
		u.expires = time.Time{}
	}
	k.mu.Unlock()
	return k.As(name, roles...)
}

// ID returns the id of a user, and makes the account if there is none.
func (k *Kit) ID(name string) store.ID {
	k.tb.Helper()
	if k.app.Accounts() == nil {
		sum := sha256.Sum256([]byte(name))
		return store.ID(sum[:16])
	}
	return k.account(name).id
}

// account finds or makes an account. The application may have made it, by a sign-up or an
// invitation.
func (k *Kit) account(name string) *user {
	k.tb.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if u := k.users[name]; u != nil {
		return u
	}
	known, err := k.app.Accounts().UserByEmail(k.tb.Context(), k.Email(name))
	if errors.Is(err, accounts.ErrUserNotFound) {
		known, err = k.app.Accounts().CreateUser(k.tb.Context(), accounts.NewUser{Email: k.Email(name), EmailConfirmed: true})
	}
	if err != nil {
		k.tb.Fatalf("plinthtest: account of %s: %v", name, err)
	}
	u := &user{id: known.ID}
	k.users[name] = u
	return u
}

// signIn opens a session by a link that is not mailed.
func (k *Kit) signIn(name string, u *user) {
	k.tb.Helper()
	link, err := k.app.Accounts().GenerateLink(k.tb.Context(), accounts.LinkRequest{Type: accounts.LinkMagicLink, Email: k.Email(name)})
	if err != nil {
		k.tb.Fatalf("plinthtest: sign in %s: %v", name, err)
	}
	var session struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	body := map[string]string{"type": "magiclink", "email": k.Email(name), "token": link.Code}
	k.Anonymous().Post("/auth/v1/verify", body).Want(200).JSON(&session)
	u.token, u.expires = session.Token, k.Now().Add(time.Duration(session.Seconds)*time.Second)
}
