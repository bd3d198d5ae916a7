package main

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
)

// application runs a command that every application has.
func application(ctx context.Context, args []string) error {
	config := plinth.FromEnv()
	config.DisableAccounts = true // nobody logs in: a secret key writes
	app, err := plinth.New(ctx, config)
	if err != nil {
		return err
	}
	app.Add(resources()...)
	app.Add(functions()...)
	if code := app.Main(ctx, args); code != 0 {
		return exitCode(code)
	}
	return nil
}

// resources lists what the atlas exposes. Relations lead only to tables that
// are in the list.
func resources() []api.Exposed {
	open := api.Policy{Read: api.Anyone(), ServiceBypass: true}
	const fresh = time.Hour // a CDN may answer with what it has: this changes a few times a year
	return []api.Exposed{
		api.Resource[Country]{Policy: open, SharedMaxAge: fresh},
		api.Resource[SubdivisionType]{Policy: open, SharedMaxAge: fresh},
		api.Resource[CountrySubdivisionType]{Policy: open, SharedMaxAge: fresh},
		api.Resource[Subdivision]{Policy: open, SharedMaxAge: fresh},
		api.Resource[Language]{Policy: open, SharedMaxAge: fresh},
		api.Resource[Currency]{Policy: open, SharedMaxAge: fresh},
	}
}
