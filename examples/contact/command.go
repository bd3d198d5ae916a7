package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// command runs a command of this application: seed, or member with an e-mail address and a
// name. It reports false for the commands of every application.
func (c *contact) command(ctx context.Context, args []string, out io.Writer) (known bool, err error) {
	if len(args) == 0 || args[0] != "seed" && args[0] != "member" {
		return false, nil
	}
	defer c.app.DB().Close()
	if args[0] == "member" && len(args) != 3 {
		return true, errors.New("usage: contact member EMAIL NAME")
	}
	if _, err := c.app.Handler(ctx); err != nil {
		return true, err
	}
	password := strings.ToLower(rand.Text()[:16])
	email := team[0].Email
	if args[0] == "member" {
		email = args[1]
		_, err = c.addMember(ctx, args[1], args[2], password)
	} else {
		err = c.seed(ctx, password)
	}
	if err == nil {
		fmt.Fprintf(out, "Sign in at %s/sign-in as %s with the password %s\n", c.app.SiteURL(), email, password)
	}
	return true, err
}

// addMember makes an account of the team.
func (c *contact) addMember(ctx context.Context, email, name, password string) (*Member, error) {
	hash, err := c.app.Accounts().HashPassword(ctx, password, email)
	if err != nil {
		return nil, err
	}
	m := &Member{Name: name, Email: email}
	return m, c.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		user, err := c.app.Accounts().In(tx).CreateUser(ctx, accounts.NewUser{
			Email: email, EmailConfirmed: true, PasswordHash: hash, Roles: []string{teamRole}, UserMetadata: map[string]any{"name": name},
		})
		if err != nil {
			return err
		}
		m.ID = user.ID
		return store.For[Member](tx).Insert(ctx, m)
	})
}
