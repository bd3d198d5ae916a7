package plinth

import (
	"context"
	"io"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// RESTConfig returns what [New] gives the REST API for a configuration.
func RESTConfig(c Config) (api.Config, error) {
	r, err := c.resolve()
	if err != nil {
		return api.Config{}, err
	}
	who, err := newAccess(r)
	return r.rest(who), err
}

// StoreOptions returns what [New] gives the store for its options.
func StoreOptions(c Config, opts store.Options) (store.Options, error) {
	r, err := c.resolve()
	return r.store(opts), err
}

// AccountsConfig returns what the accounts get for a configuration, but for what
// development keeps in the database.
func AccountsConfig(c Config) (accounts.Config, error) {
	r, err := c.resolve()
	return r.accounts(), err
}

// SchemaOf returns what happens to the schema of a configuration's database.
func SchemaOf(c Config) (Schema, error) {
	r, err := c.resolve()
	return r.Schema, err
}

// Defaults returns a configuration with what it leaves out, and whether it is of
// development.
func Defaults(c Config) (filled Config, development bool, err error) {
	r, err := c.resolve()
	return r.Config, r.development, err
}

// Command runs a command of [App.Main] and leaves the database open.
func (a *App) Command(ctx context.Context, args []string, out io.Writer) error {
	return a.program().Run(ctx, args, out)
}
