package main

import (
	"context"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
)

// application runs a command that every application has.
func application(ctx context.Context, args []string) error {
	app, err := plinth.New(ctx, plinth.FromEnv())
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
	return []api.Exposed{
		api.Resource[Country]{Policy: open},
		api.Resource[SubdivisionType]{Policy: open},
		api.Resource[CountrySubdivisionType]{Policy: open},
		api.Resource[Subdivision]{Policy: open},
		api.Resource[Language]{Policy: open},
		api.Resource[Currency]{Policy: open},
	}
}
